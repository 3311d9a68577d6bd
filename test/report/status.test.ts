import { describe, expect, test } from 'vitest';
import { emptyProfile } from '../../src/report/control-pack.ts';
import type { MeasureResult } from '../../src/report/evaluate.ts';
import type { Objective } from '../../src/report/pack-schema.ts';
import type { Reason } from '../../src/report/reason.ts';
import { objectiveStatus } from '../../src/report/status.ts';

const DAY = 86_400_000;

type Given = { readonly verdict: 'pass' | 'fail' | 'undecided'; readonly vacuous?: boolean; readonly caps?: readonly Reason[] };
const result = ({ verdict, vacuous = false, caps = [] }: Given): MeasureResult =>
  ({
    verdict,
    vacuous,
    caps,
    reasons: verdict === 'fail' ? ['criterion-not-met'] : verdict === 'undecided' ? ['source-silent'] : [],
  }) as unknown as MeasureResult;

const P: Given = { verdict: 'pass' };
const F: Given = { verdict: 'fail' };
const U: Given = { verdict: 'undecided' };
const V: Given = { verdict: 'pass', vacuous: true };
const C: Given = { verdict: 'pass', caps: ['source-unprovable'] };

type Case = {
  readonly name: string;
  readonly members: readonly Given[];
  readonly how?: 'all' | 'any' | number;
  readonly guards?: readonly Given[];
  readonly asOf?: number;
  readonly broken?: boolean;
  readonly status: string;
  readonly reasons: readonly Reason[];
};

const CASES: readonly Case[] = [
  { name: 'all pass', members: [P, P], status: 'satisfied', reasons: [] },
  { name: 'one of all fails', members: [P, F], status: 'not-satisfied', reasons: ['criterion-not-met'] },
  { name: 'one fails, one is undecided', members: [U, F], status: 'not-satisfied', reasons: ['criterion-not-met', 'source-silent'] },
  { name: 'one of all is undecided', members: [P, U], status: 'degraded', reasons: ['source-silent'] },
  { name: 'none passes', members: [U, U], status: 'not-assessed', reasons: ['source-silent'] },
  { name: 'any: one passes', members: [F, P], how: 'any', status: 'satisfied', reasons: [] },
  { name: 'any: one may', members: [F, U], how: 'any', status: 'not-assessed', reasons: ['criterion-not-met', 'source-silent'] },
  { name: 'any: all fail', members: [F, F], how: 'any', status: 'not-satisfied', reasons: ['criterion-not-met'] },
  { name: '2 of 3 pass', members: [P, F, P], how: 2, status: 'satisfied', reasons: [] },
  { name: '2 of 3 may', members: [P, F, U], how: 2, status: 'degraded', reasons: ['criterion-not-met', 'source-silent'] },
  { name: '2 of 3 cannot', members: [P, F, F], how: 2, status: 'not-satisfied', reasons: ['criterion-not-met'] },
  { name: 'no measure', members: [], status: 'not-assessed', reasons: ['manual-only'] },
  { name: 'a guard passes', members: [P], guards: [P], status: 'satisfied', reasons: [] },
  { name: 'a guard fails: capped, not failed', members: [P], guards: [F], status: 'degraded', reasons: ['criterion-not-met'] },
  { name: 'a guard is undecided', members: [P], guards: [P, U], status: 'degraded', reasons: ['source-silent'] },
  { name: 'a guard had no population', members: [P], guards: [V], status: 'degraded', reasons: ['no-population'] },
  { name: 'a cap holds', members: [C], status: 'degraded', reasons: ['source-unprovable'] },
  { name: 'the cap of a guard holds', members: [P], guards: [C], status: 'degraded', reasons: ['source-unprovable'] },
  { name: 'nothing to decide about and no guard', members: [V], status: 'not-assessed', reasons: ['no-population'] },
  { name: 'nothing to decide about, guards pass', members: [V], guards: [P], status: 'satisfied', reasons: [] },
  { name: 'nothing to decide about, a guard does not pass', members: [V], guards: [U], status: 'not-assessed', reasons: ['no-population'] },
  { name: 'evidence at its last moment', members: [P], asOf: 3 * DAY, status: 'satisfied', reasons: [] },
  { name: 'evidence a moment later', members: [P], asOf: 3 * DAY + 1, status: 'not-assessed', reasons: ['evidence-expired'] },
  { name: 'the ledger does not verify', members: [P], broken: true, status: 'degraded', reasons: ['integrity-broken'] },
  {
    name: 'it does not verify, and one fails',
    members: [F],
    broken: true,
    status: 'not-satisfied',
    reasons: ['criterion-not-met', 'integrity-broken'],
  },
  {
    name: 'it does not verify, and one is open',
    members: [U],
    broken: true,
    status: 'not-assessed',
    reasons: ['integrity-broken', 'source-silent'],
  },
];

describe('status of an objective', () => {
  test.each(CASES)('$name: $status', ({ members, how = 'all', guards = [], asOf = 0, broken = false, status, reasons }) => {
    const ids = members.map((_, i) => `m${i}`);
    const guardIds = guards.map((_, i) => `g${i}`);
    const results = new Map([
      ...ids.map((id, i) => [id, result(members[i] ?? U)] as const),
      ...guardIds.map((id, i) => [id, result(guards[i] ?? U)] as const),
    ]);
    const expression = ids.length === 0 ? {} : how === 'all' ? { all: ids } : how === 'any' ? { any: ids } : { k_of: { k: how, of: ids } };
    const objective: Objective = { ...expression, guards: guardIds, strength: 'strong', frequency: DAY, valid_for: 3 * DAY };
    const found = objectiveStatus('x_obj', objective, {
      results,
      profile: emptyProfile(),
      asOfMs: asOf,
      periodEndMs: 0,
      integrityBroken: broken,
    });
    expect({ status: found.status, reasons: found.reasons }).toEqual({ status, reasons });
  });

  test.each([
    ['before it begins', '2026-01-01T00:00:00Z', 'satisfied'],
    ['in force', '2026-02-01T00:00:00Z', 'not-applicable'],
    ['when it has run out', '2026-03-01T00:00:00Z', 'satisfied'],
  ])('a not-applicable overlay %s', (_, asOf, status) => {
    const overlay = {
      id: 'o',
      objective: 'x_obj',
      kind: 'not-applicable' as const,
      owner: 'a',
      approver: 'b',
      reason: 'r',
      ticket: 't',
      from: '2026-01-15T00:00:00Z',
      until: '2026-03-01T00:00:00Z',
    };
    const objective: Objective = { all: ['m'], strength: 'strong', frequency: DAY, valid_for: DAY };
    const asOfMs = Date.parse(asOf);
    const found = objectiveStatus('x_obj', objective, {
      results: new Map([['m', result(P)]]),
      profile: { ...emptyProfile(), overlays: [overlay] },
      asOfMs,
      periodEndMs: asOfMs,
      integrityBroken: false,
    });
    expect([found.status, found.raw]).toEqual([status, 'satisfied']);
  });

  test('a waiver is shown and turns nothing green', () => {
    const overlay = {
      id: 'o',
      objective: 'x_obj',
      kind: 'waiver' as const,
      owner: 'a',
      approver: 'b',
      reason: 'r',
      ticket: 't',
      from: '1970-01-01T00:00:00Z',
      until: '1970-02-01T00:00:00Z',
    };
    const objective: Objective = { all: ['m'], strength: 'strong', frequency: DAY, valid_for: DAY };
    const found = objectiveStatus('x_obj', objective, {
      results: new Map([['m', result(F)]]),
      profile: { ...emptyProfile(), overlays: [overlay] },
      asOfMs: 0,
      periodEndMs: 0,
      integrityBroken: false,
    });
    expect([found.status, found.overlay?.id]).toEqual(['not-satisfied', 'o']);
  });
});

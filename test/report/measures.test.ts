import { describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/evidence/entry.ts';
import { createLedger } from '../../src/evidence/ledger.ts';
import { ledgerStateOf } from '../../src/evidence/ledger-state.ts';
import { BASELINE_LEARNING, type LedgerObservation } from '../../src/evidence/observation.ts';
import { createTally } from '../../src/evidence/tally.ts';
import { buildReport } from '../../src/report/compliance.ts';
import { ratioAtLeast } from '../../src/report/ratio.ts';
import { aPack, aProfile, aQuietLog, aRule, HOUR, MINUTE, PACK_DOCUMENT, T0, type WorldRecord, walk } from './world.ts';

const PERIOD = { from: T0, to: T0 + 2 * HOUR };
const rules = [aRule('r1'), aRule('r2')];

type Change = (record: WorldRecord, i: number) => WorldRecord;
const logOf = (change?: Change, more: readonly LedgerObservation[] = []): LedgerEntry[] =>
  withMore(walk({ logs: [aQuietLog('s', 2, change)], rules }), more);

function withMore(entries: LedgerEntry[], more: readonly LedgerObservation[]): LedgerEntry[] {
  const ledger = createLedger(ledgerStateOf(entries));
  for (const observation of more) ledger.observe(observation);
  return [...entries, ...ledger.seal()];
}

/** Verdict, reasons and value of one measure over two hours, one window. */
function judge(measure: object, entries: LedgerEntry[], profile = aProfile('s')) {
  const document = {
    ...PACK_DOCUMENT,
    measures: [{ id: 'm', window: '2h', ...measure }],
    maps: [],
    controls: { 'c-1': { title: 'C', objectives: { 'c-1_obj': { all: ['m'], strength: 'strong' } } } },
  };
  const report = buildReport(entries, aPack(document, profile), { period: PERIOD, profile });
  const [window] = report.measures[0]?.windows ?? [];
  return { verdict: window?.verdict, reasons: window?.reasons, value: window?.value, population: window?.population };
}

const matches =
  (...at: number[]): Change =>
  (record, i) =>
    at.includes(i) ? { ...record, matches: ['r1'] } : record;
const dead =
  (...at: number[]): Change =>
  (record, i) =>
    at.includes(i) ? { ...record, becomes: 'dead' } : record;
const both =
  (a: Change, b: Change): Change =>
  (record, i) =>
    b(a(record, i), i);
const removed =
  (...at: number[]): Change =>
  (record, i) =>
    at.includes(i) ? { ...record, removed: true } : record;
const taken =
  (after: number | undefined): Change =>
  (record, i) =>
    i === 5 ? { ...record, alert: { rule: 'r1', takenAfter: after } } : record;

const COUNT = { kind: 'count', of: { matches: { ids: ['r1'] } }, max: 1 };
const AT_LEAST = { kind: 'count', of: { matches: { ids: ['r1'] } }, min: 1 };
const ABSENT = { kind: 'absence', of: { matches: { ids: ['r1'] } }, population: { events: 'all' } };
const CONTENT = { kind: 'content', source: 'all', threshold: 0.95 };
const PAIRING = { kind: 'pairing', alerts: { every: true }, receiver: 'es', within: '1m', max_orphans: 0 };
const LATENCY = { kind: 'latency', alerts: { every: true }, receiver: 'es', quantile: 1, max: '1m' };
const unparsed =
  (n: number): Change =>
  (record, i) =>
    i < n ? { ...record, becomes: 'unparsed' } : record;
const loss = dead(20, 21, 22, 23, 24);

type Case = readonly [string, object, Change | undefined, 'pass' | 'fail' | 'undecided', readonly string[]];
const CASES: readonly Case[] = [
  ['a count within its limit', COUNT, matches(3), 'pass', []],
  ['a count over its limit', COUNT, matches(3, 4), 'fail', ['criterion-not-met']],
  [
    'a count over its limit fails even where records were lost: more cannot undo it',
    COUNT,
    both(matches(3, 4), loss),
    'fail',
    ['criterion-not-met', 'parse-failure'],
  ],
  ['a count within its limit where records were lost decides nothing', COUNT, both(matches(3), loss), 'undecided', ['parse-failure']],
  [
    'a record of which nothing became blocks, also within the limit of completeness',
    COUNT,
    (r, i) => (i === 9 ? { ...r, becomes: 'nothing' } : r),
    'undecided',
    ['accounting-mismatch'],
  ],
  ['one lost record is within the limit of completeness', COUNT, dead(9), 'pass', []],
  ['a count below its minimum', AT_LEAST, undefined, 'fail', ['criterion-not-met']],
  [
    'a count below its minimum where records were lost decides nothing: they could have been the ones',
    AT_LEAST,
    loss,
    'undecided',
    ['parse-failure'],
  ],
  ['nothing forbidden was seen', ABSENT, undefined, 'pass', []],
  ['something forbidden was seen', ABSENT, matches(3), 'fail', ['criterion-not-met']],
  ['nothing forbidden was seen in what was left', ABSENT, removed(40), 'undecided', ['completeness-low']],
  ['a share above its threshold', CONTENT, unparsed(5), 'pass', []],
  ['a share below its threshold', CONTENT, unparsed(20), 'fail', ['criterion-not-met']],
  [
    'a share that missing records could lift',
    CONTENT,
    both(unparsed(7), dead(...Array.from({ length: 60 }, (_, i) => i + 50))),
    'undecided',
    ['parse-failure', 'source-silent'],
  ],
  ['an alert taken in time', PAIRING, taken(5000), 'pass', []],
  ['an alert taken too late', PAIRING, taken(61_000), 'fail', ['criterion-not-met']],
  ['an alert never taken', PAIRING, taken(undefined), 'fail', ['criterion-not-met']],
  ['no alert at all', PAIRING, undefined, 'undecided', ['no-population']],
  ['an alert that took too long', LATENCY, taken(61_000), 'fail', ['criterion-not-met']],
  ['an alert that never arrived is infinitely late', LATENCY, taken(undefined), 'fail', ['criterion-not-met']],
  [
    'a rule that is not in the ruleset',
    { kind: 'count', of: { matches: { ids: ['r9'] } }, max: 1 },
    undefined,
    'undecided',
    ['rule-disabled'],
  ],
  ['a selection of no rule', { kind: 'count', of: { matches: { controls: ['none'] } }, max: 1 }, undefined, 'undecided', ['rule-disabled']],
  ['silence within the heartbeat', { kind: 'continuity', source: 'all' }, undefined, 'pass', []],
  [
    'a silence longer than the heartbeat',
    { kind: 'continuity', source: 'all' },
    dead(...Array.from({ length: 30 }, (_, i) => i + 50)),
    'fail',
    ['criterion-not-met', 'parse-failure', 'source-silent'],
  ],
  ['all rules evaluated', { kind: 'evaluated', rules: { every: true } }, undefined, 'pass', []],
  ['fewer rules than asked for', { kind: 'evaluated', rules: { every: true }, min: 3 }, undefined, 'fail', ['criterion-not-met']],
  ['the chain verifies', { kind: 'integrity' }, undefined, 'pass', []],
  ['nobody signed', { kind: 'attestation', statement: 'x' }, undefined, 'undecided', ['attestation-missing']],
  ['no canary', { kind: 'canary', canary: 'x', every: '1h', within: '1m' }, undefined, 'undecided', ['canary-stale']],
];

test.each(CASES)('%s', (_, measure, change, verdict, reasons) => {
  expect(judge(measure, logOf(change))).toMatchObject({ verdict, reasons });
});

describe('a window is not decided', () => {
  const observed = (...more: LedgerObservation[]): LedgerEntry[] => {
    const ledger = createLedger();
    ledger.observe({ kind: 'activation', at: T0, ruleset: 'r', engine: 'e', config: 'c', rules });
    for (const observation of [quietBatch(), ...more]) ledger.observe(observation);
    return [...ledger.seal()];
  };
  const caughtUp = (at: number): LedgerObservation => ({ kind: 'caught-up', at, source: 's', partition: 0 });

  test('while records of it may be unread', () => {
    expect(judge(COUNT, observed())).toMatchObject({ verdict: 'undecided', reasons: ['late-data'] });
    expect(judge(COUNT, observed(caughtUp(PERIOD.to - 1)))).toMatchObject({ verdict: 'undecided', reasons: ['late-data'] });
  });

  test('but is, once the source had nothing more to read at its end', () => {
    expect(judge(COUNT, observed(caughtUp(PERIOD.to)))).toMatchObject({ verdict: 'pass' });
  });
});

function quietBatch(): LedgerObservation {
  const tally = createTally();
  for (let i = 0; i < 120; i++) {
    tally.record(BigInt(i), T0 + i * MINUTE);
    tally.event(BigInt(T0 + i * MINUTE) * 1_000_000n, 'okta');
  }
  return { kind: 'batch', source: 's', partition: 0, counts: tally.counts() };
}

describe('what blocks a verdict', () => {
  const at = T0 + HOUR;
  const more: readonly (readonly [string, LedgerObservation, readonly string[]])[] = [
    ['a silence the engine noticed', { kind: 'silence', at, source: 's', since: at - MINUTE, cause: 'heartbeat' }, ['source-silent']],
    ['state that was dropped', { kind: 'eviction', at, rule: 'r1', count: 1, from: at, to: at + 1 }, ['state-limit']],
    ['a rule that could not be evaluated', { kind: 'rule-fault', at, rule: 'r1', cause: 'crash', from: at, to: undefined }, ['rule-error']],
    ['offsets lost for good', { kind: 'gap', at, source: 's', partition: 0, from: 120n, to: 220n, cause: 'expired' }, ['completeness-low']],
  ];
  test.each(more)('%s', (_, observation, reasons) => {
    expect(judge(COUNT, logOf(undefined, [observation]))).toMatchObject({ verdict: 'undecided', reasons });
  });

  test('a baseline that is being learned does not', () => {
    const learning: LedgerObservation = { kind: 'rule-fault', at, rule: 'r1', cause: BASELINE_LEARNING, from: at, to: at + HOUR };
    expect(judge(COUNT, logOf(undefined, [learning]))).toMatchObject({ verdict: 'pass' });
  });

  test('faults of rules it does not read do not', () => {
    expect(judge(COUNT, logOf(undefined, [{ kind: 'eviction', at, rule: 'r2', count: 1, from: at, to: at + 1 }]))).toMatchObject({
      verdict: 'pass',
    });
  });

  test('a source that must report and never did', () => {
    expect(judge(COUNT, logOf(), aProfile('s', 'other'))).toMatchObject({ verdict: 'undecided', reasons: ['source-silent'] });
  });
});

test('a canary seen in time passes, a missed one fails, a late one fails', () => {
  const canary = { kind: 'canary', canary: 'c', every: '1h', within: '1m' };
  const shots = (seenAfter: number | undefined): LedgerObservation[] =>
    [0, 30, 60, 90].flatMap((minute): LedgerObservation[] => {
      const at = T0 + minute * MINUTE;
      const seen: LedgerObservation[] =
        seenAfter === undefined ? [] : [{ kind: 'canary', at: at + seenAfter, id: 'c', slot: String(minute), step: 'seen' }];
      return [{ kind: 'canary', at, id: 'c', slot: String(minute), step: 'injected' }, ...seen];
    });
  expect(judge(canary, logOf(undefined, shots(1000)))).toMatchObject({ verdict: 'pass', population: 4 });
  expect(judge(canary, logOf(undefined, shots(61_000)))).toMatchObject({ verdict: 'fail', reasons: ['canary-missed'] });
  expect(judge(canary, logOf(undefined, shots(undefined)))).toMatchObject({ verdict: 'fail', reasons: ['canary-missed'] });
  expect(judge(canary, logOf(undefined, shots(1000).slice(0, 2)))).toMatchObject({ verdict: 'undecided', reasons: ['canary-stale'] });
});

test('a statement counts while it is in force, and the newest one holds', () => {
  const say = (statement: 'met' | 'not-met', until: number): LedgerObservation => ({
    kind: 'attestation',
    at: T0,
    id: 'x',
    by: 'isso',
    statement,
    from: T0,
    until,
    note: '',
  });
  const measure = { kind: 'attestation', statement: 'x' };
  expect(judge(measure, logOf(undefined, [say('met', PERIOD.to)]))).toMatchObject({ verdict: 'pass' });
  expect(judge(measure, logOf(undefined, [say('met', PERIOD.to), say('not-met', PERIOD.to)]))).toMatchObject({ verdict: 'fail' });
  expect(judge(measure, logOf(undefined, [say('met', PERIOD.to - 1)]))).toMatchObject({
    verdict: 'undecided',
    reasons: expect.arrayContaining(['attestation-expired']),
  });
});

test('shares are compared by their decimal digits', () => {
  expect(ratioAtLeast(9_999, 10_000, 0.9999)).toBe(true);
  expect(ratioAtLeast(9_998, 10_000, 0.9999)).toBe(false);
  // As binary fractions 0.1 * 3 is above 0.3.
  expect(ratioAtLeast(3, 10, 0.3)).toBe(true);
  expect(ratioAtLeast(0, 10, 1e-7)).toBe(false);
  expect(ratioAtLeast(9_007_199_254_740_990, 9_007_199_254_740_991, 1)).toBe(false);
});

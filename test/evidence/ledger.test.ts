import { describe, expect, test } from 'vitest';
import { type LedgerEntry, parseEntry } from '../../src/evidence/entry.ts';
import { createLedger } from '../../src/evidence/ledger.ts';
import type { LedgerObservation } from '../../src/evidence/observation.ts';
import { createTally } from '../../src/evidence/tally.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import { batch, nanos, T0 } from './a-batch.ts';

const bodies = (entries: readonly LedgerEntry[], kind: LedgerEntry['kind']): unknown[] =>
  entries.filter((entry) => entry.kind === kind).map(({ body }) => body);

function sealed(...observations: LedgerObservation[]): readonly LedgerEntry[] {
  const ledger = createLedger();
  for (const observation of observations) ledger.observe(observation);
  return ledger.seal();
}

describe('offsets of a source partition', () => {
  test('that follow on leave no gap', () => {
    expect(bodies(sealed(batch(0, 5), batch(5, 5)), 'gap')).toEqual([]);
  });

  test('with a hole leave a gap with its exact range, and count as missing', () => {
    const entries = sealed(batch(0, 5), batch(8, 2));
    expect(bodies(entries, 'gap')).toMatchObject([{ from: '5', to: '8', cause: 'unexplained', afterMinute: Math.floor(T0 / 60_000) }]);
    expect(bodies(entries, 'position').at(-1)).toMatchObject({ next: '10', totals: { records: 7, missing: '3' } });
  });

  test('that start above zero say that what came before is not known', () => {
    expect(bodies(sealed(batch(7, 2)), 'gap')).toMatchObject([{ from: null, to: '7', cause: 'before-start', afterMinute: null }]);
  });

  test('below the position were counted already and count no more', () => {
    const entries = sealed(batch(0, 5), batch(0, 5));
    expect(bodies(entries, 'position').at(-1)).toMatchObject({ next: '5', totals: { records: 5 } });
  });

  test('that straddle the position are marked: they can no longer be told apart', () => {
    expect(bodies(sealed(batch(0, 5), batch(3, 5)), 'gap')).toMatchObject([{ from: null, to: null, cause: 'overlap' }]);
  });

  test('told by the source as lost are a gap with its cause, not two', () => {
    const gap = { kind: 'gap', at: T0, source: 's', partition: 0, from: 5n, to: 9n, cause: 'expired' } as const;
    expect(bodies(sealed(batch(0, 5), gap, batch(9, 2)), 'gap')).toMatchObject([{ from: '5', to: '9', cause: 'expired' }]);
  });

  test('with a hole before the first event have no event before it, also not one that came after', () => {
    const tally = createTally();
    tally.record(0n, T0);
    for (const n of [2, 3]) {
      tally.record(BigInt(n), T0 + n * 60_000);
      tally.event(nanos(T0 + n * 60_000), 'okta');
    }
    const entries = sealed({ kind: 'batch', source: 's', partition: 0, counts: tally.counts() });
    const minute = Math.floor(T0 / 60_000);
    expect(bodies(entries, 'gap')).toMatchObject([{ from: '1', to: '2', afterMinute: null, beforeMinute: minute + 2 }]);
  });

  test('with a hole inside a batch leave a gap between its neighbours', () => {
    const tally = createTally();
    for (const [i, offset] of [0, 1, 4, 5].entries()) {
      tally.record(BigInt(offset), T0);
      tally.event(nanos(T0 + i * 60_000), 'okta');
    }
    const [minute] = [Math.floor(T0 / 60_000)];
    const observation: LedgerObservation = { kind: 'batch', source: 's', partition: 0, counts: tally.counts() };
    expect(bodies(sealed(observation), 'gap')).toMatchObject([{ from: '2', to: '4', afterMinute: minute + 1, beforeMinute: minute + 2 }]);
    expect(bodies(sealed({ ...observation, proof: 'bytes' }), 'gap')).toEqual([]);
  });

  test('in bytes follow on by the range the source says it read', () => {
    const bytes = (from: number, next: bigint): LedgerObservation => batch(from + 1, 1, { proof: 'bytes', from: BigInt(from), next });
    expect(bodies(sealed(bytes(0, 120n), bytes(120, 240n)), 'gap')).toEqual([]);
    expect(bodies(sealed(bytes(0, 120n), bytes(130, 240n)), 'gap')).toMatchObject([{ from: '120', to: '130' }]);
    const blankLine = batch(121, 1, { proof: 'bytes', next: 240n });
    expect(bodies(sealed(bytes(0, 120n), blankLine), 'gap')).toEqual([]);
  });
});

test('a record of which nothing became is unaccounted; one with events and a dead letter is dead once', () => {
  const tally = createTally();
  tally.record(0n, T0);
  tally.record(1n, T0);
  tally.event(nanos(T0), 'okta');
  tally.deadLetter('fan-out');
  tally.event(nanos(T0), 'okta');
  tally.record(2n, T0);
  tally.discarded();
  expect(tally.counts()).toMatchObject({ records: 3, unaccounted: 1, dead: 1, discarded: 1, decoded: 0, events: 2 });
});

test('dead letters stand at the minute of the event before them, the first ones at that of the first event', () => {
  const tally = createTally();
  tally.record(0n, T0);
  tally.deadLetter('invalid-json');
  const ledger = createLedger();
  ledger.observe({ kind: 'batch', source: 's', partition: 0, counts: tally.counts() });
  expect(bodies(ledger.seal(), 'losses')).toEqual([]);
  ledger.observe(batch(1, 1));
  const [losses] = bodies(ledger.seal(), 'losses');
  expect(losses).toMatchObject({ rows: [[Math.floor(T0 / 60_000), 'invalid-json', 1]] });
});

test('dead letters before the first event are placed once, however many batches follow', () => {
  const tally = createTally();
  tally.record(0n, T0);
  tally.deadLetter('invalid-json');
  const first: LedgerObservation = { kind: 'batch', source: 's', partition: 0, counts: tally.counts() };
  const [losses] = bodies(sealed(first, batch(1, 1), batch(2, 1)), 'losses');
  expect(losses).toMatchObject({ rows: [[Math.floor(T0 / 60_000), 'invalid-json', 1]] });
});

test('a minute keeps its earliest and latest event, in whatever order they came', () => {
  const at = (offset: number, ms: number): LedgerObservation => {
    const tally = createTally();
    tally.record(BigInt(offset), T0);
    tally.event(nanos(T0 + ms), 'okta');
    return { kind: 'batch', source: 's', partition: 0, counts: tally.counts() };
  };
  const [population] = bodies(sealed(at(0, 30_000), at(1, 5_000), at(2, 45_000)), 'population');
  expect(population).toMatchObject({ rows: [[Math.floor(T0 / 60_000), 'okta', 3, 0, 0, 5_000, 45_000]] });
});

test('a change of the ruleset closes what was counted under the old one', () => {
  const activation = (ruleset: string): LedgerObservation => ({ kind: 'activation', at: T0, ruleset, engine: 'e', config: 'c', rules: [] });
  const entries = sealed(activation('a'), batch(0, 2), activation('b'), batch(2, 2));
  expect(bodies(entries, 'population').map((body) => (body as { ruleset: string }).ruleset)).toEqual(['a', 'b']);
});

test('rows that do not fit one entry are cut into entries of less than 60,000 bytes', () => {
  const tally = createTally();
  for (let i = 0; i < 5000; i++) {
    tally.record(BigInt(i), T0);
    tally.event(nanos(T0 + i * 60_000), 'okta');
  }
  const rules = Array.from({ length: 2000 }, (_, i) => ({
    id: `rule-${i}`,
    digest: 'a'.repeat(64),
    level: 'high',
    controls: [],
    state: 'active' as const,
  }));
  const entries = sealed(
    { kind: 'activation', at: T0, ruleset: 'r', engine: 'e', config: 'c', rules },
    { kind: 'batch', source: 's', partition: 0, counts: tally.counts() },
  );
  expect(bodies(entries, 'population').length).toBeGreaterThan(2);
  expect(bodies(entries, 'rules').length).toBeGreaterThan(2);
  for (const entry of entries) expect(Buffer.byteLength(JSON.stringify(entry))).toBeLessThan(60_000);
});

test('more dead letters than are written out are counted', () => {
  const letters = Array.from(
    { length: 1500 },
    (_, i): LedgerObservation => ({
      kind: 'dead-letter',
      source: 's',
      partition: 0,
      offset: BigInt(i),
      reason: 'invalid-json',
      sha256: 'a'.repeat(64),
    }),
  );
  const found = bodies(sealed(...letters), 'dead-letters') as { rows: unknown[]; omitted: number }[];
  expect(found.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(1000);
  expect(found.reduce((sum, { omitted }) => sum + omitted, 0)).toBe(500);
});

test('state cannot be taken while observations are unsealed', () => {
  const ledger = createLedger();
  ledger.observe(batch(0, 1));
  expect(() => ledger.state()).toThrow('unsealed');
  ledger.seal();
  expect(ledger.state().size).toBeGreaterThan(0);
});

test('hostile text and times become valid entries', () => {
  const ledger = createLedger();
  ledger.observe({ kind: 'silence', at: Number.MAX_SAFE_INTEGER, source: '\ud800x'.repeat(3000), since: -5, cause: '__proto__' });
  ledger.observe({
    kind: 'audit',
    at: T0,
    actor: '<b>',
    address: '',
    action: 'a',
    object: 'o',
    before: undefined,
    after: undefined,
    reason: '',
  });
  const entries = ledger.seal();
  expect(entries.map((entry) => parseEntry(JSON.parse(JSON.stringify(entry))))).toEqual(entries);
  expect(verifyChain(entries).faults).toEqual([]);
});

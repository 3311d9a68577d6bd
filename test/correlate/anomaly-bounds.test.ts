import { describe, expect, test } from 'vitest';
import { type PanePoint, paneKind } from '../../src/correlate/conditions/panes.ts';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS, type Note, restoreCorrelator } from '../../src/correlate/correlator.ts';
import type { Hit } from '../../src/correlate/firing.ts';
import {
  boundValues,
  type KnownValues,
  MAX_VALUES,
  NO_VALUES,
  olderBytes,
  olderOf,
  sizeOf,
  unseen,
} from '../../src/correlate/known-values.ts';
import { hashKeyOf } from '../../src/correlate/sketches/keyed-hash.ts';
import type { PaneAnomaly } from '../../src/rule/ir/anomaly.ts';
import type { JsonValue } from '../../src/shared/json.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, SECOND, watermarkAt } from '../support/correlate.ts';

/** What is said when one group sends `count` different values, one per second, within an hour and a half. */
function saidOf(anomaly: object, count: number): readonly Note[] {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], field: 'v', ...anomaly } },
  );
  const notes: Note[] = [];
  const correlator = createCorrelator(ruleset);
  for (let i = 0; i < count; i++) {
    correlator.apply(asRecord(aMatch('a', i, { g: 'x', v: `v${i}`, p: 'q' }, i)), (note) => notes.push(note));
    if (i % 100 !== 99) continue;
    correlator.apply(watermarkAt(BigInt(i) * SECOND), (note) => notes.push(note));
  }
  correlator.apply({ kind: 'end', newest: BigInt(count) * SECOND }, (note) => notes.push(note));
  return notes.filter(({ kind }) => kind === 'bounded');
}

describe('values beyond what a group may hold are counted and told of, once per window', () => {
  test.each([['rare', { type: 'rare', timespan: '48h' }, 4072, 4200]])('%s', (_, anomaly, within, beyond) => {
    expect(saidOf(anomaly, within)).toEqual([]);
    const [first] = saidOf(anomaly, beyond);
    expect(first).toMatchObject({ kind: 'bounded', rule: 'judged' });
    expect(first?.kind === 'bounded' && first.dropped).toBeGreaterThan(0);
    expect(saidOf(anomaly, beyond).length).toBeLessThanOrEqual(2);
  });
});

describe('so is what a match or a group of another kind has too much of', () => {
  const droppedOf = (anomaly: object, events: readonly Record<string, JsonValue>[]): number => {
    const ruleset = rulesetOf(
      { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
      { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], ...anomaly } },
    );
    const correlator = createCorrelator(ruleset);
    for (const [i, event] of events.entries()) correlator.apply(asRecord(aMatch('a', i, { g: 'x', p: 'q', ...event }, i)));
    correlator.apply({ kind: 'end', newest: BigInt(events.length) * SECOND });
    return correlator.losses()[0]?.values ?? 0;
  };
  const list = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`);
  test.each([
    ['new_value', { type: 'new_value', field: 'v' }],
    ['rare', { type: 'rare', field: 'v' }],
    ['peer_group', { type: 'peer_group', field: 'v', peers: 'p' }],
  ])('%s: values of one event beyond 16', (_, anomaly) => {
    expect(droppedOf(anomaly, [{ v: list(16) }])).toBe(0);
    expect(droppedOf(anomaly, [{ v: list(20) }])).toBe(4);
  });
  test('combinations of several fields', () => {
    const anomaly = { type: 'new_value', field: ['v', 'w'] };
    expect(droppedOf(anomaly, [{ v: list(4), w: list(4) }])).toBe(0);
    expect(droppedOf(anomaly, [{ v: list(5), w: list(5) }])).toBe(9);
  });
  test('usual places', () => {
    const places = (count: number) => Array.from({ length: count }, (_, i) => ({ at: `${i * 5 - 40},10` }));
    expect(droppedOf({ type: 'impossible_travel', location: 'at' }, places(16))).toBe(0);
    expect(droppedOf({ type: 'impossible_travel', location: 'at' }, places(18))).toBe(2);
  });
});

test('an alert on a rare value says so where values of the window were counted by fingerprint, or not at all', () => {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { type: 'rare', field: 'v', rules: ['a'], 'group-by': ['g'] }, wardline: { keep_alive: '1s' } },
  );
  const baselineOf = (crowd: number): unknown => {
    const correlator = createCorrelator(ruleset);
    for (let i = 0; i < crowd; i++) correlator.apply(asRecord(aMatch('a', i / 2, { g: 'x', v: `v${i}` }, i)));
    for (let i = 0; i < 4000; i++)
      correlator.apply(asRecord(aMatch('a', 4000 + i, { g: 'x', v: i === 3999 ? 'once' : 'usual' }, crowd + i)));
    const fired = correlator.apply({ kind: 'end', newest: 8000n * SECOND }).filter(({ stage }) => stage === 'opened');
    return fired.at(-1)?.decision.find(({ condition }) => condition === 'baseline')?.expected;
  };
  expect(baselineOf(900)).toBe('4900 matches of the group');
  expect(baselineOf(1001)).toBe('5001 matches of the group; past 1000 values in a pane by fingerprint (misses at most 1 value in 200)');
  expect(baselineOf(4100)).toBe('8100 matches of the group; further values of a pane were not counted');
});

test('of those seen longest ago no times are kept, however often and in whatever order values were seen', () => {
  const own: { last: KnownValues } = { last: NO_VALUES };
  const remembering = { span: 10_000n, hashKey: hashKeyOf('a rule') };
  for (let i = 0; i < 1300; i++) unseen(own, [`v${i}`], BigInt(i), remembering);
  unseen(own, ['v3'], 2000n, remembering);
  const without: { last: KnownValues } = { last: new Map(own.last as Map<string, bigint>) };
  const told: [string, number][] = [];
  const telling = {
    dropped: (count: number) => void told.push(['dropped', count]),
    estimated: (count: number) => void told.push(['estimated', count]),
  };
  boundValues(without, 2000n, remembering, { ...telling, room: () => false });
  const has = (value: string): boolean => unseen(without, [value], 2001n, remembering).length === 0;
  expect(sizeOf(without.last)).toBe(MAX_VALUES);
  expect([has('v3'), has('v300'), has('v301'), has('v1299')]).toEqual([true, false, true, true]);
  boundValues(own, 2000n, remembering, telling);
  expect(told).toEqual([
    ['estimated', 0],
    ['dropped', 300],
    ['estimated', 300],
    ['dropped', 0],
  ]);
  expect([sizeOf(own.last), olderOf(own.last), olderBytes(own.last)]).toEqual([MAX_VALUES, 300, 2048]);
  expect(unseen(own, ['v3', 'v300', 'v301', 'v0'], 2001n, remembering)).toEqual([]);
});

test('an alert on a new value says of how many older ones it was compared with fingerprints, which are seen again quietly', () => {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { type: 'new_value', field: 'v', rules: ['a'], 'group-by': ['g'], learn: '2h' } },
  );
  const correlator = createCorrelator(ruleset);
  const values = [...Array.from({ length: 3000 }, (_, i) => `v${i}`), ...Array.from({ length: 3000 }, (_, i) => `v${i}`), 'new'];
  for (const [i, v] of values.entries()) correlator.apply(asRecord(aMatch('a', 2 * i, { g: 'x', v }, i)));
  const fired = correlator.apply({ kind: 'end', newest: 12_000n * SECOND }).filter(({ stage }) => stage === 'opened');
  expect(fired.map(({ time }) => time / SECOND)).toEqual([12_000n]);
  const told = fired[0]?.decision.find(({ condition }) => condition === 'baseline')?.expected;
  expect(told).toMatch(/^\d+ values known within 30d, and up to \d+ older ones by fingerprint \(misses at most 1 new value in 20,000\)$/);
  expect(correlator.losses()).toMatchObject([{ values: 0 }]);
});

test('of values that are new again when they go no trace is kept, and none of the span goes early', () => {
  const values = Array.from({ length: 1300 }, (_, i) => `v${i}`);
  for (const span of [4000n, 4001n, 4003n])
    for (const start of [-1500n, -1n, 0n, 999n, 1000n, 4998n]) {
      const remembering = { span, hashKey: hashKeyOf('a rule') };
      const own: { last: KnownValues } = { last: NO_VALUES };
      unseen(own, values, start, remembering);
      const told: number[] = [];
      boundValues(own, start, remembering, { estimated: (count) => told.push(count) });
      expect(unseen(own, values, start + span, remembering)).toEqual([]);
      const stale: { last: KnownValues } = { last: NO_VALUES };
      unseen(stale, values, start, remembering);
      boundValues(stale, start + span + 1n, remembering, { dropped: (count) => told.push(count), estimated: (count) => told.push(count) });
      expect(told).toEqual([300, 0, 0]);
      expect(olderOf(stale.last)).toBe(0);
    }
});

test('a group that is evicted gives the room of its sketches back', () => {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { type: 'new_value', field: 'v', rules: ['a'], 'group-by': ['g'] } },
  );
  const correlator = createCorrelator(ruleset, { ...DEFAULT_CORRELATE_OPTIONS, maxGroups: 1, maxSketchBytes: 2048 });
  for (const [at, g] of ['x', 'y'].entries()) {
    for (let i = 0; i < 1300; i++) correlator.apply(asRecord(aMatch('a', 2000 * at + i, { g, v: `v${i}` }, 1300 * at + i)));
    correlator.apply(watermarkAt(BigInt(2000 * at + 1300) * SECOND));
  }
  expect(correlator.losses()).toMatchObject([{ evicted: 1, values: 0, estimated: 502 }]);
});

test.each([
  ['new_value', { type: 'new_value', forget: '1d' }],
  ['peer_group', { type: 'peer_group', peers: 'p', remember: '1d' }],
])('%s: sketches of all groups have a budget, beyond it values are let go and told of; groups that end give it back', (_, anomaly) => {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], field: 'v', ...anomaly } },
  );
  const options = { ...DEFAULT_CORRELATE_OPTIONS, maxSketchBytes: 5000 };
  let correlator = createCorrelator(ruleset, options);
  let n = 0;
  const fill = (groups: readonly string[], day: number): number => {
    const before = correlator.losses()[0]?.values ?? 0;
    for (let i = 0; i < 1300; i++)
      for (const g of groups) correlator.apply(asRecord(aMatch('a', 86_400 * day + i, { g, v: `v${i}`, p: 'q' }, n++)));
    correlator.apply(watermarkAt(BigInt(86_400 * day + 2000) * SECOND));
    correlator = restoreCorrelator(ruleset, options, correlator.snapshot());
    return (correlator.losses()[0]?.values ?? 0) - before;
  };
  expect(fill(['x', 'y'], 0)).toBe(0);
  const { bytes } = correlator.stats();
  expect(fill(['z'], 0.1)).toBe(251);
  // As much as one of the others, but for its sketch.
  expect(bytes / 2 - (correlator.stats().bytes - bytes)).toBeGreaterThan(1500);
  correlator.apply(watermarkAt(2n * 86_400n * SECOND));
  expect(fill(['z'], 3)).toBe(0);
});

describe('sums beyond what a double holds are numbers still, so that what learned one judges on', () => {
  test.each([
    ['change of the sum', { type: 'change', metric: 'sum' }],
    ['change of the average', { type: 'change', metric: 'avg' }],
    ['season of the sum', { type: 'seasonal', metric: 'sum', timespan: '1h' }],
  ])('%s', (_, anomaly) => {
    const { correlations } = rulesetOf(
      { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
      { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], field: 'v', timespan: '1m', ...anomaly } },
    );
    const condition = correlations[0]?.condition as PaneAnomaly;
    const HOUR = 3600n * SECOND;
    const values = Array.from({ length: 400 }, (_unused, pane): readonly number[] => {
      if (pane === 200) return [1e308, 1e308];
      return pane === 201 ? [1e308, 1e308, -1e308, -1e308, -1e308] : [100 + ((pane * 7) % 13)];
    });
    const hits = values.flatMap((some, pane) =>
      some.map((v, i): Hit => {
        const origin = { source: 's', partition: 0, offset: BigInt(pane * 10 + i), index: 0 };
        return { time: BigInt(pane) * HOUR + BigInt(i), origin, rule: 'a', appendedAt: 0, values: { v }, entities: {}, bytes: 0 };
      }),
    );
    const points: PanePoint[] = [];
    const kind = paneKind(condition, { members: ['a'], timespan: HOUR }, (point) => points.push(point));
    for (const _trigger of kind.passed(hits, kind.initial(), { watermark: 400n * HOUR, silent: () => false }));
    expect(points).toHaveLength(400);
    const numbers = points.flatMap(({ value, judged }) => [value, ...(judged.known ? [judged.expected, judged.confidence] : [])]);
    expect(numbers.filter((one) => !Number.isFinite(one))).toEqual([]);
  });
});

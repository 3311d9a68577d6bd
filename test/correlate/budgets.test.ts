import { describe, expect, test } from 'vitest';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS, type Note, restoreCorrelator } from '../../src/correlate/correlator.ts';
import { valueKeys } from '../../src/correlate/values.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

const member = (name: string) => ({
  title: name,
  name,
  logsource: { category: 'test' },
  detection: { sel: { t: name }, condition: 'sel' },
});
const counting = (name: string, rule: string, gte: number) => ({
  title: name,
  name,
  correlation: { type: 'event_count', rules: [rule], 'group-by': ['g'], timespan: '1h', condition: { gte } },
});
const ruleset = rulesetOf(member('a'), member('b'), counting('slow', 'a', 5), counting('other', 'b', 3));

/** One honest group that goes slow beside a flood of keys that come once. */
function flood(maxGroups: number, restart: boolean, flooded = 2000) {
  const options = { ...DEFAULT_CORRELATE_OPTIONS, maxGroups };
  let correlator = createCorrelator(ruleset, options);
  const fired: string[] = [];
  const notes: Note[] = [];
  let n = 0;
  const give = (rule: string, t: number, g: string): void => {
    for (const firing of correlator.apply(asRecord(aMatch(rule, t, { g }, n++)), (note) => notes.push(note))) fired.push(nameOf(firing));
    if (restart && n % 50 === 0) correlator = restoreCorrelator(ruleset, options, correlator.snapshot());
  };
  give('a', 0, 'honest');
  give('a', 1, 'honest');
  for (let i = 0; i < flooded; i++) {
    give('a', 2 + i / 10, `attack-${i}`);
    if (i % 500 === 250) {
      give('a', 2 + i / 10, 'honest');
      give('b', 2 + i / 10, 'other');
    }
  }
  return { fired, notes, stats: correlator.stats() };
}

describe('a flood of fresh keys on a budget', () => {
  test('does not evict a group that is under way, nor groups of other rules; it is counted and said once per window', () => {
    const { fired, notes, stats } = flood(100, false);
    expect(fired.filter((name) => name.endsWith('opened')).map((name) => name.split(' ')[0])).toEqual(['slow', 'other'].sort().reverse());
    expect(stats).toMatchObject({ evicted: 2001 - 100, evictedAdvanced: 0 });
    expect(notes.map(({ kind }) => kind)).toEqual(['pressure']);
  });

  test('is the same after restarts: the order of eviction is state', () => {
    expect(flood(100, true)).toEqual(flood(100, false));
  });

  test('keeps to the budget in bytes as well', () => {
    const options = { ...DEFAULT_CORRELATE_OPTIONS, maxBytes: 100_000 };
    const correlator = createCorrelator(ruleset, options);
    for (let i = 0; i < 2000; i++) correlator.apply(asRecord(aMatch('a', i, { g: `key-${i}` }, i)));
    const { bytes, groups, evicted } = correlator.stats();
    expect(bytes).toBeLessThanOrEqual(100_000);
    expect(groups + evicted).toBe(2000);
    // Fresh keys rest as text: as objects not even 200 would fit.
    expect(groups).toBeGreaterThan(500);
  });

  test('counts open episodes, and what of their evidence left the window', () => {
    const bytesAfter = (gte: number, matches: number): number => {
      const correlator = createCorrelator(rulesetOf(member('a'), counting('one', 'a', gte)));
      for (let n = 0; n < matches; n++) {
        correlator.apply(asRecord(aMatch('a', 1200 * n, { g: 'x' }, n)));
        correlator.apply(watermarkAt(BigInt(1200 * n) * SECOND));
      }
      return correlator.stats().bytes;
    };
    expect(bytesAfter(1, 1)).toBeGreaterThan(bytesAfter(2, 1) + 900);
    // Three or four matches stand in the window of an hour, ten of the first stay with the episode.
    expect(bytesAfter(1, 20)).toBeGreaterThan(bytesAfter(1, 4) + 10 * 200);
  });

  test('groups that advanced go only when no other is left, those not used for the longest first', () => {
    const correlator = createCorrelator(ruleset, { ...DEFAULT_CORRELATE_OPTIONS, maxGroups: 3 });
    let n = 0;
    for (const g of ['p', 'q', 'r', 's']) for (const t of [1, 2, 3]) correlator.apply(asRecord(aMatch('a', t + n, { g }, n++)));
    expect(correlator.stats()).toMatchObject({ groups: 3, evicted: 1, evictedAdvanced: 1 });
  });
});

describe('a flood into one group', () => {
  test.each([
    ['event_count', { gte: 50 }],
    ['value_count', { field: 'v', gte: 3 }],
    ['temporal', undefined],
  ] as const)('%s: hits that no answer needs go first, and the episodes stay the same', (type, condition) => {
    const rules = rulesetOf(member('a'), member('b'), {
      title: 'j',
      name: 'judged',
      correlation: { type, rules: ['a', 'b'], 'group-by': ['g'], timespan: '1m', ...(condition === undefined ? {} : { condition }) },
    });
    const run = (maxHits: number) => {
      const correlator = createCorrelator(rules, { ...DEFAULT_CORRELATE_OPTIONS, maxHits });
      const fired: string[] = [];
      for (let n = 0; n < 9000; n++) {
        const rule = n % 700 === 0 ? 'b' : 'a';
        for (const firing of correlator.apply(asRecord(aMatch(rule, n / 100, { g: 'x', v: n % 3000 === 7 ? n : 1 }, n))))
          fired.push(nameOf(firing));
      }
      const { dropped, hits } = correlator.stats();
      for (const firing of correlator.apply({ kind: 'end', newest: 90n * SECOND })) fired.push(nameOf(firing));
      return { fired, dropped, hits };
    };
    const { fired, dropped, hits } = run(1000);
    expect(fired).toEqual(run(100_000).fired);
    expect(fired.length).toBeGreaterThan(1);
    expect(dropped).toBe(0);
    expect(hits).toBeLessThan(5000);
  });
});

describe('values that anomalies remember', () => {
  const rulesetFor = (anomaly: object) =>
    rulesetOf(member('a'), { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], field: 'v', ...anomaly } });
  const long = (start: string, i: number): string => start.padEnd(2000, `${i}-`);

  test.each([
    ['new_value', { type: 'new_value' }],
    ['rare', { type: 'rare', timespan: '30d' }],
    ['different values of a pane', { type: 'spike', metric: 'distinct', timespan: '1d' }],
  ])('are in the budget in bytes, and long ones take no more than others: %s', (_, anomaly) => {
    const maxBytes = 200_000;
    const correlator = createCorrelator(rulesetFor(anomaly), { ...DEFAULT_CORRELATE_OPTIONS, maxBytes });
    for (let i = 0; i < 6000; i++) {
      correlator.apply(asRecord(aMatch('a', i / 100, { g: `g${i % 6}`, v: long('', i) }, i)));
      if (i % 50 === 49) correlator.apply(watermarkAt(BigInt(i) * (SECOND / 100n)));
    }
    correlator.apply(watermarkAt(61n * SECOND));
    const { bytes, evicted } = correlator.stats();
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(evicted).toBeGreaterThan(0);
    expect(correlator.snapshot().length).toBeLessThan(2 * maxBytes);
  });

  test('are told apart though they are long and begin alike', () => {
    const keysOf = (...values: string[]) => valueKeys(['v'], { v: values });
    const [one, other] = keysOf(long('same', 1), long('same', 2));
    expect(one).not.toBe(other);
    expect(keysOf(long('same', 1))).toEqual([one]);
    expect(one).toMatch(/^same1-.*… \(sha256 [0-9a-f]{64}\)$/);
    expect(one?.length).toBeLessThan(256);
    expect(keysOf('x'.repeat(256))).toEqual(['x'.repeat(256)]);
  });
});

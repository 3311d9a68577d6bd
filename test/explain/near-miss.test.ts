import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Hit } from '../../src/correlate/firing.ts';
import { nearMiss } from '../../src/explain/near-miss.ts';
import type { Correlation } from '../../src/rule/ir/rule.ts';
import { rulesetOf } from '../support/a-rule.ts';

const SECOND = 1_000_000_000n;
const member = (name: string) => ({
  title: name,
  id: name,
  logsource: { category: 'test' },
  detection: { s: { type: name }, condition: 's' },
});
const ruleOf = (correlation: object, more: object = {}): Correlation => {
  const ruleset = rulesetOf(member('a'), member('b'), member('c'), {
    title: 'r',
    id: 'r',
    correlation: { rules: ['a', 'b', 'c'], timespan: '10s', ...correlation },
    ...more,
  });
  return ruleset.byId.get('r') as Correlation;
};
type Seen = readonly [rule: string, seconds: number, value?: number];
const hitsOf = (...list: readonly Seen[]): readonly Hit[] =>
  list.map(([rule, seconds, value = 0], n) => ({
    rule,
    time: BigInt(seconds) * SECOND,
    origin: { source: 's', partition: 0, offset: BigInt(n), index: 0 },
    appendedAt: 0,
    values: { v: value },
    entities: {},
    bytes: 0,
  }));
const miss = (rule: Correlation, ...list: readonly Seen[]) => nearMiss(rule, hitsOf(...list), (id) => id);

test('the nearest window of a count is the fullest one: what a search over all windows finds', () => {
  const rule = ruleOf({ type: 'event_count', condition: { gte: 30 } });
  fc.assert(
    fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 25 }), (times) => {
      const sorted = [...times].sort((a, b) => a - b);
      const fullest = Math.max(...sorted.map((t) => sorted.filter((other) => other >= t - 10 && other <= t).length));
      expect(miss(rule, ...sorted.map((t) => ['a', t] as const))).toMatchObject({ missing: 30 - fullest, text: `${fullest} of 30 in 10s` });
    }),
    { numRuns: 100 },
  );
});

test('of a pane says from where on it would have fired, on the sides that are judged', () => {
  const spike = (more: object): Correlation =>
    rulesetOf(member('a'), { title: 'r', id: 'r', anomaly: { type: 'spike', rules: ['a'], timespan: '10s', factor: 2, ...more } }).byId.get(
      'r',
    ) as Correlation;
  // Ten in the first pane, twelve in the second.
  const hits = Array.from({ length: 22 }, (_, i) => ['a', i < 10 ? 1 : 11] as const);
  const rise = '12 in the 10s from 1970-01-01T00:00:10.000Z; it does not hold below 20';
  expect(miss(spike({}), ...hits)).toMatchObject({ text: rise });
  expect(miss(spike({ direction: 'down' }), ...hits)?.text).toMatch(/; it does not hold above 5$/);
  expect(miss(spike({ direction: 'both' }), ...hits)?.text).toMatch(/; it does not hold above 5 and below 20$/);
});

describe('says how near', () => {
  test.each<[string, Correlation, readonly Seen[], object]>([
    [
      'different values',
      ruleOf({ type: 'value_count', condition: { field: 'v', gt: 3 } }),
      [
        ['a', 0, 1],
        ['a', 1, 1],
        ['a', 2, 2],
        ['b', 30, 3],
      ],
      { missing: 2, text: '2 of 4 different values in 10s' },
    ],
    [
      'an average',
      ruleOf({ type: 'value_avg', condition: { field: 'v', gte: 9 } }),
      [
        ['a', 0, 2],
        ['a', 1, 6],
        ['b', 30, 7],
      ],
      { text: 'value_avg 7, wanted gte 9, in 10s', time: 30n * SECOND },
    ],
    [
      'a count that must stay low',
      ruleOf({ type: 'event_count', condition: { lt: 2 } }),
      [
        ['a', 0],
        ['a', 1],
        ['a', 2],
        ['b', 20],
        ['b', 21],
      ],
      { text: 'event_count 2, wanted lt 2, in 10s' },
    ],
    [
      'members',
      ruleOf({ type: 'temporal' }),
      [
        ['a', 0],
        ['b', 5],
        ['c', 40],
      ],
      { missing: 1, text: '2 of 3 members in 10s; awaited: c', until: 10n * SECOND },
    ],
    [
      'an expression',
      ruleOf({ type: 'temporal', condition: 'a and b and not c' }),
      [
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ],
      { missing: 1 },
    ],
    [
      'ordered members',
      ruleOf({ type: 'temporal_ordered' }),
      [
        ['b', 0],
        ['a', 1],
        ['b', 5],
        ['c', 40],
      ],
      { missing: 1, text: '2 of 3 members in 10s; awaited: c' },
    ],
    [
      'ordered by an expression',
      ruleOf({ type: 'temporal_ordered', condition: 'a and b and c' }),
      [
        ['b', 0],
        ['a', 1],
        ['b', 5],
      ],
      { missing: 1, text: 'step 2 of 3; awaited until 1970-01-01T00:00:11.000Z: c' },
    ],
    [
      'steps',
      ruleOf({ type: 'temporal_ordered' }, { wardline: { sequence: [{ rule: 'a' }, { rule: 'b', max_gap: '3s' }, { rule: 'c' }] } }),
      [
        ['a', 1],
        ['c', 2],
        ['b', 9],
      ],
      { missing: 2, text: 'step 1 of 3; awaited until 1970-01-01T00:00:04.000Z: b' },
    ],
  ])('%s', (_name, rule, list, expected) => {
    expect(miss(rule, ...list)).toMatchObject(expected);
  });

  test('nothing where nothing matched', () => {
    expect(miss(ruleOf({ type: 'event_count', condition: { gte: 2 } }))).toBeUndefined();
  });
});

describe('rules that are asked at single matches show what they were asked of', () => {
  const base = ruleOf({ type: 'event_count', condition: { gte: 1 } });
  const told = (condition: Correlation['condition'], ...list: readonly Seen[]) => {
    const found = miss({ ...base, condition }, ...list);
    return { text: found?.text, hits: found?.hits.map(({ rule, time }) => `${rule}@${time / SECOND}`) };
  };
  const asOf: Correlation['condition'] = {
    kind: 'as_of',
    subject: 'a',
    reference: 'b',
    within: 10n * SECOND,
    skew: SECOND,
    findings: [{ id: 'no record', detector: 'ZT-02', none: true }],
    fields: [],
  };

  test('as_of: the last subject and its record', () => {
    expect(told(asOf, ['b', 1], ['a', 3], ['b', 20], ['b', 24], ['a', 26])).toEqual({
      text: '2 asked about, the last one at 1970-01-01T00:00:26.000Z: its b is 2s before, and nothing is wrong with the two',
      hits: ['b@24', 'a@26'],
    });
    expect(told(asOf, ['b', 1])).toEqual({ text: 'no a was there to be asked about', hits: ['b@1'] });
    expect(told({ ...asOf, findings: [] }, ['a', 50]).text).toContain('no b within 10s of it, which is not asked for');
  });

  test('window facts: what each fact came to where the first was highest, and of which matches', () => {
    const condition: Correlation['condition'] = {
      kind: 'window_facts',
      asked: 'a',
      monotone: true,
      fields: [],
      tree: {
        op: 'all',
        of: [
          {
            op: 'fact',
            fact: { name: 'count', members: ['a'], within: 10n * SECOND, fields: [], percentile: undefined },
            operator: 'greaterThanInclusive',
            decorators: [],
            value: 5,
          },
          {
            op: 'fact',
            fact: { name: 'count', members: ['b'], within: 10n * SECOND, fields: [], percentile: undefined },
            operator: 'equal',
            decorators: [],
            value: 0,
          },
        ],
      },
    };
    const { text, hits } = told(condition, ['a', 1], ['a', 2], ['b', 3], ['a', 4], ['a', 30]);
    expect(text).toBe('asked 4 times; nearest: count greaterThanInclusive 5, found 3; count equal 0, found 1');
    expect(hits).toEqual(['a@1', 'a@2', 'b@3', 'a@4']);
    expect(told(condition, ['b', 3])).toEqual({ text: 'no a was there to be asked about', hits: ['b@3'] });
  });

  test('traces: the largest one that was asked, with its spans', () => {
    const condition: Correlation['condition'] = {
      kind: 'trace',
      span: 'a',
      idle: 5n * SECOND,
      max: 60n * SECOND,
      ask: { op: 'services', atLeast: 3 },
      fields: [],
    };
    const { text, hits } = told(condition, ['a', 1], ['a', 2], ['a', 3], ['a', 30]);
    expect(text).toBe('2 traces closed; the largest has 3 spans and matches, and "at least 3 services" is not so');
    expect(hits).toEqual(['a@1', 'a@2', 'a@3']);
  });
});

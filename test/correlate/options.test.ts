import { describe, expect, test } from 'vitest';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS } from '../../src/correlate/correlator.ts';
import type { JsonValue } from '../../src/shared/json.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, endOf, SECOND } from '../support/correlate.ts';

type Event = readonly [t: number, fields: Readonly<Record<string, JsonValue>>];

const member = { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } };
const rule = (correlation: object, wardline?: object) => [
  member,
  {
    title: 'judged',
    name: 'judged',
    correlation: { rules: ['a'], 'group-by': ['g'], timespan: '10s', ...correlation },
    ...(wardline === undefined ? {} : { wardline }),
  },
];

/** Stages of the rule as `group stage second`, groups as their values; with the limits that bit. */
function run(documents: readonly object[], events: readonly Event[]) {
  const correlator = createCorrelator(rulesetOf(...documents), DEFAULT_CORRELATE_OPTIONS);
  const records = events.map(([t, fields], n) => asRecord(aMatch('a', t, { ...fields }, n)));
  const told = [...records, endOf(records)].flatMap((record) => correlator.apply(record)).filter(({ rule: id }) => id === 'judged');
  const text = told.map(({ group, stage, time }) => `${Object.values(group.values).join('+') || '-'} ${stage} ${time / SECOND}`);
  return { text, opened: text.filter((one) => one.includes(' opened ')), stats: correlator.stats() };
}

const count = (gte: number) => ({ type: 'event_count', condition: { gte } });

describe('wardline: keep_alive', () => {
  const events: Event[] = [0, 1, 25, 26].map((t) => [t, { g: 'x' }]);

  test('without it, an episode ends when the timespan passed without a trigger', () => {
    expect(run(rule(count(2)), events).text).toEqual(['x opened 1', 'x opened 26', 'x closed 1', 'x closed 26']);
  });

  test('with it, a pause that is no longer keeps the episode open: the second trigger continues it', () => {
    expect(run(rule(count(2), { keep_alive: '30s' }), events).text).toEqual(['x opened 1', 'x closed 26']);
    expect(run(rule(count(2), { keep_alive: '25s' }), events).text).toEqual(['x opened 1', 'x continued 26', 'x closed 26']);
  });

  test('a pause that is longer by one second opens another', () => {
    expect(run(rule(count(2), { keep_alive: '24s' }), events).opened).toEqual(['x opened 1', 'x opened 26']);
  });
});

describe('a count below a bound', () => {
  test('is asked of windows that are laid end to end, each opened by the first match that none covers', () => {
    const lt = { type: 'event_count', condition: { lt: 2 } };
    // [0, 10] has two, [11, 21] has one; the windows that end at 0 and 11 are not asked about.
    expect(
      run(
        rule(lt),
        [0, 8, 11].map((t): Event => [t, { g: 'x' }]),
      ).opened,
    ).toEqual(['x opened 21']);
    // A match on the border is covered.
    expect(
      run(
        rule(lt),
        [0, 10, 21].map((t): Event => [t, { g: 'x' }]),
      ).opened,
    ).toEqual(['x opened 31']);
    expect(run(rule({ type: 'event_count', condition: { gte: 1, lt: 2 } }), [[0, { g: 'x' }]]).opened).toEqual(['x opened 10']);
  });
});

describe('wardline: missing', () => {
  const events: Event[] = [
    [0, { g: 'x' }],
    [1, {}],
    [2, { g: null }],
    [3, { g: 'x' }],
  ];

  test('without it, a match that lacks a field of the group is not correlated, and counted', () => {
    const { opened, stats } = run(rule(count(2)), events);
    expect(opened).toEqual(['x opened 3']);
    expect(stats.ungrouped).toBe(2);
    expect(run(rule(count(2), { missing: 'ignore' }), events).opened).toEqual(opened);
  });

  test('group: those that lack it are a group of their own', () => {
    const { opened, stats } = run(rule(count(2), { missing: 'group' }), events);
    expect(opened).toEqual(['- opened 2', 'x opened 3']);
    expect(stats.ungrouped).toBe(0);
  });
});

describe('wardline: fold', () => {
  const events: Event[] = [
    [0, { g: 'Admin', h: 'Web' }],
    [1, { g: 'ADMIN', h: 'web' }],
    [2, { g: 'admin', h: 'WEB' }],
  ];

  test('without it, values that differ in case are groups of their own', () => {
    expect(run(rule(count(2)), events).opened).toEqual([]);
  });

  test('the listed fields are compared without case, the others with it', () => {
    const both = { ...count(2), 'group-by': ['g', 'h'] };
    expect(run(rule(count(3), { fold: ['g'] }), events).opened).toEqual(['admin opened 2']);
    expect(run(rule(both, { fold: ['g'] }), events).opened).toEqual([]);
    expect(run(rule(both, { fold: ['g', 'h'] }), events).opened).toEqual(['admin+web opened 1']);
  });
});

describe('wardline: max_groups', () => {
  const keys = (n: number): Event[] => Array.from({ length: n }, (_, i) => [i / 100, { g: `k${i}` }]);

  test('a rule keeps no more groups than it says; what goes is counted', () => {
    const { stats } = run(rule(count(2), { max_groups: 5 }), keys(20));
    expect(stats.evicted).toBe(15);
    expect(run(rule(count(2), { max_groups: 20 }), keys(20)).stats.evicted).toBe(0);
  });

  test('a group that went begins anew; one that is under way stays', () => {
    const again: Event[] = [
      [0, { g: 'slow' }],
      [1, { g: 'slow' }],
      [1, { g: 'once' }],
      ...keys(20),
      [2, { g: 'slow' }],
      [2, { g: 'once' }],
    ];
    expect(run(rule(count(3), { max_groups: 5 }), again).opened).toEqual(['slow opened 2']);
    expect(run(rule(count(2), { max_groups: 5 }), again).opened).toEqual(['slow opened 1']);
  });
});

describe('wardline: non_negative', () => {
  const sum = { type: 'value_sum', condition: { field: 'amount', gte: 10 } };
  const events: Event[] = [
    [0, { g: 'x', amount: 8 }],
    [1, { g: 'x', amount: -5 }],
    [2, { g: 'x', amount: 4 }],
  ];

  test('without it, a field that may hold negative numbers is summed with them', () => {
    expect(run(rule(sum), events).opened).toEqual([]);
  });

  test('with it, negative numbers are left out', () => {
    expect(run(rule(sum, { non_negative: true }), events).opened).toEqual(['x opened 2']);
  });

  test('a field of amounts is so by its name, unless it is said otherwise', () => {
    const bytes = { type: 'value_sum', condition: { field: 'source.bytes', gte: 10 } };
    const named = events.map(([t, { g, amount }]): Event => [t, { g: g ?? null, 'source.bytes': amount ?? null }]);
    expect(run(rule(bytes), named).opened).toEqual(['x opened 2']);
    expect(run(rule(bytes, { non_negative: false }), named).opened).toEqual([]);
  });
});

describe('wardline: min_events', () => {
  const average = { type: 'value_avg', condition: { field: 'v', gte: 50 } };
  const events: Event[] = [
    [0, { g: 'x', v: 90 }],
    [1, { g: 'x', v: 'none' }],
    [2, { g: 'x', v: 80 }],
    [3, { g: 'x', v: 70 }],
  ];

  test('without it, one value is an average', () => {
    expect(run(rule(average), events).opened).toEqual(['x opened 0']);
  });

  test.each(['value_avg', 'value_median', 'value_percentile'])('%s waits for as many numbers; what is none does not count', (type) => {
    const condition = { ...average.condition, ...(type === 'value_percentile' ? { percentile: 50 } : {}) };
    expect(run(rule({ type, condition }, { min_events: 3 }), events).opened).toEqual(['x opened 3']);
    expect(run(rule({ type, condition }, { min_events: 4 }), events).opened).toEqual([]);
  });
});

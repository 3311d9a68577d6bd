import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS } from '../../src/correlate/correlator.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, firingsOf, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

type Event = { readonly t: number; readonly rule: string; readonly group: string; readonly value: number };

const SPAN = 10;
const member = (name: string) => ({
  title: name,
  name,
  logsource: { category: 'test' },
  detection: { sel: { type: name }, condition: 'sel' },
});
const correlation = (type: string, condition: object | string | undefined, rules = ['a', 'b', 'c']) => ({
  title: 'c',
  name: 'judged',
  correlation: { type, rules, 'group-by': ['g'], timespan: `${SPAN}s`, ...(condition === undefined ? {} : { condition }) },
});
const rules = (type: string, condition?: object | string): Ruleset =>
  rulesetOf(member('a'), member('b'), member('c'), correlation(type, condition));

const events = fc.array(
  fc.record({ t: fc.nat(80), rule: fc.constantFrom('a', 'b', 'c'), group: fc.constantFrom('x', 'y'), value: fc.nat(4) }),
  { maxLength: 40 },
);
const records = (list: readonly Event[]) =>
  list.map(({ t, rule, group, value }, n) => asRecord(aMatch(rule, t, { g: group, v: value }, n)));

/** All windows that end at a match, over all matches: no state, no order, no shared code. */
function oracle(list: readonly Event[], holds: (window: readonly Event[]) => boolean): Set<string> {
  const cells = new Set<string>();
  for (const { t, group } of list) {
    const window = list.filter((other) => other.group === group && other.t >= t - SPAN && other.t <= t);
    if (holds(window)) cells.add(`${group} ${Math.floor(t / SPAN)}`);
  }
  return cells;
}

const cellsOf = (ruleset: Ruleset, list: readonly Event[], restartEvery?: number): Set<string> =>
  new Set(
    firingsOf(ruleset, records(list), restartEvery === undefined ? {} : { restartEvery })
      .filter(({ stage, rule }) => rule === 'judged' && (stage === 'opened' || stage === 'continued'))
      .map(({ group, cell }) => `${String(group.values['g'])} ${cell / (BigInt(SPAN) * SECOND)}`),
  );

const kinds: [string, Ruleset, (window: readonly Event[]) => boolean][] = [
  ['event_count gte 3', rules('event_count', { gte: 3 }), (window) => window.length >= 3],
  ['value_count gt 2', rules('value_count', { field: 'v', gt: 2 }), (window) => new Set(window.map(({ value }) => value)).size > 2],
  [
    'value_avg gte 3',
    rules('value_avg', { field: 'v', gte: 3 }),
    (window) => window.reduce((sum, { value }) => sum + value, 0) / window.length >= 3,
  ],
  ['temporal over all members', rules('temporal'), (window) => new Set(window.map(({ rule }) => rule)).size === 3],
  [
    'temporal with an expression',
    rules('temporal', 'a and (b or c)'),
    (window) => window.some(({ rule }) => rule === 'a') && window.some(({ rule }) => rule !== 'a'),
  ],
];

describe.each(kinds)('%s', (_name, ruleset, holds) => {
  test('fires in exactly the cells that a search over all windows finds, in any order of arrival', () => {
    fc.assert(
      fc.property(
        events.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }))),
        ([list, shuffled]) => {
          const wanted = oracle(list, holds);
          expect(cellsOf(ruleset, list)).toEqual(wanted);
          expect(cellsOf(ruleset, shuffled)).toEqual(wanted);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a restart after every record changes nothing', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(firingsOf(ruleset, records(list), { restartEvery: 1 }).map(nameOf)).toEqual(firingsOf(ruleset, records(list)).map(nameOf));
      }),
      { numRuns: 40 },
    );
  });

  test('a watermark that passes within the lateness changes nothing', () => {
    fc.assert(
      fc.property(events, (list) => {
        const sorted = [...list].sort((a, b) => a.t - b.t);
        const plain = records(sorted);
        const marked = plain.flatMap((record, i) => [record, watermarkAt(BigInt(sorted[i]?.t ?? 0) * SECOND)]);
        const cells = (list: Parameters<typeof firingsOf>[1]) =>
          new Set(
            firingsOf(ruleset, list)
              .filter(({ stage }) => stage === 'opened' || stage === 'continued')
              .map(nameOf),
          );
        expect(cells(marked)).toEqual(cells(plain));
      }),
      { numRuns: 60 },
    );
  });

  test('events of another group change nothing for a group', () => {
    fc.assert(
      fc.property(events, (list) => {
        const own = list.filter(({ group }) => group === 'x');
        const cells = [...cellsOf(ruleset, list)].filter((cell) => cell.startsWith('x '));
        expect(new Set(cells)).toEqual(cellsOf(ruleset, own));
      }),
      { numRuns: 60 },
    );
  });
});

describe('limits', () => {
  test('more groups than allowed: the one used longest ago is evicted, and counted', () => {
    const correlator = createCorrelator(rules('event_count', { gte: 2 }), { ...DEFAULT_CORRELATE_OPTIONS, maxGroups: 3 });
    for (let n = 0; n < 10; n++) correlator.apply(asRecord(aMatch('a', n, { g: `group-${n}` }, n)));
    expect(correlator.stats()).toMatchObject({ groups: 3, evicted: 7 });
  });

  test('a flood into one group is held to a bounded number of hits, and counted', () => {
    const correlator = createCorrelator(rules('event_count', { gte: 1_000_000 }), { ...DEFAULT_CORRELATE_OPTIONS, maxHits: 6000 });
    for (let n = 0; n < 20_000; n++) correlator.apply(asRecord(aMatch('a', 1, { g: 'x' }, n)));
    const { hits, dropped } = correlator.stats();
    expect(hits).toBeLessThanOrEqual(6000 + 512);
    expect(hits + dropped).toBe(20_000);
  });

  test('a match without a value of the group key is not correlated, and counted', () => {
    const correlator = createCorrelator(rules('event_count', { gte: 1 }));
    expect(correlator.apply(asRecord(aMatch('a', 1, {}, 0)))).toEqual([]);
    expect(correlator.stats().ungrouped).toBe(1);
  });

  test('an array in the group key counts for each of its elements, at most sixteen', () => {
    const correlator = createCorrelator(rules('event_count', { gte: 1 }));
    const many = Array.from({ length: 40 }, (_, i) => `v${i}`);
    expect(correlator.apply(asRecord(aMatch('a', 1, { g: many }, 0)))).toHaveLength(16);
  });
});

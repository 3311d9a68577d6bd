import fc from 'fast-check';
import { Engine } from 'json-rules-engine';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/detect/reference.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { anEvent } from '../support/an-event.ts';
import { aMatch, asRecord, firingsOf, SECOND } from '../support/correlate.ts';

type Seen = { readonly at: number; readonly g: string; readonly kind: string; readonly v: number | null };
type Where = { readonly all: readonly { readonly fact: string; readonly operator: string; readonly value: unknown }[] };
type Params = {
  readonly within: string;
  readonly groupBy: readonly string[];
  readonly where?: Where;
  readonly field?: string;
  readonly p?: number;
  readonly steps?: readonly Where[];
};

const seen: fc.Arbitrary<Seen> = fc.record({
  at: fc.integer({ min: 0, max: 30 }),
  g: fc.constantFrom('x', 'y'),
  kind: fc.constantFrom('a', 'b', 'c'),
  v: fc.constantFrom(1, 2, 5, null),
});
const where: fc.Arbitrary<Where> = fc.constantFrom('a', 'b').map((value) => ({ all: [{ fact: 'kind', operator: 'equal', value }] }));
const base = fc.record({ within: fc.constantFrom('3s', '8s'), groupBy: fc.constant(['g']) });
const withWhere = fc
  .tuple(base, fc.option(where, { nil: undefined }))
  .map(([params, given]) => (given === undefined ? params : { ...params, where: given }));
const orders = fc.constantFrom('greaterThanInclusive', 'greaterThan', 'lessThan', 'lessThanInclusive', 'equal');
const number = fc.constantFrom(0, 1, 2, 3, 6);
const windowLeaf = fc.oneof(
  fc
    .tuple(fc.constantFrom('count', 'rate', 'ratio'), withWhere, orders, number)
    .map(([fact, params, operator, value]) => ({ fact, params, operator, value: fact === 'count' ? value : value / 4 })),
  fc
    .tuple(fc.constantFrom('distinct', 'sum', 'avg', 'median'), withWhere, orders, number)
    .map(([fact, params, operator, value]) => ({ fact, params: { ...params, field: 'v' }, operator, value })),
  fc
    .tuple(withWhere, orders, number)
    .map(([params, operator, value]) => ({ fact: 'percentile', params: { ...params, field: 'v', p: 75 }, operator, value })),
  fc
    .tuple(fc.constantFrom('firstSeen'), withWhere, fc.boolean())
    .map(([fact, params, value]) => ({ fact, params: { ...params, field: 'v' }, operator: 'equal', value })),
  fc.tuple(withWhere, fc.boolean()).map(([params, value]) => ({ fact: 'absent', params, operator: 'equal', value })),
  fc
    .tuple(fc.constantFrom('together', 'sequence'), base, fc.array(where, { minLength: 2, maxLength: 3 }), fc.boolean())
    .map(([fact, params, steps, value]) => ({ fact, params: { ...params, steps }, operator: 'equal', value })),
);
const plain = fc.constantFrom({ fact: 'kind', operator: 'in', value: ['a', 'c'] }, { fact: 'v', operator: 'greaterThan', value: 1 });
const conditions = fc.oneof(
  fc.tuple(plain, windowLeaf).map((all) => ({ all })),
  fc.tuple(plain, windowLeaf, windowLeaf).map(([one, two, three]) => ({ all: [one, { any: [two, three] }] })),
  fc.tuple(plain, plain, windowLeaf).map(([one, two, three]) => ({ all: [one, { any: [two, { not: three }] }] })),
);

const secondsOf = (text: string): number => Number.parseInt(text, 10);
const satisfies = (one: Seen, { all }: Where): boolean => all.every(({ value }) => one.kind === value);

/** A window fact by looking at every event of the group; the events at which the rule is asked stand in for a missing `where`. */
function factValue(fact: string, params: Params, event: Seen, n: number, list: readonly Seen[], asked: (one: Seen) => boolean): unknown {
  const [from, to] = [event.at - secondsOf(params.within), event.at];
  const about = (one: Seen, given: Where | undefined): boolean => (given === undefined ? asked(one) : satisfies(one, given));
  const within = list.map((one, at) => ({ one, at })).filter(({ one }) => one.g === event.g && one.at >= from && one.at <= to);
  const inside = within.filter(({ one }) => about(one, params.where));
  const numbers = inside.flatMap(({ one }) => (one.v === null ? [] : [one.v])).sort((a, b) => a - b);
  const sum = numbers.reduce((total, value) => total + value, 0);
  const rank = (p: number): number | undefined => {
    if (numbers.length === 0) return undefined;
    const at = (p / 100) * (numbers.length - 1);
    const low = numbers[Math.floor(at)] as number;
    return low + ((numbers[Math.ceil(at)] as number) - low) * (at - Math.floor(at));
  };
  const steps = params.steps ?? [];
  switch (fact) {
    case 'count':
      return inside.length;
    case 'rate':
      return inside.length / secondsOf(params.within);
    case 'ratio':
      return inside.length / Math.max(1, within.filter(({ one }) => asked(one)).length);
    case 'distinct':
      return new Set(numbers).size;
    case 'sum':
      return sum;
    case 'avg':
      return numbers.length === 0 ? undefined : sum / numbers.length;
    case 'median':
      return rank(50);
    case 'percentile':
      return rank(params.p ?? 50);
    case 'firstSeen':
      return event.v === null
        ? undefined
        : !inside.some(({ one, at }) => (one.at < event.at || (one.at === event.at && at < n)) && one.v === event.v);
    case 'absent':
      return !inside.some(({ one }) => one.at < event.at);
    case 'together':
      return steps.every((step) => within.some(({ one }) => satisfies(one, step)));
    default: {
      let next = 0;
      for (const { one } of [...within].sort((a, b) => a.one.at - b.one.at || a.at - b.at))
        if (next < steps.length && satisfies(one, steps[next] as Where)) next++;
      return next === steps.length;
    }
  }
}

/** Instants at which the original holds, with the window facts as its dynamic facts. */
async function triggersOf(written: { all: readonly object[] }, list: readonly Seen[]): Promise<readonly { at: number; g: string }[]> {
  const isAsked = (one: Seen): boolean => {
    const [first] = written.all as readonly { fact: string; value: never }[];
    return first?.fact === 'kind' ? (first.value as readonly string[]).includes(one.kind) : one.v !== null && one.v > 1;
  };
  const out: { at: number; g: string }[] = [];
  for (const [n, event] of list.entries()) {
    const engine = new Engine([], { allowUndefinedFacts: true });
    engine.addRule({ conditions: structuredClone(written) as never, event: { type: 'x' } });
    for (const fact of [
      'count',
      'rate',
      'ratio',
      'distinct',
      'sum',
      'avg',
      'median',
      'percentile',
      'firstSeen',
      'absent',
      'together',
      'sequence',
    ])
      engine.addFact(fact, (params) => factValue(fact, params as Params, event, n, list, isAsked));
    const { events } = await engine.run({ kind: event.kind, ...(event.v === null ? {} : { v: event.v }) });
    if (events.length > 0) out.push({ at: event.at, g: event.g });
  }
  return out;
}

describe('window facts of json rules', () => {
  test('hold where json-rules-engine holds with the same facts computed by looking at every event', async () => {
    await fc.assert(
      fc.asyncProperty(
        conditions,
        fc.array(seen, { maxLength: 9 }),
        fc.array(fc.nat(), { minLength: 9, maxLength: 9 }),
        async (written, list, keys) => {
          const ruleset = rulesetOf({ id: 'r', title: 'r', conditions: written, event: { type: 'x' } });
          const matches = list.flatMap(({ at, g, kind, v }, n) => {
            const fields = { g, kind, ...(v === null ? {} : { v }) };
            const event = anEvent(fields, { format: 'json' });
            return ruleset.detections
              .filter(({ expr }) => evaluate(expr, event))
              .map(({ id }) => ({ match: aMatch(id, at, fields, n), key: keys[n] ?? 0 }));
          });
          const shuffled = matches.sort((a, b) => a.key - b.key).map(({ match }) => asRecord(match));
          const firings = firingsOf(ruleset, shuffled, { restartEvery: 2 });
          const span = ruleset.correlations[0]?.timespan ?? 1n;
          const cells = new Set(
            firings
              .filter(({ stage }) => stage === 'opened' || stage === 'continued')
              .map(({ cell, group }) => `${cell / SECOND} ${group.key}`),
          );
          const wanted = (await triggersOf(written as never, list)).map(
            ({ at, g }) => `${((BigInt(at) * SECOND) / span) * (span / SECOND)} ${JSON.stringify([g])}`,
          );
          expect([...cells].sort()).toEqual([...new Set(wanted)].sort());
        },
      ),
      { numRuns: 250 },
    );
  });

  test.each([
    [{ fact: 'count', params: { within: '5m' }, operator: 'greaterThan', value: 1 }, 'warn json-rules/window-fact'],
    [{ fact: 'distinct', params: { within: '5m', groupBy: ['g'] }, operator: 'greaterThan', value: 1 }, 'needs field'],
    [{ fact: 'count', params: { within: 'soon', groupBy: ['g'] }, operator: 'greaterThan', value: 1 }, 'a duration such as 5m'],
    [{ fact: 'count', params: { within: '5m', groupby: ['g'] }, operator: 'greaterThan', value: 1 }, 'did you mean "groupBy"?'],
    [
      { fact: 'percentile', params: { within: '5m', groupBy: ['g'], field: 'v', p: 101 }, operator: 'greaterThan', value: 1 },
      'a number from 0 to 100',
    ],
    [{ fact: 'absent', params: { within: '5m', groupBy: ['g'], direction: 'after' }, operator: 'equal', value: true }, 'absent looks back'],
    [{ fact: 'v', operator: 'equal', value: { fact: 'count', params: { within: '5m' } } }, 'left side'],
    [
      {
        any: [
          { fact: 'count', params: { within: '5m', groupBy: ['g'] }, operator: 'equal', value: 1 },
          { fact: 'count', params: { within: '5m', groupBy: ['h'] }, operator: 'equal', value: 1 },
        ],
      },
      'the same groupBy',
    ],
  ])('%j is told of', (leaf, words) => {
    const text = JSON.stringify({
      id: 'r',
      title: 'r',
      conditions: { all: [{ fact: 'kind', operator: 'equal', value: 'a' }, leaf] },
      event: { type: 'x' },
    });
    const problems = loadRules([{ path: 'r.json', text }]).problems.map(problemText);
    expect(problems.join('\n')).toContain(words);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CorrelateRecord } from '../../src/correlate/correlator.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, firingsOf, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

type Event = { readonly t: number; readonly rules: readonly string[]; readonly n: number };
type Step = { readonly rule: string; readonly gap?: number };
type Absent = { readonly rule: string; readonly at: number; readonly within?: number };
type Plan = { readonly steps: readonly Step[]; readonly absent: readonly Absent[]; readonly until?: string };

const SPAN = 10;
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const member = (name: string) => ({
  title: name,
  name,
  logsource: { category: 'test' },
  detection: { sel: { t: name }, condition: 'sel' },
});

/** Every way to choose events for the steps, every bound checked as it is written in the page; nothing shared with the product. */
function triggers(list: readonly Event[], { steps, absent, until }: Plan): Set<number> {
  const events = [...list].sort((x, y) => x.t - y.t || x.n - y.n);
  const found = new Set<number>();
  const between = (from: number, to: number, rule: string): boolean => events.slice(from + 1, to).some(({ rules }) => rules.includes(rule));
  const quiet = (chosen: readonly number[]): boolean => {
    const [f, l] = [chosen[0] as number, chosen.at(-1) as number];
    const [tf, tl] = [(events[f] as Event).t, (events[l] as Event).t];
    return absent.every(({ rule, at, within }) => {
      if (at > 0 && at < steps.length) return !between(chosen[at - 1] as number, chosen[at] as number, rule);
      return !events.some(({ t, rules }, i) => {
        if (!rules.includes(rule)) return false;
        if (at === 0) return i < f && t >= (within === undefined ? tl - SPAN : tf - within);
        return i > l && t <= (within === undefined ? tf + SPAN : tl + within);
      });
    });
  };
  const walk = (chosen: readonly number[]): void => {
    if (chosen.length === steps.length) {
      if (quiet(chosen)) found.add((events[chosen.at(-1) as number] as Event).t);
      return;
    }
    const { rule, gap } = steps[chosen.length] as Step;
    const last = chosen.at(-1) ?? -1;
    for (let i = last + 1; i < events.length; i++) {
      const { t, rules } = events[i] as Event;
      if (!rules.includes(rule)) continue;
      if (chosen.length > 0) {
        if (t - (events[chosen[0] as number] as Event).t > SPAN) break;
        if (gap !== undefined && t - (events[last] as Event).t > gap) break;
        if (until !== undefined && between(last, i, until)) break;
      }
      walk([...chosen, i]);
    }
  };
  walk([]);
  return found;
}

const rulesetFor = ({ steps, absent, until }: Plan): Ruleset => {
  const sequence = steps.flatMap(({ rule, gap }, i) => [
    ...absent.filter(({ at }) => at === i).map(notStep),
    { rule, ...(gap === undefined ? {} : { max_gap: `${gap}s` }) },
  ]);
  sequence.push(...(absent.filter(({ at }) => at === steps.length).map(notStep) as never[]));
  return rulesetOf(...NAMES.map(member), {
    title: 's',
    name: 'judged',
    correlation: {
      type: 'temporal_ordered',
      rules: [...new Set(steps.map(({ rule }) => rule))],
      'group-by': ['g'],
      timespan: `${SPAN}s`,
    },
    wardline: { sequence, ...(until === undefined ? {} : { until }) },
  });
};
const notStep = ({ rule, within }: Absent) => ({ not: rule, ...(within === undefined ? {} : { within: `${within}s` }) });

const plans: fc.Arbitrary<Plan> = fc
  .record({
    steps: fc.array(fc.record({ rule: fc.constantFrom('a', 'b', 'c'), gap: fc.option(fc.integer({ min: 1, max: 6 })) }), {
      minLength: 1,
      maxLength: 4,
    }),
    absent: fc.array(fc.record({ rule: fc.constantFrom('c', 'd'), place: fc.nat(4), within: fc.option(fc.integer({ min: 1, max: 6 })) }), {
      maxLength: 2,
    }),
    until: fc.option(fc.constantFrom('b', 'e')),
  })
  .map(({ steps, absent, until }) => ({
    steps: steps.map(({ rule, gap }) => ({ rule, ...(gap === null ? {} : { gap }) })),
    absent: absent.map(({ rule, place, within }) => {
      const at = place % (steps.length + 1);
      const edge = at === 0 || at === steps.length;
      return { rule, at, ...(within === null || !edge ? {} : { within }) };
    }),
    ...(until === null ? {} : { until }),
  }));

const events: fc.Arbitrary<readonly Event[]> = fc
  .array(fc.record({ t: fc.nat(30), rules: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }) }), { maxLength: 14 })
  .map((list) => list.map((event, n) => ({ ...event, n })));

const recordsOf = (list: readonly Event[]): CorrelateRecord[] =>
  list.flatMap(({ t, rules, n }) => rules.map((rule) => asRecord(aMatch(rule, t, { g: 'x' }, n))));

const cells = (ruleset: Ruleset, records: readonly CorrelateRecord[], restartEvery?: number): Set<number> =>
  new Set(
    firingsOf(ruleset, records, restartEvery === undefined ? {} : { restartEvery })
      .filter(({ rule, stage }) => rule === 'judged' && (stage === 'opened' || stage === 'continued'))
      .map(({ cell }) => Number(cell / SECOND) / SPAN),
  );
const cellsOf = (times: Iterable<number>): Set<number> => new Set([...times].map((t) => Math.floor(t / SPAN)));

const shuffled = (list: readonly Event[]) => fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });

describe('sequences', () => {
  test('fire where a search over every choice of events finds a chain, in any order of arrival', () => {
    fc.assert(
      fc.property(
        plans,
        events.chain((list) => fc.tuple(fc.constant(list), shuffled(list))),
        (plan, [list, mixed]) => {
          const ruleset = rulesetFor(plan);
          const wanted = cellsOf(triggers(list, plan));
          expect(cells(ruleset, recordsOf(list))).toEqual(wanted);
          expect(cells(ruleset, recordsOf(mixed))).toEqual(wanted);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a watermark that follows the events, and a restart at each of them, change nothing', () => {
    fc.assert(
      fc.property(plans, events, (plan, list) => {
        const ruleset = rulesetFor(plan);
        const sorted = [...list].sort((x, y) => x.t - y.t || x.n - y.n);
        const marked = sorted.flatMap((event) => [...recordsOf([event]), watermarkAt(BigInt(event.t) * SECOND)]);
        expect(cells(ruleset, marked)).toEqual(cellsOf(triggers(list, plan)));
        expect(firingsOf(ruleset, marked, { restartEvery: 1 }).map(nameOf)).toEqual(firingsOf(ruleset, marked).map(nameOf));
      }),
      { numRuns: 80 },
    );
  });

  test('an ordered expression puts what must be absent where "rules" has it', () => {
    const ruleset = rulesetOf(...NAMES.map(member), {
      title: 's',
      name: 'judged',
      correlation: {
        type: 'temporal_ordered',
        rules: ['a', 'd', 'b'],
        'group-by': ['g'],
        timespan: `${SPAN}s`,
        condition: 'a and b and not d',
      },
    });
    const plan: Plan = { steps: [{ rule: 'a' }, { rule: 'b' }], absent: [{ rule: 'd', at: 1 }] };
    fc.assert(
      fc.property(events, (list) => {
        expect(cells(ruleset, recordsOf(list))).toEqual(cellsOf(triggers(list, plan)));
      }),
      { numRuns: 80 },
    );
  });

  const one = (t: number, n: number, ...rules: string[]): Event => ({ t, rules, n });
  test.each<[string, Plan, Event[], number[]]>([
    ['the first of a kind: it is not before itself', { steps: [{ rule: 'c' }], absent: [{ rule: 'c', at: 0 }] }, [one(1, 0, 'c')], [0]],
    [
      'nothing after it, to the last instant',
      { steps: [{ rule: 'a' }], absent: [{ rule: 'd', at: 1 }] },
      [one(0, 0, 'a'), one(10, 1, 'd')],
      [],
    ],
    ['nothing after it in time', { steps: [{ rule: 'a' }], absent: [{ rule: 'd', at: 1 }] }, [one(0, 0, 'a'), one(11, 1, 'd')], [0]],
    ['an event that two members match fills one step', { steps: [{ rule: 'a' }, { rule: 'b' }], absent: [] }, [one(0, 0, 'a', 'b')], []],
  ])('%s', (_name, plan, list, wanted) => {
    expect(cellsOf(triggers(list, plan))).toEqual(new Set(wanted));
    expect(cells(rulesetFor(plan), recordsOf(list))).toEqual(new Set(wanted));
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, firingsOf, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

const member = (name: string) => ({
  title: name,
  name,
  logsource: { category: 'test' },
  detection: { sel: { t: name }, condition: 'sel' },
});
const over = (name: string, type: string, rules: string[], groupBy: string[], timespan: string, condition?: object | string) => ({
  title: name,
  name,
  correlation: { type, rules, 'group-by': groupBy, timespan, ...(condition === undefined ? {} : { condition }) },
});

type Event = { readonly t: number; readonly rule: string; readonly user: string };
const events = fc.array(fc.record({ t: fc.nat(100), rule: fc.constantFrom('a', 'b'), user: fc.constantFrom('u', 'v', 'w') }), {
  maxLength: 30,
});
const recordsOf = (list: readonly Event[]) => list.map(({ t, rule, user }, n) => asRecord(aMatch(rule, t, { user, host: 'h' }, n)));

/** Starts of episodes of at least two `a` of one user within five seconds. */
function bursts(list: readonly Event[]): number[] {
  return ['u', 'v', 'w'].flatMap((user) => {
    const times = list.filter((event) => event.rule === 'a' && event.user === user).map(({ t }) => t);
    const triggers = [...new Set(times)]
      .filter((t) => times.filter((other) => other <= t && other >= t - 5).length >= 2)
      .sort((x, y) => x - y);
    return triggers.filter((t, i) => i === 0 || t - (triggers[i - 1] as number) > 5);
  });
}

const inner = over('burst', 'event_count', ['a'], ['user'], '5s', { gte: 2 });
const outers: [string, object, (starts: readonly number[], list: readonly Event[]) => (t: number) => boolean][] = [
  [
    'bursts of two users',
    over('judged', 'event_count', ['burst'], ['host'], '20s', { gte: 2 }),
    (starts) => (t) => starts.filter((s) => s <= t && s >= t - 20).length >= 2,
  ],
  [
    'a burst without b, decided late',
    over('judged', 'temporal', ['burst', 'b'], ['host'], '20s', 'burst and not b'),
    (starts, list) => (t) => {
      const near = list.filter(({ rule }) => rule === 'b').map((event) => event.t);
      return starts.includes(t) && !near.some((b) => b >= t - 20 && b <= t + 20);
    },
  ],
];

test.each(outers)(
  '%s: one match per episode of the inner rule, in any order of arrival, with any watermark in time',
  (_name, outer, holds) => {
    const ruleset = rulesetOf(member('a'), member('b'), inner, outer);
    const cells = (records: Parameters<typeof firingsOf>[1]) =>
      new Set(
        firingsOf(ruleset, records)
          .filter(({ rule, stage }) => rule === 'judged' && (stage === 'opened' || stage === 'continued'))
          .map(({ cell }) => Number(cell / SECOND) / 20),
      );
    fc.assert(
      fc.property(
        events.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }))),
        ([list, mixed]) => {
          const starts = bursts(list);
          const wanted = new Set(starts.filter(holds(starts, list)).map((t) => Math.floor(t / 20)));
          expect(cells(recordsOf(list))).toEqual(wanted);
          expect(cells(recordsOf(mixed))).toEqual(wanted);
          const sorted = [...list].sort((x, y) => x.t - y.t);
          const marked = recordsOf(sorted).flatMap((record, i) => [record, watermarkAt(BigInt(sorted[i]?.t ?? 0) * SECOND)]);
          expect(cells(marked)).toEqual(wanted);
          expect(firingsOf(ruleset, marked, { restartEvery: 3 }).map(nameOf)).toEqual(firingsOf(ruleset, marked).map(nameOf));
        },
      ),
      { numRuns: 80 },
    );
  },
);

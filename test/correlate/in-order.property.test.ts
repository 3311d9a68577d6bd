import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCorrelator } from '../../src/correlate/correlator.ts';
import type { Condition } from '../../src/rule/ir/rule.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, contentOf, firingsOf, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

type Event = { readonly t: number; readonly group: string; readonly value: string };

const SPAN = 10;
/** A ruleset whose one correlation over the detection `a` has this condition. */
function rulesetWith(condition: Condition): Ruleset {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    {
      title: 'j',
      name: 'judged',
      correlation: { type: 'event_count', rules: ['a'], 'group-by': ['g'], timespan: `${SPAN}s`, condition: { gte: 1 } },
    },
  );
  return { ...ruleset, correlations: ruleset.correlations.map((rule) => ({ ...rule, condition })) };
}

const events = fc.array(fc.record({ t: fc.nat(120), group: fc.constantFrom('x', 'y'), value: fc.constantFrom('p', 'q', 'r') }), {
  maxLength: 25,
});
const recordsOf = (list: readonly Event[]) => list.map(({ t, group, value }, n) => asRecord(aMatch('a', t, { g: group, v: value }, n)));
const mixed = events.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
);
const cells = (ruleset: Ruleset, list: readonly Event[]): Set<string> =>
  new Set(
    firingsOf(ruleset, recordsOf(list))
      .filter(({ rule, stage }) => rule === 'judged' && (stage === 'opened' || stage === 'continued'))
      .map(({ group, cell }) => `${String(group.values['g'])} ${Number(cell / SECOND) / SPAN}`),
  );
const sortedBy = (list: readonly Event[], group: string): readonly Event[] =>
  list.filter((event) => event.group === group).sort((a, b) => a.t - b.t);
const cellAt = (group: string, t: number): string => `${group} ${Math.floor(t / SPAN)}`;

function absences(list: readonly Event[], minSeen: number, remember: number): Set<string> {
  const found = new Set<string>();
  // The inputs end at the newest event, of whatever group: a time that is not over then is not told.
  const end = Math.max(...list.map(({ t }) => t));
  for (const group of ['x', 'y']) {
    const own = sortedBy(list, group);
    own.forEach(({ t }, i) => {
      const next = own[i + 1]?.t ?? Number.POSITIVE_INFINITY;
      // Matches of the chain without a pause longer than `remember`, and not older than that.
      let seen = 1;
      for (let k = i; k > 0 && (own[k] as Event).t - (own[k - 1] as Event).t <= remember; k--)
        if ((own[k - 1] as Event).t >= t - remember) seen++;
      if (next > t + SPAN && end >= t + SPAN && seen >= minSeen) found.add(cellAt(group, t + SPAN));
    });
  }
  return found;
}

function firstSeen(list: readonly Event[], learn: number, forget: number, alertNew: boolean): Set<string> {
  const found = new Set<string>();
  for (const group of ['x', 'y']) {
    const own = sortedBy(list, group);
    let start: number | undefined;
    own.forEach(({ t, value }, i) => {
      const before = own.slice(0, i);
      const fresh = !before.some((other) => other.t >= t - forget);
      if (fresh) start = t;
      const ready = fresh ? alertNew : t >= (start as number) + learn;
      if (ready && !before.some((other) => other.value === value && other.t >= t - forget)) found.add(cellAt(group, t));
    });
  }
  return found;
}

const seconds = (n: number): bigint => BigInt(n) * SECOND;
const kinds: [string, Condition, (list: readonly Event[]) => Set<string>][] = [
  ['absence', { kind: 'absence', minSeen: 1, remember: seconds(40) }, (list) => absences(list, 1, 40)],
  ['absence after three matches', { kind: 'absence', minSeen: 3, remember: seconds(25) }, (list) => absences(list, 3, 25)],
  [
    'first seen',
    { kind: 'new_value', fields: ['v'], learn: seconds(15), forget: seconds(50), newGroup: 'learn' },
    (list) => firstSeen(list, 15, 50, false),
  ],
  [
    'first seen, new groups too',
    { kind: 'new_value', fields: ['v'], learn: 0n, forget: seconds(30), newGroup: 'alert' },
    (list) => firstSeen(list, 0, 30, true),
  ],
];

describe.each(kinds)('%s', (_name, condition, wanted) => {
  const ruleset = rulesetWith(condition);
  test('fires where a search over all matches finds it, in any order of arrival', () => {
    fc.assert(
      fc.property(mixed, ([list, shuffled]) => {
        expect(cells(ruleset, list)).toEqual(wanted(list));
        expect(cells(ruleset, shuffled)).toEqual(wanted(list));
      }),
      { numRuns: 150 },
    );
  });

  test('a watermark that follows, and a restart at each record, change nothing', () => {
    fc.assert(
      fc.property(events, (list) => {
        const sorted = [...list].sort((a, b) => a.t - b.t);
        const marked = recordsOf(sorted).flatMap((record, i) => [record, watermarkAt(seconds(sorted[i]?.t ?? 0))]);
        const once = firingsOf(ruleset, recordsOf(sorted));
        const contents = new Set(once.map(contentOf).map((content) => JSON.stringify(content)));
        const steps = firingsOf(ruleset, marked);
        expect(new Set(steps.map(contentOf).map((content) => JSON.stringify(content)))).toEqual(contents);
        expect(firingsOf(ruleset, marked, { restartEvery: 1 }).map(contentOf)).toEqual(steps.map(contentOf));
        expect(new Set(steps.map(nameOf))).toEqual(new Set(firingsOf(ruleset, recordsOf(list)).map(nameOf)));
        for (const { hits } of once) expect(hits.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});

test('a late match is left out where windows are decided once, and counted', () => {
  const correlator = createCorrelator(rulesetWith({ kind: 'absence', minSeen: 1, remember: seconds(40) }));
  correlator.apply({ kind: 'match', match: { ...aMatch('a', 1, { g: 'x' }, 0), lateness: 'late' } });
  expect(correlator.stats()).toMatchObject({ groups: 0, late: 1 });
});

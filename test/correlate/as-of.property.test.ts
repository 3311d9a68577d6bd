import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, firingsOf, SECOND } from '../support/correlate.ts';

type Seen = { readonly kind: 'access' | 'record'; readonly at: number; readonly bad: boolean; readonly until: number };
const seen: fc.Arbitrary<Seen> = fc.record({
  kind: fc.constantFrom('access', 'record'),
  at: fc.integer({ min: 0, max: 40 }),
  bad: fc.boolean(),
  until: fc.integer({ min: 0, max: 40 }),
});
const [WITHIN, SKEW] = [10, 2];
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

const ruleset = rulesetOf({
  kind: 'Reconciliation',
  id: 'r',
  title: 'r',
  access: { kind: 'access' },
  record: { kind: 'record' },
  join: ['g'],
  max_age: `${WITHIN}s`,
  skew: `${SKEW}s`,
  findings: [
    { id: 'none', none: true },
    { id: 'bad', record: { state: 'bad' } },
    { id: 'expired', expired: 'until' },
    { id: 'old', older: '8s' },
    { id: 'late', after: '7s', record: { state: 'good' } },
  ],
});

/** Instants of accesses with something wrong, by looking at every record for each of them. */
function wrongAt(list: readonly Seen[]): ReadonlySet<number> {
  const wrong = list.filter(({ kind, at }) => {
    if (kind !== 'access') return false;
    const valid = list
      .map((one, n) => ({ ...one, n }))
      .filter((one) => one.kind === 'record' && one.at >= at - WITHIN && one.at <= at + SKEW);
    const last = valid.sort((a, b) => a.at - b.at || a.n - b.n).at(-1);
    if (last === undefined) return true;
    return last.bad || at > last.until || at - last.at > 8 || (at > last.at + 7 && !last.bad);
  });
  return new Set(wrong.map(({ at }) => at));
}

test('every access is held against the latest record that was valid for it, in any order of arrival and over restarts', () => {
  fc.assert(
    fc.property(
      fc.array(seen, { maxLength: 12 }),
      fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      (list, keys, restartEvery) => {
        const matches = list.map(({ kind, at, bad, until }, n) =>
          aMatch(`r/${kind}`, at, { g: 'x', state: bad ? 'bad' : 'good', until: iso(until) }, n),
        );
        const shuffled = matches.map((match, n) => ({ match, key: keys[n] ?? 0 })).sort((a, b) => a.key - b.key);
        const firings = firingsOf(
          ruleset,
          shuffled.map(({ match }) => asRecord(match)),
          { restartEvery },
        );
        const cells = new Set(
          firings.filter(({ stage }) => stage === 'opened' || stage === 'continued').map(({ cell }) => Number(cell / SECOND)),
        );
        expect([...cells].sort()).toEqual([...new Set([...wrongAt(list)].map((at) => at - (at % WITHIN)))].sort());
      },
    ),
    { numRuns: 300 },
  );
});

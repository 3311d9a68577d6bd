import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hit } from '../../src/correlate/firing.ts';
import { newGroup } from '../../src/correlate/group.ts';
import { createGroupStore, type GroupStore, type StoredGroups } from '../../src/correlate/group-store.ts';
import { createHitPacker } from '../../src/correlate/packed-hit.ts';
import { feedsOf } from '../../src/correlate/plans.ts';
import { hitsOf, isAwake, MOST_AT_REST } from '../../src/correlate/resting.ts';
import { rulesetOf } from '../support/a-rule.ts';

const ruleset = rulesetOf(
  { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
  { title: 'c', name: 'c', correlation: { type: 'event_count', rules: ['a'], 'group-by': ['g'], timespan: '1h', condition: { gte: 9 } } },
);
const plan = [...feedsOf(ruleset).values()].flat().find(({ plan: { rule } }) => ruleset.correlations.some(({ id }) => id === rule))?.plan;
if (plan === undefined) throw new Error('no correlation');
const group = (key: string) => ({ key: JSON.stringify([key]), values: { g: key } });
const hit = (n: number): Hit => ({
  time: BigInt(n),
  origin: { source: 's', partition: 0, offset: BigInt(n), index: 0 },
  rule: 'a',
  appendedAt: n,
  values: { g: `value ${n}` },
  entities: {},
  bytes: 100,
});

/** The same store as lists: what leaves, and what stays in which order. */
function model(maxGroups: number) {
  type One = { readonly key: string; hits: number; used: boolean };
  let [probation, advanced] = [[] as One[], [] as One[]];
  const leastUsed = (keep?: string): One | undefined => {
    for (let left = 2 * advanced.length; left > 0; left--) {
      const one = advanced.find(({ key }) => key !== keep);
      if (one === undefined || !one.used) return one;
      one.used = false;
      advanced = [...advanced.filter((other) => other !== one), one];
    }
    return undefined;
  };
  return {
    add(key: string): readonly string[] {
      const one = [...probation, ...advanced].find((each) => each.key === key) ?? { key, hits: 0, used: false };
      one.hits++;
      if (one.hits > 1) {
        one.used = true;
        if (probation.includes(one)) {
          probation = probation.filter((other) => other !== one);
          advanced = [...advanced, one];
          const out = advanced.length > maxGroups * 0.8 ? leastUsed() : undefined;
          if (out !== undefined) {
            advanced = advanced.filter((other) => other !== out);
            probation = [...probation, out];
          }
        }
      } else probation = [...probation, one];
      const gone: string[] = [];
      while (probation.length + advanced.length > maxGroups) {
        const out = probation.find((each) => each.key !== key) ?? leastUsed(key);
        if (out === undefined) break;
        gone.push(out.key);
        probation = probation.filter((other) => other !== out);
        advanced = advanced.filter((other) => other !== out);
      }
      return gone;
    },
    remove(key: string) {
      probation = probation.filter((one) => one.key !== key);
      advanced = advanced.filter((one) => one.key !== key);
    },
    parts: () => [probation, advanced].map((part) => part.map(({ key, hits }) => [key, hits])),
  };
}

const nameOf = (key: string): string => (JSON.parse(key) as [string])[0];
const parts = ({ probation, advanced }: StoredGroups) =>
  [probation, advanced].map((part) => part.map(([key, entry]) => [nameOf(key), hitsOf(entry)]));
const costs = (store: GroupStore) => createGroupStore({ maxGroups: 1e9, maxBytes: 1e9 }, plan, createHitPacker(), store.snapshot()).bytes;

const steps = fc.array(fc.tuple(fc.constantFrom('remove', ...Array<string>(9).fill('add')), fc.constantFrom(...'aaabbccdefg')), {
  maxLength: 80,
  size: 'max',
});

test('groups at rest keep their place, their hits and their bytes, and are evicted in the order of awake ones', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 6 }), (list, maxGroups) => {
      const budget = { maxGroups, maxBytes: 1e9 };
      const [packer, wanted] = [createHitPacker(), model(maxGroups)];
      let store = createGroupStore(budget, plan, packer);
      list.forEach(([step, name], n) => {
        const one = group(name);
        if (step === 'remove') {
          wanted.remove(name);
          if (n % 2 === 0) store.delete(one.key);
          else {
            const state = store.take(one.key);
            if (state !== undefined) store.drop(state);
          }
        } else {
          const gone = wanted.add(name);
          const known = store.take(one.key);
          const state = known ?? newGroup(one, plan);
          expect(state.group).toEqual(one);
          const kept = packer.keep(hit(n));
          state.hits.push(kept);
          state.bytes += kept.bytes;
          store.put(state, known !== undefined);
          const evicted = store.shrink(one.key);
          expect(evicted.length).toBe(gone.length);
          const entry = store.peek(one.key);
          expect(entry !== undefined && isAwake(entry)).toBe(state.hits.length > MOST_AT_REST);
        }
        expect(parts(store.snapshot())).toEqual(wanted.parts());
        expect(store.bytes).toBe(costs(store));
        if (n % 7 === 3) store = createGroupStore(budget, plan, packer, store.snapshot());
      });
      for (const [key] of [...store.entries()]) {
        const state = store.take(key);
        for (const each of state?.hits ?? []) expect(each.values['g']).toBe(`value ${each.time}`);
        if (state !== undefined) store.drop(state);
      }
      expect([store.size, store.bytes]).toEqual([0, 0]);
    }),
    { numRuns: 100 },
  );
});

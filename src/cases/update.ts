import type { Case } from '../rule/cases/schema.ts';
import type { Ruleset } from '../rule/load.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { pairUp } from './compare.ts';
import { LISTS, type ListName, type Result, seenIn, shown } from './seen.ts';

/** A list of a case as it would have to be for the case to hold. */
export type Update = { readonly n: number; readonly list: ListName; readonly items: readonly JsonObject[] };

/**
 * The lists of the nth case of its file that are otherwise than what came out. What is met is kept as it is written; what
 * is not keeps the names that were asked for, with the values that are there.
 */
export function updatesOf(n: number, one: Case, result: Result, ruleset: Pick<Ruleset, 'byId'>): readonly Update[] {
  // What an event that was not read would have come to, nobody knows.
  if (result.deadLetters.length > 0) return [];
  return LISTS.flatMap((list) => {
    const expected = one[list] as readonly JsonObject[] | undefined;
    if (expected === undefined) return [];
    const { pairs, rest } = pairUp(expected, seenIn(list, result, one, ruleset), one);
    if (rest.length === 0 && pairs.every(({ met }) => met)) return [];
    const kept = pairs.flatMap(({ expected: wanted, seen, met }) =>
      met ? [wanted] : seen === undefined ? [] : [shown(seen, Object.keys(wanted))],
    );
    return [{ n, list, items: [...kept, ...rest.map((seen) => shown(seen, seen.written))].map(firstNames) }];
  });
}

/** A rule that is known by its id and its name is written by its name. */
const firstNames = (item: JsonObject): JsonObject =>
  Array.isArray(item['rule']) ? { ...item, rule: (item['rule'] as readonly JsonValue[]).at(-1) as JsonValue } : item;

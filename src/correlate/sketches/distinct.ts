import { VALUE_BYTES, valueKey } from '../values.ts';
import { addHash, estimateOf, FINE, type HyperLogLog, hyperLogLog } from './hyperloglog.ts';
import { type HashKey, hashOf } from './keyed-hash.ts';

/** Different values: each of them, or where they are too many, a sketch of all, the first ones as well. 16 kB, a twentieth of the values it takes the place of. */
export type Distinct = Set<string> | HyperLogLog;

/** So many are told apart. */
export const MAX_DISTINCT = 4096;

/** With one more value; in place where it can be. */
export function withDistinct(distinct: Distinct, text: string, key: HashKey): Distinct {
  if (!(distinct instanceof Set)) {
    addHash(distinct, hashOf(valueKey(text), key));
    return distinct;
  }
  distinct.add(valueKey(text));
  if (distinct.size <= MAX_DISTINCT) return distinct;
  const registers = hyperLogLog(FINE.bits);
  for (const one of distinct) addHash(registers, hashOf(one, key));
  return registers;
}

/** About what they take. */
export const distinctBytes = (distinct: Distinct | undefined): number =>
  distinct === undefined ? 0 : distinct instanceof Set ? VALUE_BYTES * distinct.size : distinct.length;

/** How many there are; of a sketch at least as many as it began with. */
export const distinctOf = (distinct: Distinct | undefined): number =>
  distinct === undefined ? 0 : distinct instanceof Set ? distinct.size : Math.max(MAX_DISTINCT + 1, Math.round(estimateOf(distinct)));

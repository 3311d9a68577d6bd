import type { Nanos } from '../event/time.ts';

/** When each value of a group was seen last. */
export type KnownValues = Map<string, Nanos>;

/** So many values, those seen last, are remembered at least; one that was forgotten can only be new again. */
export const MAX_VALUES = 1000;
/** Values are let go so many at a time, so that finding the oldest costs each of them little. */
const SPARE = 250;

/** Notes that `values` were seen, and gives those that were not within `span` before. */
export function unseen(known: KnownValues, values: readonly string[], time: Nanos, span: Nanos): readonly string[] {
  let fresh: string[] | undefined;
  for (const value of values) {
    const seen = known.get(value);
    known.set(value, time);
    if (seen !== undefined && seen >= time - span) continue;
    if (fresh === undefined) fresh = [value];
    else fresh.push(value);
  }
  return fresh ?? NONE;
}

const NONE: readonly string[] = [];

/** Lets the values go that were seen longest ago, where there are too many; gives how many went. */
export function boundValues(known: KnownValues): number {
  if (known.size <= MAX_VALUES + SPARE) return 0;
  // Sorting keeps the order of what is equal: the same after a restart.
  const oldest = [...known].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, known.size - MAX_VALUES);
  for (const [value] of oldest) known.delete(value);
  return oldest.length;
}

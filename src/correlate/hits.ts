import type { Nanos } from '../event/time.ts';
import { compareHits, type Hit } from './firing.ts';

/** Before and after every instant. */
export const MIN_TIME: Nanos = -(1n << 63n);
export const MAX_TIME: Nanos = (1n << 63n) - 1n;

/** Index of the first hit at or after an instant. */
export function lowerBound(hits: readonly Hit[], time: Nanos): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hits[middle] as Hit).time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a hit at its place in order and returns where that is. */
export function insertHit(hits: Hit[], hit: Hit): number {
  const last = hits.at(-1);
  if (last === undefined || compareHits(last, hit) <= 0) return hits.push(hit) - 1;
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareHits(hits[middle] as Hit, hit) <= 0) low = middle + 1;
    else high = middle;
  }
  hits.splice(low, 0, hit);
  return low;
}

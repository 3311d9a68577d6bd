import type { Nanos } from '../../event/time.ts';
import type { Hit } from '../firing.ts';

/**
 * Of each key and pane of one timespan the first and the last hit say whether the key stands in a window: a window covers
 * the end of one pane and the beginning of the next.
 */
export function edgesByKey(
  hits: readonly Hit[],
  timespan: Nanos,
  keysOf: (hit: Hit) => readonly string[],
): (hit: Hit, index: number) => boolean {
  const needed = new Set<number>();
  const last = new Map<string, number>();
  const first = new Set<string>();
  hits.forEach((hit, i) => {
    const pane = hit.time / timespan - (hit.time < 0n ? 1n : 0n);
    for (const key of keysOf(hit)) {
      const slot = `${pane} ${key}`;
      last.set(slot, i);
      if (first.has(slot)) continue;
      first.add(slot);
      needed.add(i);
    }
  });
  for (const i of last.values()) needed.add(i);
  return (_hit, i) => !needed.has(i);
}

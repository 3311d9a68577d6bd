import type { PanePoint } from '../../correlate/conditions/panes.ts';

export type Range = readonly [low: number, high: number];

/** The least and the greatest of what was seen and expected, 0 among them; bounds that are open end there. */
export function rangeOf(points: readonly PanePoint[]): Range {
  let [low, high] = [0, Number.NEGATIVE_INFINITY];
  const take = (value: number): void => {
    if (!Number.isFinite(value)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const { value, judged } of points) {
    take(value);
    if (!judged.known) continue;
    take(judged.expected);
    take(judged.low);
    take(judged.high);
  }
  return [low, high > low ? high : low + 1];
}

/** Where in a range a value lies, in [0, 1]; beyond its ends at the end. */
export const shareOf = (value: number, [low, high]: Range): number => (Math.min(high, Math.max(low, value)) - low) / (high - low);

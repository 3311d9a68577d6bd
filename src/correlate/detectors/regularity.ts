export type Regularity = { readonly intervals: number; readonly median: number; readonly dispersion: number };

/** How regular instants in order are: median of the intervals and MAD over median. Repeats at one instant count once. */
export function regularity(times: readonly number[]): Regularity {
  const intervals: number[] = [];
  for (let i = 1; i < times.length; i++) {
    const interval = (times[i] as number) - (times[i - 1] as number);
    if (interval > 0) intervals.push(interval);
  }
  if (intervals.length === 0) return { intervals: 0, median: 0, dispersion: Number.POSITIVE_INFINITY };
  intervals.sort((a, b) => a - b);
  const middle = middleOf(intervals);
  return { intervals: intervals.length, median: middle, dispersion: spreadAround(intervals, middle) / middle };
}

/** The median of numbers in order of size. */
export function middleOf(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/** The median of the distances to `middle`, their median: the nearest are taken from the middle outward, without sorting. */
export function spreadAround(sorted: readonly number[], middle: number): number {
  const { length } = sorted;
  let above = length >> 1;
  let below = above - 1;
  let last = 0;
  let before = 0;
  for (let taken = 0; taken <= length >> 1; taken++) {
    before = last;
    const down = below < 0 ? Number.POSITIVE_INFINITY : middle - (sorted[below] as number);
    const up = above >= length ? Number.POSITIVE_INFINITY : (sorted[above] as number) - middle;
    if (down < up) {
      last = down;
      below--;
    } else {
      last = up;
      above++;
    }
  }
  return length % 2 === 1 ? last : (before + last) / 2;
}

/** The first place in a sorted list whose number is not less. */
function placeOf(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const half = (low + high) >> 1;
    if ((sorted[half] as number) < value) low = half + 1;
    else high = half;
  }
  return low;
}

export function insertSorted(sorted: number[], value: number): void {
  let at = sorted.push(value) - 1;
  for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number;
  sorted[at] = value;
}

export function removeSorted(sorted: number[], value: number): void {
  for (let at = placeOf(sorted, value); at < sorted.length - 1; at++) sorted[at] = sorted[at + 1] as number;
  sorted.pop();
}

/** The share of the other hosts that have it too: 0 for one host alone. */
export const prevalence = (hosts: number, all: number): number => (all <= 1 ? 0 : Math.max(0, hosts - 1) / (all - 1));

/** 1 for what calls like a clock to where nobody else calls. */
export const beaconScore = (dispersion: number, share: number): number => Math.max(0, 1 - dispersion) * (1 - share);

/** Addresses that lead nowhere beyond the host or its link: loopback, link-local, multicast, unspecified. */
export const staysLocal = (address: string): boolean =>
  /^(?:127\.|169\.254\.|22[4-9]\.|23\d\.|0\.0\.0\.0$|255\.255\.255\.255$|::1?$|0:0:0:0:0:0:0:[01]$|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)/i.test(
    address,
  );

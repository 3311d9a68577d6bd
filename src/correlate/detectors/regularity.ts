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
export function middleOf(sorted: ArrayLike<number>): number {
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/**
 * The median of the distances to `middle`, the median of the list (not empty). Distances grow from the middle on in both
 * directions, so a binary search says how many of the nearest half lie below.
 */
export function spreadAround(sorted: readonly number[], middle: number): number {
  const { length } = sorted;
  const half = length >> 1;
  const below = (i: number): number => middle - (sorted[half - 1 - i] as number);
  const above = (i: number): number => (sorted[half + i] as number) - middle;
  // Of the half + 1 nearest so many are taken from below, and the others from above.
  let [low, high] = [Math.max(0, half + 1 - (length - half)), half];
  while (low < high) {
    const taken = (low + high) >> 1;
    if (below(taken) < above(half - taken)) low = taken + 1;
    else high = taken;
  }
  const lastBelow = low > 0 ? below(low - 1) : Number.NEGATIVE_INFINITY;
  const lastAbove = above(half - low);
  if (length % 2 === 1) return Math.max(lastBelow, lastAbove);
  const before =
    lastBelow > lastAbove
      ? Math.max(low > 1 ? below(low - 2) : Number.NEGATIVE_INFINITY, lastAbove)
      : Math.max(lastBelow, low < half ? above(half - low - 1) : Number.NEGATIVE_INFINITY);
  return (before + Math.max(lastBelow, lastAbove)) / 2;
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

/** Puts a value in the place of one that is there. */
export function replaceSorted(sorted: number[], old: number, value: number): void {
  let at = placeOf(sorted, old);
  for (; at < sorted.length - 1 && (sorted[at + 1] as number) < value; at++) sorted[at] = sorted[at + 1] as number;
  for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number;
  sorted[at] = value;
}

/** The share of the other hosts that have it too: 0 for one host alone. */
export const prevalence = (hosts: number, all: number): number => (all <= 1 ? 0 : Math.max(0, hosts - 1) / (all - 1));

/** 1 for what calls like a clock to where nobody else calls. */
export const beaconScore = (dispersion: number, share: number): number => Math.max(0, 1 - dispersion) * (1 - share);

/** Addresses that lead nowhere beyond the host or its link: loopback, link-local, multicast, unspecified. */
export const staysLocal = (address: string): boolean => mayStay(address) && LOCAL.test(address);

const LOCAL =
  /^(?:127\.|169\.254\.|22[4-9]\.|23\d\.|0\.0\.0\.0$|255\.255\.255\.255$|::1?$|0:0:0:0:0:0:0:[01]$|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)/i;

/** By its first two characters, which takes a tenth of the time for most addresses. */
function mayStay(address: string): boolean {
  switch (address[0]) {
    case '1':
      return address[1] === '2' || address[1] === '6';
    case '2':
      return address[1] === '2' || address[1] === '3' || address[1] === '5';
    case '0':
    case ':':
    case 'f':
    case 'F':
      return true;
    default:
      return false;
  }
}

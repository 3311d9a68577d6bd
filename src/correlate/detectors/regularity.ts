import { median } from './judged.ts';

export type Regularity = { readonly intervals: number; readonly median: number; readonly dispersion: number };

/** How regular instants in order are: median of the intervals and MAD over median. Repeats at one instant count once. */
export function regularity(times: readonly number[]): Regularity {
  const intervals: number[] = [];
  for (let i = 1; i < times.length; i++) {
    const interval = (times[i] as number) - (times[i - 1] as number);
    if (interval > 0) intervals.push(interval);
  }
  if (intervals.length === 0) return { intervals: 0, median: 0, dispersion: Number.POSITIVE_INFINITY };
  const middle = median(intervals);
  return { intervals: intervals.length, median: middle, dispersion: median(intervals.map((one) => Math.abs(one - middle))) / middle };
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

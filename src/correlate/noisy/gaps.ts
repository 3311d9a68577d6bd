import { EXPECTED, readGamma, sight, writeGamma } from './counted.ts';
import { putRange, shareOf, tookRange } from './range-coder.ts';

/** Gaps between sorted numbers: geometric with the mean of such gaps so far, mixed with how often each was seen. */

/** Gaps from 0 on are symbols of their own; the last stands for all beyond. */
export const GAPS = 16;
/** By how far out they are, and by how high the middle of the list stands. */
const OUTWARD = 3;
const HEIGHTS = 3;
const CONTEXTS = 2 * OUTWARD * HEIGHTS;
/** Gaps until the sums are halved. */
const MEMORY = 64;

const seen = new Uint16Array(CONTEXTS * GAPS);
const totals = new Uint16Array(CONTEXTS);
/** Sum and number. */
const means = new Float64Array(2 * CONTEXTS);

export function beginGaps(): void {
  seen.fill(0);
  totals.fill(0);
  means.fill(4);
}

/** Of the gap so many places from the middle of a list of `count`; `wide`: 1 in steps twice as wide. */
export const contextOf = (out: number, count: number, middle: number, wide: number): number =>
  (wide * OUTWARD + Math.min(OUTWARD - 1, Math.floor((2 * OUTWARD * (out - 1)) / count))) * HEIGHTS +
  (middle === 0 ? 0 : Math.abs(middle) < 4 ? 1 : 2);

/** Geometrics by how much of them goes from one gap to the next, in `RATIOS` parts: what is below each gap. */
const RATIOS = 32;
const BELOW = Uint16Array.from({ length: RATIOS * (GAPS + 1) }, (_, place) => {
  const ratio = (Math.floor(place / (GAPS + 1)) + 0.5) / RATIOS;
  let [below, left] = [0, EXPECTED];
  for (let gap = 0; gap < place % (GAPS + 1); gap++) {
    below += Math.floor(left * (1 - ratio)) + 1;
    left *= ratio;
  }
  return below;
});
/** Where the geometric of a context begins: mean / (1 + mean) goes on. */
function geometricOf(of: number): number {
  const sum = means[2 * of] as number;
  return Math.floor((RATIOS * sum) / (sum + (means[2 * of + 1] as number))) * (GAPS + 1);
}

/** Sightings of gaps below one. */
function seenBelow(of: number, gap: number): number {
  let sum = 0;
  for (let i = of * GAPS; i < of * GAPS + gap; i++) sum += seen[i] as number;
  return sum;
}
const totalOf = (of: number, from: number, room: number): number =>
  (BELOW[from + room] as number) + (room === GAPS ? (totals[of] as number) : seenBelow(of, room));

/** `room`: as many gaps there may be, at most `GAPS`. */
export function writeGap(gap: number, of: number, room: number): void {
  const symbol = Math.min(gap, GAPS - 1);
  const from = geometricOf(of);
  const low = BELOW[from + symbol] as number;
  const frequency = (BELOW[from + symbol + 1] as number) - low + (seen[of * GAPS + symbol] as number);
  putRange(low + seenBelow(of, symbol), frequency, totalOf(of, from, room));
  if (symbol === GAPS - 1) writeGamma(gap - GAPS + 2);
  note(gap, of, symbol);
}

export function readGap(of: number, room: number): number {
  const from = geometricOf(of);
  const total = totalOf(of, from, room);
  const share = shareOf(total);
  let low = 0;
  for (let symbol = 0; ; symbol++) {
    const weight = (BELOW[from + symbol + 1] as number) - (BELOW[from + symbol] as number) + (seen[of * GAPS + symbol] as number);
    if (share < low + weight) {
      tookRange(low, weight, total);
      const gap = symbol === GAPS - 1 ? GAPS - 2 + readGamma() : symbol;
      note(gap, of, symbol);
      return gap;
    }
    low += weight;
  }
}

function note(gap: number, of: number, symbol: number): void {
  const count = (means[2 * of + 1] as number) + 1;
  const scale = count > MEMORY ? 0.5 : 1;
  means[2 * of] = scale * ((means[2 * of] as number) + gap);
  means[2 * of + 1] = scale * count;
  sight(seen, totals, of, GAPS, symbol);
}

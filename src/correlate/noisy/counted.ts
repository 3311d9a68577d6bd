import { putRange, shareOf, tookRange } from './range-coder.ts';

/** What models of symbols share: how often each was seen, and codes that need no model. */

/** One sighting weighs so much, what is expected of a symbol before any as much as twelve. */
const SIGHT = 128;
export const EXPECTED = 12 * SIGHT;
const MOST = 2 ** 15;

/** One more of a symbol; many sightings are halved. */
export function sight(counts: Uint16Array, sums: Uint16Array, of: number, symbols: number, symbol: number): void {
  const from = of * symbols;
  counts[from + symbol] = (counts[from + symbol] as number) + SIGHT;
  sums[of] = (sums[of] as number) + SIGHT;
  if ((sums[of] as number) < MOST - EXPECTED - symbols) return;
  let total = 0;
  for (let i = from; i < from + symbols; i++) total += counts[i] = (counts[i] as number) >> 1;
  sums[of] = total;
}

const SEEN_AGAIN = 4;

/** One of `count` symbols, as often as it came before. */
export function writeOf(symbol: number, counts: Uint16Array, count: number): void {
  let [low, total] = [0, 0];
  for (let i = 0; i < count; i++) {
    if (i < symbol) low += counts[i] as number;
    total += counts[i] as number;
  }
  putRange(low, counts[symbol] as number, total);
  counts[symbol] = (counts[symbol] as number) + SEEN_AGAIN;
}
export function readOf(counts: Uint16Array, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += counts[i] as number;
  const share = shareOf(total);
  let [symbol, low] = [0, 0];
  for (; share >= low + (counts[symbol] as number); symbol++) low += counts[symbol] as number;
  tookRange(low, counts[symbol] as number, total);
  counts[symbol] = (counts[symbol] as number) + SEEN_AGAIN;
  return symbol;
}
/** No code of this ladder is as long; texts that nobody wrote may have one. */
const LONGEST = 17;
/** Elias' gamma code of a whole number from 1 on, below 2^18. */
export function writeGamma(value: number): void {
  const size = 31 - Math.clz32(value);
  for (let i = 0; i < size; i++) putRange(1, 1, 2);
  putRange(0, 1, 2);
  for (let i = size - 1; i >= 0; i--) putRange((value >> i) & 1, 1, 2);
}
export function readGamma(): number {
  let size = 0;
  while (size < LONGEST && readBit() === 1) size++;
  let value = 1;
  for (let i = 0; i < size; i++) value = 2 * value + readBit();
  return value;
}
function readBit(): number {
  const bit = shareOf(2);
  tookRange(bit, 1, 2);
  return bit;
}

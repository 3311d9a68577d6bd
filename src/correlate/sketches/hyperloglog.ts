/**
 * How many different hashes were added, within a standard error of `1.04 / sqrt(registers)`, in a byte per register
 * (HyperLogLog: Flajolet, Fusy, Gandouet and Meunier 2007). The union of two is the larger register of each pair: neither
 * order nor repetition nor how the hashes were split changes anything.
 */
export type HyperLogLog = Uint8Array;

/** Of 2^14 registers, and of 2^12: what may be said of a count, in per cent. */
export const FINE = { bits: 14, error: 0.8 } as const;
export const SMALL = { bits: 12, error: 1.6 } as const;

/** Bits of a hash, which is a whole number below 2^53. */
const HASH_BITS = 53;

export const hyperLogLog = (bits: number): HyperLogLog => new Uint8Array(2 ** bits);

/** The upper bits of a hash choose the register, which keeps the most zeros before the first one among the others. Tells whether it changed. */
export function addHash(registers: HyperLogLog, hash: number): boolean {
  const rest = 2 ** HASH_BITS / registers.length;
  const register = Math.floor(hash / rest);
  const rank = rankOf(hash % rest, rest);
  if (rank <= (registers[register] as number)) return false;
  registers[register] = rank;
  return true;
}

/** Would it change a register? */
export function isNews(registers: HyperLogLog, hash: number): boolean {
  const rest = 2 ** HASH_BITS / registers.length;
  return rankOf(hash % rest, rest) > (registers[Math.floor(hash / rest)] as number);
}

/** The place, from 1 on, of the highest bit that is set, of those that a number below `end` (a power of two) has. */
function rankOf(value: number, end: number): number {
  const high = Math.floor(value / 2 ** 32);
  const unused = 64 - Math.log2(end);
  return (high === 0 ? 32 + Math.clz32(value) : Math.clz32(high)) - unused + 1;
}

/** Makes `into` the union of both, which have as many registers. */
export function unite(into: HyperLogLog, other: HyperLogLog): void {
  for (let i = 0; i < into.length; i++) if ((other[i] as number) > (into[i] as number)) into[i] = other[i] as number;
}

/**
 * The improved raw estimate (Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6):
 * without bias from 0 on. Its correction for registers that are full is left out; these need about 2^50 hashes.
 */
export function estimateOf(registers: HyperLogLog): number {
  const m = registers.length;
  const counts = new Uint32Array(HASH_BITS + 2);
  for (let i = 0; i < m; i++) {
    const rank = registers[i] as number;
    counts[rank] = (counts[rank] as number) + 1;
  }
  let z = 0;
  for (let rank = HASH_BITS + 1; rank >= 1; rank--) z = 0.5 * (z + (counts[rank] as number));
  z += m * sigma((counts[0] as number) / m);
  return (m * m) / (2 * Math.LN2 * z);
}

function sigma(empty: number): number {
  if (empty === 1) return Number.POSITIVE_INFINITY;
  let [x, y, sum, before] = [empty, 1, empty, -1];
  while (sum !== before) {
    before = sum;
    x *= x;
    sum += x * y;
    y += y;
  }
  return sum;
}

import { type ByteLiteral, type ByteScan, mix, saysLiteral, splitsEscape, wordAt } from './byte-literal.ts';
import { createWordTable, pushTo, type WordTable } from './word-table.ts';

/**
 * Beginnings or ends of values: a hash of the outermost 12, 8 or 4 bytes, each literal in the largest class that fits it.
 * With four bytes alone hundreds of literals would share `.exe`.
 */
export function edgeScan(literals: readonly ByteLiteral[], end: 'prefix' | 'suffix'): ByteScan {
  const suffix = end === 'suffix';
  const classes = [new Map<number, ByteLiteral[]>(), new Map<number, ByteLiteral[]>(), new Map<number, ByteLiteral[]>()] as const;
  const short: ByteLiteral[] = [];
  const step = (hash: number, bytes: Uint8Array, from: number, to: number, k: number): number =>
    (mix(hash) ^ wordAt(bytes, suffix ? to - 4 * k : from + 4 * k - 4)) | 0;
  // Every literal of four bytes and more passes by its outermost four: most values end here.
  const outermost = new Int32Array(FILTER_BITS >> 5);
  for (const literal of literals) {
    const { bytes } = literal;
    const words = Math.min(3, bytes.length >> 2);
    let hash = 0;
    for (let k = 1; k <= words; k++) hash = step(hash, bytes, 0, bytes.length, k);
    if (words > 0) admit(outermost, step(0, bytes, 0, bytes.length, 1));
    const home = classes[words - 1];
    if (home === undefined) short.push(literal);
    else pushTo(home, hash, literal);
  }
  const tables = classes.map(createWordTable);
  const largest = classes.findLastIndex(({ size }) => size > 0) + 1;
  return ({ bytes }, from, to, fire) => {
    const words = Math.min(largest, (to - from) >> 2);
    let hash = 0;
    for (let k = 1; k <= words; k++) {
      hash = step(hash, bytes, from, to, k);
      if (k === 1 && !admits(outermost, hash)) break;
      const { first, values, last } = tables[k - 1] as WordTable<ByteLiteral>;
      for (let j = first(hash); j >= 0; j = last[j] === 1 ? -1 : j + 1) check(values[j] as ByteLiteral, suffix, bytes, from, to, fire);
    }
    for (let j = 0; j < short.length; j++) check(short[j] as ByteLiteral, suffix, bytes, from, to, fire);
  };
}

const FILTER_BITS = 8192;
const bitOf = (hash: number): number => mix(hash) >>> 19;

function admit(filter: Int32Array, hash: number): void {
  const bit = bitOf(hash);
  filter[bit >> 5] = (filter[bit >> 5] as number) | (1 << bit);
}

function admits(filter: Int32Array, hash: number): boolean {
  const bit = bitOf(hash);
  return ((filter[bit >> 5] as number) & (1 << bit)) !== 0;
}

function check(
  { bytes: literal, rules }: ByteLiteral,
  suffix: boolean,
  bytes: Uint8Array,
  from: number,
  to: number,
  fire: Parameters<ByteScan>[3],
): void {
  const at = suffix ? to - literal.length : from;
  if (at < from || at + literal.length > to || !saysLiteral(bytes, at, literal)) return;
  if (!suffix || !splitsEscape(bytes, from, at, literal)) fire(rules);
}

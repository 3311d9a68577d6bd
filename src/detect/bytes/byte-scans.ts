import { type ByteLiteral, type Item, listTableWords, mix, pushTo, wordAt, writeList, writeLiteral, writeWords } from './literal-tables.ts';
import type { Machine } from './machine.ts';

// Tables of assembly/scans.ts, one function per kind; each gives an address.

/** Whole values: a map of lengths, then a hash of length and outermost bytes, then the bytes. No text is made. */
export function equalsTable(machine: Machine, literals: readonly ByteLiteral[]): number {
  const lengths = new Int32Array(8);
  const byKey = new Map<number, Item[]>();
  for (const one of literals) {
    const { length } = one.bytes;
    lengths[(length & 255) >> 5] = (lengths[(length & 255) >> 5] as number) | (1 << length);
    const literal = writeLiteral(machine, one);
    pushTo(byKey, machine.run.hashKey(literal + 8, literal + 8 + length), { literal, offset: 0 });
  }
  return writeWords(machine, [...lengths, ...listTableWords(machine, byKey)]);
}

/**
 * Beginnings or ends of values: a hash of the outermost 12, 8 or 4 bytes, each literal in the largest class that fits it.
 * With four bytes alone hundreds of literals would share `.exe`. Every literal of four bytes and more passes a bitmap by its
 * outermost four: most values end there.
 */
export function edgeTable(machine: Machine, literals: readonly ByteLiteral[], end: 'prefix' | 'suffix'): number {
  const classes = [new Map<number, Item[]>(), new Map<number, Item[]>(), new Map<number, Item[]>()] as const;
  const short: Item[] = [];
  const outermost = new Int32Array(EDGE_BITS >> 5);
  for (const one of literals) {
    const { bytes } = one;
    const item = { literal: writeLiteral(machine, one), offset: 0 };
    const words = Math.min(3, bytes.length >> 2);
    let hash = 0;
    for (let k = 1; k <= words; k++) {
      hash = machine.run.stepEdge(hash, wordAt(bytes, end === 'suffix' ? bytes.length - 4 * k : 4 * k - 4));
      const bit = mix(hash) >>> 19;
      if (k === 1) outermost[bit >> 5] = (outermost[bit >> 5] as number) | (1 << bit);
    }
    const home = classes[words - 1];
    if (home === undefined) short.push(item);
    else pushTo(home, hash, item);
  }
  const tables = classes.map((lists) => writeWords(machine, listTableWords(machine, lists)));
  const largest = classes.findLastIndex(({ size }) => size > 0) + 1;
  return writeWords(machine, [...outermost, largest, ...tables, short.length === 0 ? 0 : writeList(machine, short)]);
}

const EDGE_BITS = 8192;

/** Substrings of one to three bytes. */
export function pairTable(machine: Machine, literals: readonly ByteLiteral[]): number {
  const map = new Int32Array(65_536 >> 5);
  const byPair = new Map<number, Item[]>();
  const enter = (pair: number, literal: number): void => {
    map[pair >> 5] = (map[pair >> 5] as number) | (1 << pair);
    pushTo(byPair, pair, { literal, offset: 0 });
  };
  for (const one of literals) {
    const literal = writeLiteral(machine, one);
    const [first = 0, second] = one.bytes;
    if (second !== undefined) enter(first | (second << 8), literal);
    else for (let c = 0; c < 256; c++) enter(first | (c << 8), literal);
  }
  return writeWords(machine, [...map, ...listTableWords(machine, byPair)]);
}

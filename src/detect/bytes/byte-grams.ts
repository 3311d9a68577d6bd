import { type ByteLiteral, type Item, listTableWords, pushTo, wordAt, writeLiteral, writeWords } from './literal-tables.ts';
import type { Machine } from './machine.ts';

/** How often four-byte words occur in sample texts. */
export type WordCounts = ReadonlyMap<number, number>;

export function countWords(texts: readonly string[]): WordCounts {
  const counts = new Map<number, number>();
  for (const text of texts) {
    const bytes = Buffer.from(text);
    const seen = new Set<number>();
    for (let i = 0; i + 4 <= bytes.length; i++) seen.add(wordAt(bytes, i));
    for (const word of seen) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/**
 * Substrings of four bytes and more, by hashed four-byte words in a bitmap, so that no step waits for the one before. With
 * stride 4 (literals of seven bytes and more) every fourth place is looked at, and four neighbouring words of a literal are
 * entered: one of them is met; with stride 2 (five and more) every second place and two words. The neighbours are where they
 * are rarest in sample texts and among the literals.
 */
export function gramTable(machine: Machine, literals: readonly ByteLiteral[], stride: 1 | 2 | 4, samples: WordCounts): number {
  const grams = new Map<number, Item[]>();
  const shared = countLiterals(literals);
  for (const one of literals) {
    const literal = writeLiteral(machine, one);
    const best = rarest(one.bytes, stride, samples, shared);
    for (let k = best; k < best + stride; k++) pushTo(grams, wordAt(one.bytes, k), { offset: k, literal });
  }
  const { bitmap, shift, factor } = createBitmap(grams, samples);
  const bits = writeWords(machine, bitmap);
  return writeWords(machine, [stride, factor | 0, shift, bits, ...listTableWords(machine, grams)]);
}

type Bitmap = { readonly bitmap: Int32Array; readonly shift: number; readonly factor: number };

/** Odd numbers that scatter words differently. */
const FACTORS = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1, 0x2c1b3c6d, 0x297a2d39, 0x1b56c4e9] as const;
const BITS_PER_WORD = 16;

/** One bit per hash of a word; hashed by the factor that lets the fewest words of the samples pass that are no gram. */
function createBitmap(grams: ReadonlyMap<number, unknown>, samples: WordCounts): Bitmap {
  const bits = Math.min(19, Math.max(13, Math.ceil(Math.log2(grams.size * BITS_PER_WORD))));
  const shift = 32 - bits;
  let best: Bitmap | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const factor of FACTORS) {
    const bitmap = new Int32Array(1 << (bits - 5));
    for (const word of grams.keys()) {
      const hash = Math.imul(word, factor) >>> shift;
      bitmap[hash >> 5] = (bitmap[hash >> 5] as number) | (1 << hash);
    }
    let passed = 0;
    for (const [word, count] of samples) {
      const hash = Math.imul(word, factor) >>> shift;
      if (((bitmap[hash >> 5] as number) & (1 << hash)) !== 0) passed += count;
    }
    if (passed < least) [best, least] = [{ bitmap, shift, factor }, passed];
    if (samples.size === 0) break;
  }
  return best as Bitmap;
}

function countLiterals(literals: readonly ByteLiteral[]): WordCounts {
  const counts = new Map<number, number>();
  for (const { bytes } of literals)
    for (let i = 0; i + 4 <= bytes.length; i++) counts.set(wordAt(bytes, i), (counts.get(wordAt(bytes, i)) ?? 0) + 1);
  return counts;
}

function rarest(bytes: Uint8Array, stride: number, samples: WordCounts, shared: WordCounts): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 3 + stride <= bytes.length; i++) {
    let score = 0;
    for (let k = i; k < i + stride; k++) score += 2 * (samples.get(wordAt(bytes, k)) ?? 0) + (shared.get(wordAt(bytes, k)) ?? 0);
    if (score < least) [best, least] = [i, score];
  }
  return best;
}

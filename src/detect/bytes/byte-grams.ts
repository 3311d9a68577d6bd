import type { Fire } from '../literal-index.ts';
import { type ByteLiteral, type ByteScan, CASELESS, lowByte, saysLiteral, splitsEscape, wordAt } from './byte-literal.ts';
import { createWordTable, pushTo, type WordTable } from './word-table.ts';

type Gram = { readonly offset: number; readonly literal: ByteLiteral };

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
 * stride 4 (literals of seven bytes and more) every aligned word is looked at, and four neighbouring words of a literal are
 * entered: one of them is met; with stride 2 (five and more) every even place and two words. The neighbours are where they
 * are rarest in sample texts and among the literals.
 */
export function gramScan(literals: readonly ByteLiteral[], stride: 1 | 2 | 4, samples: WordCounts): ByteScan {
  const grams = new Map<number, Gram[]>();
  const shared = countLiterals(literals);
  for (const literal of literals) {
    const best = rarest(literal.bytes, stride, samples, shared);
    for (let k = best; k < best + stride; k++) pushTo(grams, wordAt(literal.bytes, k), { offset: k, literal });
  }
  const { bitmap, shift, factor } = createBitmap(grams, samples);
  const table = createWordTable(grams);
  if (stride === 4)
    return ({ bytes, words }, from, to, fire) => {
      const end = to >> 2;
      for (
        let k = nextWord(words, bitmap, factor, shift, (from + 3) >> 2, end);
        k < end;
        k = nextWord(words, bitmap, factor, shift, k + 1, end)
      )
        checkWord(table, (words[k] as number) | CASELESS, bytes, k << 2, from, to, fire);
    };
  if (stride === 2)
    return ({ bytes, words }, from, to, fire) => {
      const first = (from + 1) & ~1;
      const end = to - 3;
      for (let i = nextEven(words, bitmap, factor, shift, first, end); i < end; i = nextEven(words, bitmap, factor, shift, i + 2, end))
        checkWord(table, wordAt(bytes, i), bytes, i, from, to, fire);
    };
  return ({ bytes }, from, to, fire) => {
    const end = to - 3;
    for (let i = nextPlace(bytes, bitmap, factor, shift, from, end); i < end; i = nextPlace(bytes, bitmap, factor, shift, i + 1, end))
      checkWord(table, wordAt(bytes, i), bytes, i, from, to, fire);
  };
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

// The loops that see every byte call nothing: what they read stays in registers (twice as fast, bench group sigma).

/** The next aligned word from `from` on that the bitmap knows, or `end`. */
function nextWord(words: Int32Array, bitmap: Int32Array, factor: number, shift: number, from: number, end: number): number {
  for (let k = from; k < end; k++) {
    const hash = Math.imul((words[k] as number) | CASELESS, factor) >>> shift;
    if (((bitmap[hash >> 5] as number) & (1 << hash)) !== 0) return k;
  }
  return end;
}

/** The next even place from `from` (even) on where a word starts that the bitmap knows, or one that is not before `end`. */
function nextEven(words: Int32Array, bitmap: Int32Array, factor: number, shift: number, from: number, end: number): number {
  let i = from;
  if (i >= end) return end;
  let low = words[i >> 2] as number;
  if ((i & 2) === 0) {
    const hash = Math.imul(low | CASELESS, factor) >>> shift;
    if (((bitmap[hash >> 5] as number) & (1 << hash)) !== 0) return i;
    i += 2;
  }
  // From here on `i` is in the middle of the word `low`.
  while (i < end) {
    const high = words[(i >> 2) + 1] as number;
    const across = Math.imul((low >>> 16) | (high << 16) | CASELESS, factor) >>> shift;
    if (((bitmap[across >> 5] as number) & (1 << across)) !== 0) return i;
    const whole = Math.imul(high | CASELESS, factor) >>> shift;
    if (((bitmap[whole >> 5] as number) & (1 << whole)) !== 0) return i + 2;
    low = high;
    i += 4;
  }
  return end;
}

/** The next byte from `from` on where a word starts that the bitmap knows, or `end`. */
function nextPlace(bytes: Uint8Array, bitmap: Int32Array, factor: number, shift: number, from: number, end: number): number {
  if (from >= end) return end;
  let next = wordAt(bytes, from);
  for (let i = from; i < end; i++) {
    const hash = Math.imul(next, factor) >>> shift;
    if (((bitmap[hash >> 5] as number) & (1 << hash)) !== 0) return i;
    next = (next >>> 8) | ((bytes[i + 4] as number) << 24) | CASELESS;
  }
  return end;
}

function checkWord(
  { first, values, last }: WordTable<Gram>,
  word: number,
  bytes: Uint8Array,
  at: number,
  from: number,
  to: number,
  fire: Fire,
): void {
  for (let j = first(word); j >= 0; j = last[j] === 1 ? -1 : j + 1) {
    const { offset, literal } = values[j] as Gram;
    const begin = at - offset;
    if (begin < from || begin + literal.bytes.length > to || !saysLiteral(bytes, begin, literal.bytes)) continue;
    if (!splitsEscape(bytes, from, begin, literal.bytes)) fire(literal.rules);
  }
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

/** Substrings of one to three bytes: a map of byte pairs. */
export function shortScan(literals: readonly ByteLiteral[]): ByteScan {
  const pairs = new Uint8Array(65_536);
  const table = new Map<number, ByteLiteral[]>();
  const enter = (pair: number, literal: ByteLiteral): void => {
    pairs[pair] = 1;
    pushTo(table, pair, literal);
  };
  for (const literal of literals) {
    const [first = 0, second] = literal.bytes;
    if (second !== undefined) enter(first | (second << 8), literal);
    else for (let c = 0; c < 256; c++) enter(first | (c << 8), literal);
  }
  return ({ bytes }, from, to, fire) => {
    let c = from < to ? lowByte(bytes[from] as number) : 0;
    for (let i = from; i < to; i++) {
      const next = i + 1 < to ? lowByte(bytes[i + 1] as number) : 0;
      if (pairs[c | (next << 8)] === 1) checkPair(table.get(c | (next << 8)) ?? [], bytes, i, from, to, fire);
      c = next;
    }
  };
}

function checkPair(literals: readonly ByteLiteral[], bytes: Uint8Array, at: number, from: number, to: number, fire: Fire): void {
  for (let j = 0; j < literals.length; j++) {
    const { bytes: literal, rules } = literals[j] as ByteLiteral;
    if (at + literal.length <= to && saysLiteral(bytes, at, literal) && !splitsEscape(bytes, from, at, literal)) fire(rules);
  }
}

import type { Fire } from '../literal-index.ts';
import { type ByteLiteral, type ByteScan, lowByte, mix, pushTo, saysLiteral, wordAt } from './byte-literal.ts';

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
 * stride 4 (literals of seven bytes and more) every fourth place is looked at, and four neighbouring words of a literal are
 * entered: one of them is met. The neighbours are where they are rarest in sample texts and among the literals.
 */
export function gramScan(literals: readonly ByteLiteral[], stride: 1 | 4, samples: WordCounts): ByteScan {
  const bits = Math.min(19, Math.max(13, Math.ceil(Math.log2(literals.length * stride * 24))));
  const shift = 32 - bits;
  const bitmap = new Uint8Array(1 << (bits - 3));
  const grams = new Map<number, Gram[]>();
  const shared = countLiterals(literals);
  for (const literal of literals) {
    const best = rarest(literal.bytes, stride, samples, shared);
    for (let k = best; k < best + stride; k++) {
      const word = wordAt(literal.bytes, k);
      const hash = mix(word) >>> shift;
      bitmap[hash >> 3] = (bitmap[hash >> 3] as number) | (1 << (hash & 7));
      pushTo(grams, word, { offset: k, literal });
    }
  }
  return (bytes, from, to, fire) => {
    const end = to - 3;
    const [bits8, down, step] = [bitmap, shift, stride];
    for (let i = from; i < end; i += step) {
      const word =
        (bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24) |
        0x20202020;
      const hash = Math.imul(word, 0x9e3779b1) >>> down;
      if (((bits8[hash >> 3] as number) & (1 << (hash & 7))) !== 0) checkWord(grams, word, bytes, i, from, to, fire);
    }
  };
}

function checkWord(
  grams: ReadonlyMap<number, readonly Gram[]>,
  word: number,
  bytes: Uint8Array,
  at: number,
  from: number,
  to: number,
  fire: Fire,
): void {
  const found = grams.get(word);
  if (found === undefined) return;
  for (let j = 0; j < found.length; j++) {
    const { offset, literal } = found[j] as Gram;
    const begin = at - offset;
    if (begin >= from && begin + literal.bytes.length <= to && saysLiteral(bytes, begin, literal.bytes)) fire(literal.rules);
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
  return (bytes, from, to, fire) => {
    let c = from < to ? lowByte(bytes[from] as number) : 0;
    for (let i = from; i < to; i++) {
      const next = i + 1 < to ? lowByte(bytes[i + 1] as number) : 0;
      if (pairs[c | (next << 8)] === 1) checkPair(table.get(c | (next << 8)) ?? [], bytes, i, to, fire);
      c = next;
    }
  };
}

function checkPair(literals: readonly ByteLiteral[], bytes: Uint8Array, at: number, to: number, fire: Fire): void {
  for (let j = 0; j < literals.length; j++) {
    const { bytes: literal, rules } = literals[j] as ByteLiteral;
    if (at + literal.length <= to && saysLiteral(bytes, at, literal)) fire(rules);
  }
}

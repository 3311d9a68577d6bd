import { sha256Hex } from '../../shared/digest.ts';

/** A key of 64 bits as two words. */
export type HashKey = readonly [number, number];

/**
 * The key of a rule's sketches. Of its logic alone, so that a replay or another partition counts the same: values that
 * collide in one rule do not in another, and what collides can only be searched for by who has the rule.
 */
export const hashKeyOf = (logicDigest: string): HashKey => {
  const digest = sha256Hex(`sketch\0${logicDigest}`);
  return [Number.parseInt(digest.slice(0, 8), 16) | 0, Number.parseInt(digest.slice(8, 16), 16) | 0];
};

/**
 * The 53 highest bits of HalfSipHash-2-4 (Aumasson and Bernstein, 2012, in its form for words of 32 bits and 64 bits of
 * result) of the text's UTF-16 code units, each as two bytes, the lower first: a whole number below 2^53.
 */
export function hashOf(text: string, [k0, k1]: HashKey): number {
  let [v0, v1, v2, v3] = [k0, k1 ^ 0xee, 0x6c796765 ^ k0, 0x74656462 ^ k1];
  // A word has two units, and the last one the length above a unit that may be left; behind it come four steps without a word.
  const last = text.length >>> 1;
  let low = 0;
  for (let step = 0; step <= last + 4; step++) {
    const word = step > last ? 0 : step === last ? lastWord(text) : text.charCodeAt(2 * step) | (text.charCodeAt(2 * step + 1) << 16);
    if (step === last + 1) v2 ^= 0xee;
    if (step === last + 3) {
      low = (v1 ^ v3) >>> 11;
      v1 ^= 0xdd;
    }
    v3 ^= word;
    for (let round = 0; round < 2; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  return ((v1 ^ v3) >>> 0) * 2 ** 21 + low;
}

/** The number of bytes in the highest one, and what is left where the units are odd in number. */
const lastWord = (text: string): number => ((2 * text.length) << 24) | (text.length % 2 === 0 ? 0 : text.charCodeAt(text.length - 1));

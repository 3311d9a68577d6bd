import type { Fire } from '../literal-index.ts';
import type { PaddedBytes } from './padded-bytes.ts';

/** A literal as the bytes it has in JSON text, lower case, with the rules that it brings up. */
export type ByteLiteral = { readonly bytes: Uint8Array; readonly rules: Int32Array };

/** Looks for literals in a range of a text, letter case of ASCII ignored; tells the rules of each that is there. */
export type ByteScan = (text: PaddedBytes, from: number, to: number, fire: Fire) => void;

/** Lower case of every byte, ASCII letters alone. */
const LOW = new Uint8Array(256);
for (let c = 0; c < 256; c++) LOW[c] = c >= 0x41 && c <= 0x5a ? c | 0x20 : c;

/** Lower case of one ASCII byte. */
export const lowByte = (c: number): number => LOW[c] as number;

/** Do the bytes at a place say the literal? The caller has checked that they are within the range. */
export function saysLiteral(bytes: Uint8Array, at: number, literal: Uint8Array): boolean {
  for (let k = 0; k < literal.length; k++) if (LOW[bytes[at + k] as number] !== literal[k]) return false;
  return true;
}

const BACKSLASH = 0x5c;

/**
 * Is the place in the middle of an escape, so that what stands there is no character of the text? A literal of backslashes
 * alone is found at every place of a longer run of them; counting back from each would take quadratic time, and its rules
 * ask the text anyway (`decides` in anchors.ts).
 */
export function splitsEscape(bytes: Uint8Array, from: number, at: number, literal: Uint8Array): boolean {
  if (at === from || bytes[at - 1] !== BACKSLASH || literal.every((c) => c === BACKSLASH)) return false;
  let start = at;
  while (start > from && bytes[start - 1] === BACKSLASH) start--;
  return ((at - start) & 1) === 1;
}

/** Set in every byte of a word: letters lose their case, and some other bytes become equal, which the comparison settles. */
export const CASELESS = 0x20202020;

/** Four bytes as one number without letter case. */
export const wordAt = (bytes: Uint8Array, i: number): number =>
  (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) | ((bytes[i + 3] as number) << 24) | CASELESS;

export const mix = (word: number): number => Math.imul(word, 0x9e3779b1);

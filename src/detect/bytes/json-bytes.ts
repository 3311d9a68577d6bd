import { BOOLEAN, INTEGER, MISSING, NULL, REAL } from './value-kind.ts';

/** What a reader of JSON text asks of single bytes. All of it stops at a zero byte, which JSON text has none of. */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;

/** Bytes of a string that need a look: quote, backslash, control characters, everything beyond ASCII. */
export const SPECIAL = new Uint8Array(256);
/** White space between tokens. */
export const BLANK = new Uint8Array(256);
/** Letters after a backslash that stand for one character, `u` left out. */
export const SIMPLE_ESCAPE = new Uint8Array(256);
for (let c = 0; c < 256; c++) SPECIAL[c] = c < 0x20 || c > 0x7f || c === QUOTE || c === BACKSLASH ? 1 : 0;
for (const c of [0x20, 0x09, 0x0a, 0x0d]) BLANK[c] = 1;
for (const c of '"\\/bfnrt') SIMPLE_ESCAPE[c.charCodeAt(0)] = 1;

/** A longer number is left to the parser. */
const MAX_NUMBER = 300;

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

export function skipBlank(b: Uint8Array, from: number): number {
  let i = from;
  while (BLANK[b[i] as number] === 1) i++;
  return i;
}

export function isHex4(b: Uint8Array, from: number): boolean {
  for (let i = from; i < from + 4; i++) {
    const c = b[i] as number;
    if (!(isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66))) return false;
  }
  return true;
}

/** U+212A (Kelvin sign) and U+017F (long s), the two characters beyond ASCII whose folded form is ASCII. */
export function foldsToAscii(b: Uint8Array, i: number): boolean {
  if (b[i] === 0xc5) return b[i + 1] === 0xbf;
  return b[i] === 0xe2 && b[i + 1] === 0x84 && b[i + 2] === 0xaa;
}

/** A number, true, false or null at a place: its kind (MISSING for what JSON has not), and in `end` the place after it. */
export class ScalarReader {
  end = 0;

  read(b: Uint8Array, from: number): number {
    const c = b[from] as number;
    if (c === 0x74) return this.#word(b, from, 'true', BOOLEAN);
    if (c === 0x66) return this.#word(b, from, 'false', BOOLEAN);
    if (c === 0x6e) return this.#word(b, from, 'null', NULL);
    return this.#number(b, from, c === 0x2d);
  }

  #number(b: Uint8Array, from: number, negative: boolean): number {
    const digits = negative ? from + 1 : from;
    let i = skipDigits(b, digits);
    if (i === digits || (b[digits] === 0x30 && i - digits > 1)) return MISSING;
    // -0 is written 0.
    let kind = negative && b[digits] === 0x30 ? REAL : INTEGER;
    if (b[i] === 0x2e) {
      kind = REAL;
      const fraction = i + 1;
      i = skipDigits(b, fraction);
      if (i === fraction) return MISSING;
    }
    if (((b[i] as number) | 0x20) === 0x65) {
      kind = REAL;
      const sign = b[i + 1];
      const exponent = sign === 0x2b || sign === 0x2d ? i + 2 : i + 1;
      i = skipDigits(b, exponent);
      if (i === exponent) return MISSING;
    }
    this.end = i;
    return i - from > MAX_NUMBER ? MISSING : kind;
  }

  #word(b: Uint8Array, from: number, word: string, kind: number): number {
    for (let k = 1; k < word.length; k++) if (b[from + k] !== word.charCodeAt(k)) return MISSING;
    this.end = from + word.length;
    return kind;
  }
}

function skipDigits(b: Uint8Array, from: number): number {
  let i = from;
  while (isDigit(b[i] as number)) i++;
  return i;
}

/** What one pass over the bytes of a JSON text says before `JSON.parse` sees them. */
export type JsonScan = {
  /** Byte offset where the depth limit was passed, else -1. */
  readonly tooDeepAt: number;
  /** Byte offset where an object passed the limit of its own keys, else -1. */
  readonly tooWideAt: number;
  /** Byte ranges (from, to, from, to ...) of integers of 16 digits or more, outside strings: a double may not hold them. */
  readonly wideIntegers: readonly number[];
  /** A number with an exponent or a fraction of many digits: it may become infinite. */
  readonly exponents: boolean;
  /** Members of all objects, so that one that the parser dropped is missed. */
  readonly members: number;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const COLON = 0x3a;
/** So many digits before the point may be infinite without an exponent. */
const MANY_DIGITS = 300;
const NONE: readonly number[] = [];
const isDigit = (c: number | undefined): boolean => c !== undefined && c >= 0x30 && c <= 0x39;

/** Keys of the object at each depth, of the pass that runs; a list among them has none. */
let keys = new Int32Array(65);

/** One linear pass. It does not check the grammar: that is the parser's job. */
export function scanJson(bytes: Uint8Array, maxDepth: number, maxKeys = Number.POSITIVE_INFINITY): JsonScan {
  const { length } = bytes;
  let depth = 0;
  let wide: number[] | undefined;
  let exponents = false;
  let members = 0;
  if (keys.length <= maxDepth) keys = new Int32Array(maxDepth + 1);
  for (let i = 0; i < length; i++) {
    const c = bytes[i] as number;
    if (c === QUOTE) {
      i++;
      while (i < length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxDepth) return { tooDeepAt: i, tooWideAt: -1, wideIntegers: NONE, exponents, members };
      keys[depth] = 0;
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === COLON) {
      members++;
      // More closing brackets than opening ones: the parser says so.
      if (depth > 0 && (keys[depth] = (keys[depth] as number) + 1) > maxKeys)
        return { tooDeepAt: -1, tooWideAt: i, wideIntegers: NONE, exponents, members };
    } else if (c >= 0x30 && c <= 0x39) {
      const from = i;
      while (isDigit(bytes[i + 1])) i++;
      const next = bytes[i + 1];
      if (next === 0x65 || next === 0x45) exponents = true;
      else if (next === 0x2e) {
        if (i - from > MANY_DIGITS) exponents = true;
        i++;
        while (isDigit(bytes[i + 1])) i++;
        if (bytes[i + 1] === 0x65 || bytes[i + 1] === 0x45) exponents = true;
      } else if (i - from >= 15) (wide ??= []).push(from > 0 && bytes[from - 1] === MINUS ? from - 1 : from, i + 1);
    }
  }
  return { tooDeepAt: -1, tooWideAt: -1, wideIntegers: wide ?? NONE, exponents, members };
}

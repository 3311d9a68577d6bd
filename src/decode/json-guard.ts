/** What one pass over the bytes of a JSON text says before `JSON.parse` sees them. */
export type JsonScan = {
  /** Deepest nesting, objects and arrays alike; counting stops one past the limit. */
  readonly depth: number;
  /** A number with 16 or more digits, or with an exponent, outside strings: it may not survive as a double. */
  readonly wideNumbers: boolean;
  /** Byte offset where the depth limit was passed, else -1. */
  readonly tooDeepAt: number;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** One linear pass, no allocation. It does not check the grammar: that is the parser's job. */
export function scanJson(bytes: Uint8Array, maxDepth: number): JsonScan {
  let depth = 0;
  let deepest = 0;
  let digits = 0;
  let wideNumbers = false;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i] as number;
    if (c >= 0x30 && c <= 0x39) {
      if (++digits === 16) wideNumbers = true;
      continue;
    }
    if (c === 0x2e && digits > 0) continue;
    if ((c === 0x65 || c === 0x45) && digits > 0) wideNumbers = true;
    digits = 0;
    if (c === QUOTE) {
      i++;
      while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > deepest) deepest = depth;
      if (depth > maxDepth) return { depth: deepest, wideNumbers, tooDeepAt: i };
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return { depth: deepest, wideNumbers, tooDeepAt: -1 };
}

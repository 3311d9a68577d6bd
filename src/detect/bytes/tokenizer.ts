import { hashStep, type KeyTree } from './key-tree.ts';
import { BOOLEAN, ESCAPED, INTEGER, MISSING, NESTED, NULL, ODD, PLAIN, REAL, WIDE } from './value-kind.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Bytes of a string that need a look: quote, backslash, control characters, everything beyond ASCII. */
const SPECIAL = new Uint8Array(256);
/** White space between tokens. */
const BLANK = new Uint8Array(256);
for (let c = 0; c < 256; c++) SPECIAL[c] = c < 0x20 || c > 0x7f || c === QUOTE || c === BACKSLASH ? 1 : 0;
for (const c of [0x20, 0x09, 0x0a, 0x0d]) BLANK[c] = 1;

/** A longer number is left to the parser. */
const MAX_NUMBER = 300;

/**
 * One pass over the bytes of a JSON object: where the values of wanted keys are and of what kind. Nothing is decoded and
 * nothing is made. `run` says false for everything it does not fully understand: no valid JSON object, nested too deep, a key
 * with an escape, a wanted key with keys below it twice. What it accepts, `JSON.parse` accepts, provided the bytes are UTF-8.
 *
 * Modes: before a key or the end of an object (`KEY`), before a value, after a value; brackets are kept on a stack.
 */
export class Tokenizer {
  readonly tree: KeyTree;
  start = new Int32Array(64);
  end = new Int32Array(64);
  kind = new Uint8Array(64);
  /** Some text may hide ASCII characters, or a number is not written as its text: scans of the line say nothing. */
  hidden = false;
  /** Some text has characters beyond ASCII. */
  wide = false;
  /** A key with wanted keys below it holds an array: those are read from the parsed document. */
  fanned = false;
  #stamp = new Int32Array(64);
  #nodeStamp = new Int32Array(64);
  #generation = 0;
  readonly #maxDepth: number;
  /** Per open bracket: node of the tree or -1 (object) or -2 (array), and the place whose value it is or -1. */
  readonly #nodes: Int32Array;
  readonly #places: Int32Array;
  #at = 0;
  #text = PLAIN;

  constructor(tree: KeyTree, maxDepth: number) {
    this.tree = tree;
    this.#maxDepth = maxDepth;
    this.#nodes = new Int32Array(maxDepth + 1);
    this.#places = new Int32Array(maxDepth + 1);
  }

  /** Kind of the value at a place in the current event. */
  kindOf(place: number): number {
    return this.#stamp[place] === this.#generation ? (this.kind[place] as number) : MISSING;
  }

  run(b: Uint8Array, from: number, to: number): boolean {
    this.#begin();
    const i = skipBlank(b, from, to);
    if (i >= to || b[i] !== OPEN_OBJECT) return false;
    this.#nodes[0] = 0;
    this.#places[0] = -1;
    return this.#walk(b, i + 1, to);
  }

  #begin(): void {
    const places = this.tree.places();
    if (places > this.start.length) {
      const size = 2 * places;
      this.start = new Int32Array(size);
      this.end = new Int32Array(size);
      this.kind = new Uint8Array(size);
      this.#stamp = new Int32Array(size);
    }
    if (this.tree.nodes() > this.#nodeStamp.length) this.#nodeStamp = new Int32Array(2 * this.tree.nodes());
    this.#generation++;
    this.hidden = this.wide = this.fanned = false;
  }

  // One loop with its states in locals: split into methods it costs half as much again (bench group sigma).
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: see above
  #walk(b: Uint8Array, begin: number, to: number): boolean {
    const { tree } = this;
    const [special, blank] = [SPECIAL, BLANK];
    const nodes = this.#nodes;
    let i = begin;
    let depth = 0;
    let node = 0;
    // True right after an opening bracket, where the closing one may follow.
    let first = true;
    for (;;) {
      let place = -1;
      let below = -1;
      while (i < to && blank[b[i] as number] === 1) i++;
      if (i >= to) return false;
      let c = b[i] as number;
      let value = true;
      if (node !== ARRAY) {
        if (c === QUOTE) {
          const key = ++i;
          let hash = 0;
          while (i < to && special[(c = b[i] as number)] === 0) {
            hash = hashStep(hash, c);
            i++;
          }
          if (c !== QUOTE) {
            // A key beyond ASCII is hashed on; an escape in a key is left to the parser.
            while (i < to && (c = b[i] as number) !== QUOTE) {
              if (c < 0x20 || c === BACKSLASH) return false;
              if (c > 0x7f) this.wide = true;
              hash = hashStep(hash, c);
              i++;
            }
          }
          if (i >= to) return false;
          if (node >= 0) {
            const entry = tree.find(node, hash, b, key, i);
            if (entry >= 0) {
              place = tree.placeOf(entry);
              below = tree.nodeOf(entry);
              if (below >= 0) {
                if (this.#nodeStamp[below] === this.#generation) return false;
                this.#nodeStamp[below] = this.#generation;
              }
            }
          }
          if (++i < to && b[i] !== COLON) i = skipBlank(b, i, to);
          if (i >= to || b[i] !== COLON) return false;
          i++;
          if (i < to && blank[b[i] as number] === 1) i = skipBlank(b, i, to);
          if (i >= to) return false;
          c = b[i] as number;
        } else if (c === CLOSE_OBJECT && first) value = false;
        else return false;
      } else if (c === CLOSE_ARRAY && first) value = false;

      if (value) {
        const at = i;
        if (c === QUOTE) {
          // Most text is plain; only what is not leaves this loop.
          i++;
          while (
            i + 3 < to &&
            ((special[b[i] as number] as number) |
              (special[b[i + 1] as number] as number) |
              (special[b[i + 2] as number] as number) |
              (special[b[i + 3] as number] as number)) ===
              0
          )
            i += 4;
          while (i < to && special[b[i] as number] === 0) i++;
          let kind = PLAIN;
          if (b[i] !== QUOTE || i >= to) {
            i = this.#string(b, i, to);
            if (i < 0) return false;
            kind = this.#text;
          }
          if (place >= 0) this.#record(place, at + 1, i, kind);
          i++;
        } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
          if (++depth >= this.#maxDepth) return false;
          if (c === OPEN_ARRAY && below >= 0) this.fanned = true;
          node = c === OPEN_ARRAY ? ARRAY : below >= 0 ? below : UNWANTED;
          nodes[depth] = node;
          this.#places[depth] = place;
          if (place >= 0) this.#record(place, at, at, NESTED);
          i++;
          first = true;
          continue;
        } else {
          const kind = this.#scalar(b, i, to);
          if (kind === MISSING) return false;
          i = this.#at;
          if (place >= 0) this.#record(place, at, i, kind);
        }
        first = false;
      }
      // After a value: a comma, or brackets that close.
      for (;;) {
        while (i < to && blank[b[i] as number] === 1) i++;
        if (i >= to) return false;
        c = b[i++] as number;
        if (c === COMMA) {
          if (!value) return false;
          first = false;
          break;
        }
        if (c !== (node === ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT)) return false;
        const closed = this.#places[depth] as number;
        if (closed >= 0) this.end[closed] = i;
        if (depth === 0) return skipBlank(b, i, to) === to;
        node = nodes[--depth] as number;
        value = true;
      }
    }
  }

  #record(place: number, from: number, to: number, kind: number): void {
    this.start[place] = from;
    this.end[place] = to;
    this.kind[place] = kind;
    this.#stamp[place] = this.#generation;
  }

  /** The rest of a string from the first special byte on: place of the closing quote, or -1; its kind in `#text`. */
  #string(b: Uint8Array, from: number, to: number): number {
    let kind = ESCAPED;
    let plain = true;
    let i = from;
    while (i < to) {
      const c = b[i] as number;
      if (SPECIAL[c] === 0) {
        i++;
        continue;
      }
      if (c === QUOTE) {
        this.#text = plain && kind === ESCAPED ? PLAIN : kind;
        return i;
      }
      if (c < 0x20) return -1;
      if (c === BACKSLASH) {
        plain = false;
        const letter = i + 1 < to ? (b[i + 1] as number) : 0;
        if (letter === 0x75) {
          if (!isHex4(b, i + 2, to)) return -1;
          i += 6;
        } else if (SIMPLE[letter] === 1) i += 2;
        else return -1;
        if (letter === 0x75 || letter === 0x2f) {
          kind = ODD;
          this.hidden = true;
        }
        continue;
      }
      this.wide = true;
      if (foldsToAscii(b, i)) {
        kind = ODD;
        this.hidden = true;
      } else if (kind !== ODD) kind = WIDE;
      i++;
    }
    return -1;
  }

  /** A number or a word: its kind, the place after it in `#at`; MISSING for what JSON has not. */
  #scalar(b: Uint8Array, from: number, to: number): number {
    const c = b[from] as number;
    if (c === 0x74) return this.#word(b, from, to, 'true', BOOLEAN);
    if (c === 0x66) return this.#word(b, from, to, 'false', BOOLEAN);
    if (c === 0x6e) return this.#word(b, from, to, 'null', NULL);
    let i = from;
    let kind = INTEGER;
    if (c === 0x2d) i++;
    const digits = i;
    while (i < to && isDigit(b[i] as number)) i++;
    if (i === digits || (b[digits] === 0x30 && i - digits > 1)) return MISSING;
    // -0 is written 0.
    if (c === 0x2d && b[digits] === 0x30) kind = REAL;
    if (i < to && b[i] === 0x2e) {
      kind = REAL;
      const fraction = ++i;
      while (i < to && isDigit(b[i] as number)) i++;
      if (i === fraction) return MISSING;
    }
    if (i < to && ((b[i] as number) | 0x20) === 0x65) {
      kind = REAL;
      i++;
      if (i < to && (b[i] === 0x2b || b[i] === 0x2d)) i++;
      const exponent = i;
      while (i < to && isDigit(b[i] as number)) i++;
      if (i === exponent) return MISSING;
    }
    if (i - from > MAX_NUMBER) return MISSING;
    if (kind === REAL) this.hidden = true;
    this.#at = i;
    return kind;
  }

  #word(b: Uint8Array, from: number, to: number, word: string, kind: number): number {
    if (from + word.length > to) return MISSING;
    for (let k = 1; k < word.length; k++) if (b[from + k] !== word.charCodeAt(k)) return MISSING;
    this.#at = from + word.length;
    return kind;
  }
}

const ARRAY = -2;
const UNWANTED = -1;

const SIMPLE = new Uint8Array(256);
for (const c of '"\\/bfnrt') SIMPLE[c.charCodeAt(0)] = 1;

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

function isHex4(b: Uint8Array, from: number, to: number): boolean {
  if (from + 4 > to) return false;
  for (let i = from; i < from + 4; i++) {
    const c = b[i] as number;
    if (!(isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66))) return false;
  }
  return true;
}

/** U+212A (Kelvin sign) and U+017F (long s), the two characters beyond ASCII whose folded form is ASCII. */
function foldsToAscii(b: Uint8Array, i: number): boolean {
  if (b[i] === 0xc5) return b[i + 1] === 0xbf;
  return b[i] === 0xe2 && b[i + 1] === 0x84 && b[i + 2] === 0xaa;
}

function skipBlank(b: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && BLANK[b[i] as number] === 1) i++;
  return i;
}

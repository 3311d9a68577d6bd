import {
  BACKSLASH,
  BLANK,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  foldsToAscii,
  isHex4,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  ScalarReader,
  SIMPLE_ESCAPE,
  SPECIAL,
  skipBlank,
} from './json-bytes.ts';
import { hashKey, type KeyTree } from './key-tree.ts';
import type { PaddedBytes } from './padded-bytes.ts';
import { ESCAPED, MISSING, NESTED, ODD, PLAIN, REAL, WIDE } from './value-kind.ts';

/**
 * One pass over the bytes of a JSON object: where the values of wanted keys are and of what kind. Nothing is decoded and
 * nothing is made. `run` says false for everything it does not fully understand: no valid JSON object, nested too deep, a key
 * with an escape, a wanted key with keys below it twice. What it accepts, `JSON.parse` accepts, provided the bytes are UTF-8.
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
  readonly #scalars = new ScalarReader();
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

  /** Is there a value at any of the places? */
  anyOf(places: Int32Array): boolean {
    for (let i = 0; i < places.length; i++) if (this.#stamp[places[i] as number] === this.#generation) return true;
    return false;
  }

  run({ bytes, length }: PaddedBytes): boolean {
    this.#begin();
    const i = skipBlank(bytes, 0);
    if (bytes[i] !== OPEN_OBJECT) return false;
    this.#nodes[0] = 0;
    this.#places[0] = -1;
    return this.#walk(bytes, i + 1) === length;
  }

  #begin(): void {
    const places = this.tree.places;
    if (places > this.start.length) {
      const size = 2 * places;
      this.start = new Int32Array(size);
      this.end = new Int32Array(size);
      this.kind = new Uint8Array(size);
      this.#stamp = new Int32Array(size);
    }
    if (this.tree.nodes > this.#nodeStamp.length) this.#nodeStamp = new Int32Array(2 * this.tree.nodes);
    this.#generation++;
    this.hidden = this.wide = this.fanned = false;
  }

  /**
   * From inside the outer bracket to the place after the text, or -1. One loop with its states in locals: split into methods
   * it costs half as much again (bench group sigma). The zero byte after the text ends every inner loop.
   */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: see above
  #walk(b: Uint8Array, begin: number): number {
    const { tree } = this;
    const [special, blank, nodes] = [SPECIAL, BLANK, this.#nodes];
    let i = begin;
    let depth = 0;
    let node = 0;
    // True right after an opening bracket, where the closing one may follow.
    let first = true;
    for (;;) {
      let place = -1;
      let below = -1;
      while (blank[b[i] as number] === 1) i++;
      let c = b[i] as number;
      let value = true;
      if (node !== ARRAY) {
        if (c === QUOTE) {
          const key = ++i;
          while (special[b[i] as number] === 0) i++;
          // A key beyond ASCII is read on; an escape in a key is left to the parser.
          while ((c = b[i] as number) !== QUOTE) {
            if (c < 0x20 || c === BACKSLASH) return -1;
            if (c > 0x7f) this.wide = true;
            i++;
          }
          if (node >= 0) {
            const entry = tree.find(node, hashKey(b, key, i), b, key, i);
            if (entry >= 0) {
              place = tree.placeOf(entry);
              below = tree.nodeOf(entry);
              if (below >= 0) {
                if (this.#nodeStamp[below] === this.#generation) return -1;
                this.#nodeStamp[below] = this.#generation;
              }
            }
          }
          if (b[++i] !== COLON) i = skipBlank(b, i);
          if (b[i] !== COLON) return -1;
          i++;
          while (blank[b[i] as number] === 1) i++;
          c = b[i] as number;
        } else if (c === CLOSE_OBJECT && first) value = false;
        else return -1;
      } else if (c === CLOSE_ARRAY && first) value = false;

      if (value) {
        const at = i;
        if (c === QUOTE) {
          // Most text is plain; only what is not leaves this loop.
          i++;
          while (
            ((special[b[i] as number] as number) |
              (special[b[i + 1] as number] as number) |
              (special[b[i + 2] as number] as number) |
              (special[b[i + 3] as number] as number)) ===
            0
          )
            i += 4;
          while (special[b[i] as number] === 0) i++;
          let kind = PLAIN;
          if (b[i] !== QUOTE) {
            i = this.#string(b, i);
            if (i < 0) return -1;
            kind = this.#text;
          }
          if (place >= 0) this.#record(place, at + 1, i, kind);
          i++;
        } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
          if (++depth >= this.#maxDepth) return -1;
          if (c === OPEN_ARRAY && below >= 0) this.fanned = true;
          node = c === OPEN_ARRAY ? ARRAY : below >= 0 ? below : UNWANTED;
          nodes[depth] = node;
          this.#places[depth] = place;
          if (place >= 0) this.#record(place, at, at, NESTED);
          i++;
          first = true;
          continue;
        } else {
          const kind = this.#scalars.read(b, i);
          if (kind === MISSING) return -1;
          if (kind === REAL) this.hidden = true;
          i = this.#scalars.end;
          if (place >= 0) this.#record(place, at, i, kind);
        }
      }
      // After a value: a comma, or brackets that close.
      for (;;) {
        while (blank[b[i] as number] === 1) i++;
        c = b[i++] as number;
        if (c === COMMA) {
          if (!value) return -1;
          first = false;
          break;
        }
        if (c !== (node === ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT)) return -1;
        const closed = this.#places[depth] as number;
        if (closed >= 0) this.end[closed] = i;
        if (depth === 0) return skipBlank(b, i);
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

  /** The rest of a string from its first special byte on: place of the closing quote, or -1; its kind in `#text`. */
  #string(b: Uint8Array, from: number): number {
    let kind = ESCAPED;
    let i = from;
    for (;;) {
      const c = b[i] as number;
      if (c === BACKSLASH) {
        const letter = b[i + 1] as number;
        if (SIMPLE_ESCAPE[letter] === 1) i += 2;
        else if (letter === LETTER_U && isHex4(b, i + 2)) i += 6;
        else return -1;
        if (letter === LETTER_U || letter === SLASH) {
          kind = ODD;
          this.hidden = true;
        }
      } else if (c === QUOTE) {
        this.#text = kind;
        return i;
      } else if (c > 0x7f) {
        this.wide = true;
        if (foldsToAscii(b, i)) {
          kind = ODD;
          this.hidden = true;
        } else if (kind !== ODD) kind = WIDE;
        i++;
      } else return -1;
      while (SPECIAL[b[i] as number] === 0) i++;
    }
  }
}

const ARRAY = -2;
const UNWANTED = -1;
const LETTER_U = 0x75;
const SLASH = 0x2f;

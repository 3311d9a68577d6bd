import { hashKey, loadEntry } from './keys';
import { addKey, beginSeenKeys } from './seen-keys';
import { BLANK_MOST, nextSpecial, skipBlank } from './text';

// One pass over the bytes of a JSON object: where the values of wanted keys are and of what kind. Nothing is decoded and
// nothing is made. What it accepts, JSON.parse accepts, provided the bytes are UTF-8; what it does not fully understand it
// leaves: no valid JSON object, nested too deep, a key with an escape, a key twice in one object.
//
// A zero byte after the text ends every inner loop; reads of 16 bytes may go 31 bytes past it. The zeros are written here.

/** Kinds of values: the numbers of value-kind.ts. */
export const MISSING: i32 = 0;
export const PLAIN: i32 = 1;
export const ESCAPED: i32 = 2;
export const WIDE: i32 = 3;
const ODD: i32 = 4;
export const INTEGER: i32 = 5;
export const BOOLEAN: i32 = 6;
const REAL: i32 = 7;
export const NULL: i32 = 8;
const NESTED: i32 = 9;

/** What `tokenize` says of a whole line: the bits of tokenizer.ts. */
export const HIDDEN_TEXT: i32 = 1;
export const WIDE_TEXT: i32 = 2;
export const FANNED: i32 = 4;
const NOT_UNDERSTOOD: i32 = -1;

const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;
const COLON: i32 = 0x3a;
const BACKSLASH: i32 = 0x5c;
const OPEN_ARRAY: i32 = 0x5b;
const CLOSE_ARRAY: i32 = 0x5d;
const OPEN_OBJECT: i32 = 0x7b;
const CLOSE_OBJECT: i32 = 0x7d;

/** In place of a node of the tree: a list, and an object that nobody reads from. */
const ARRAY: i32 = -2;
const UNWANTED: i32 = -1;

/** A longer number is left to the parser. */
const MAX_NUMBER: usize = 300;

/** Per place: kind, start and end in the line. */
let kinds: usize = 0;
let starts: usize = 0;
let ends: usize = 0;
let places: i32 = 0;
/** Per open bracket: node, the place whose value it is or -1, the number of the object. */
let nodeStack: usize = 0;
let objectStack: usize = 0;
let placeStack: usize = 0;
let maxDepth: i32 = 0;

let line: usize = 0;
let flags: i32 = 0;
/** What the reader of a text or a number found out besides where it ends. */
let found: i32 = 0;

export function setPlaces(kindsAt: usize, startsAt: usize, endsAt: usize, placeCount: i32): void {
  kinds = kindsAt;
  starts = startsAt;
  ends = endsAt;
  places = placeCount;
}

export function setStack(nodesAt: usize, placesAt: usize, objectsAt: usize, depth: i32): void {
  objectStack = objectsAt;
  nodeStack = nodesAt;
  placeStack = placesAt;
  maxDepth = depth;
}

export function flagsOfLine(): i32 {
  return flags;
}

export function kindAt(place: i32): i32 {
  return load<u8>(kinds + place);
}

export function startOf(place: i32): usize {
  return load<u32>(starts + (place << 2));
}

export function endOf(place: i32): usize {
  return load<u32>(ends + (place << 2));
}

export function tokenize(from: usize, length: i32): i32 {
  memory.fill(kinds, 0, places);
  beginSeenKeys();
  v128.store(from + length, i64x2.splat(0));
  v128.store(from + length, i64x2.splat(0), 16);
  line = from;
  flags = 0;
  const p = skipBlank(from);
  if (load<u8>(p) !== OPEN_OBJECT) return NOT_UNDERSTOOD;
  store<i32>(nodeStack, 0);
  store<i32>(placeStack, -1);
  store<i32>(objectStack, 0);
  return walk(p + 1) === from + length ? flags : NOT_UNDERSTOOD;
}

/** From inside the outer bracket to the place after the text, or 0. */
function walk(begin: usize): usize {
  let p = begin;
  let depth = 0;
  let node = 0;
  let object = 0;
  let objects = 0;
  // True right after an opening bracket, where the closing one may follow.
  let first = true;
  while (true) {
    let place = -1;
    let below = -1;
    let c: i32 = load<u8>(p);
    if (c <= BLANK_MOST) {
      p = skipBlank(p);
      c = load<u8>(p);
    }
    let value = true;
    if (node !== ARRAY) {
      if (c === QUOTE) {
        const key = ++p;
        p = nextSpecial(p);
        c = load<u8>(p);
        // A key beyond ASCII is read on; an escape in a key is left to the parser.
        while (c !== QUOTE) {
          if (c <= 0x7f) return 0;
          flags |= WIDE_TEXT;
          p = nextSpecial(p + 1);
          c = load<u8>(p);
        }
        const hash = hashKey(key, p);
        if (!addKey(object, hash, key, p)) return 0;
        if (node >= 0) {
          const entry = loadEntry(node, hash, key, p);
          if (entry !== 0) {
            place = load<i32>(entry, 8);
            below = load<i32>(entry, 12);
          }
        }
        c = load<u8>(++p);
        if (c !== COLON) {
          p = skipBlank(p);
          if (load<u8>(p) !== COLON) return 0;
        }
        c = load<u8>(++p);
        if (c <= BLANK_MOST) {
          p = skipBlank(p);
          c = load<u8>(p);
        }
      } else if (c === CLOSE_OBJECT && first) value = false;
      else return 0;
    } else if (c === CLOSE_ARRAY && first) value = false;

    if (value) {
      const at = p;
      if (c === QUOTE) {
        p = nextSpecial(p + 1);
        let kind = PLAIN;
        if (load<u8>(p) !== QUOTE) {
          p = readText(p);
          if (p === 0) return 0;
          kind = found;
        }
        if (place >= 0) record(place, at + 1, p, kind);
        p++;
      } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        if (++depth >= maxDepth) return 0;
        if (c === OPEN_ARRAY && below >= 0) flags |= FANNED;
        node = c === OPEN_ARRAY ? ARRAY : below >= 0 ? below : UNWANTED;
        store<i32>(nodeStack + (depth << 2), node);
        store<i32>(placeStack + (depth << 2), place);
        object = ++objects;
        store<i32>(objectStack + (depth << 2), object);
        if (place >= 0) record(place, at, at, NESTED);
        p++;
        first = true;
        continue;
      } else {
        p = readScalar(p, c);
        if (p === 0) return 0;
        if (found === REAL) flags |= HIDDEN_TEXT;
        if (place >= 0) record(place, at, p, found);
      }
    }
    // After a value: a comma, or brackets that close.
    while (true) {
      c = load<u8>(p);
      if (c <= BLANK_MOST) {
        p = skipBlank(p);
        c = load<u8>(p);
      }
      p++;
      if (c === COMMA) {
        if (!value) return 0;
        first = false;
        break;
      }
      if (c !== (node === ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT)) return 0;
      const closed = load<i32>(placeStack + (depth << 2));
      if (closed >= 0) store<i32>(ends + (closed << 2), i32(p - line));
      if (depth === 0) return skipBlank(p);
      depth--;
      node = load<i32>(nodeStack + (depth << 2));
      object = load<i32>(objectStack + (depth << 2));
      value = true;
    }
  }
}

function record(place: i32, from: usize, to: usize, kind: i32): void {
  store<u8>(kinds + place, kind);
  store<i32>(starts + (place << 2), i32(from - line));
  store<i32>(ends + (place << 2), i32(to - line));
}

/** The rest of a text from its first special byte on: place of the closing quote, or 0; its kind in `found`. */
function readText(from: usize): usize {
  let kind = ESCAPED;
  let p = from;
  while (true) {
    let c: i32 = load<u8>(p);
    if (c === BACKSLASH) {
      c = load<u8>(p, 1);
      if (isSimpleEscape(c)) p += 2;
      else if (c === 0x75 && isHex4(p + 2)) p += 6;
      else return 0;
      if (c === 0x75 || c === 0x2f) {
        kind = ODD;
        flags |= HIDDEN_TEXT;
      }
    } else if (c === QUOTE) {
      found = kind;
      return p;
    } else if (c > 0x7f) {
      flags |= WIDE_TEXT;
      do {
        if (foldsToAscii(p)) {
          kind = ODD;
          flags |= HIDDEN_TEXT;
        } else if (kind !== ODD) kind = WIDE;
        c = load<u8>(++p);
      } while (c > 0x7f);
    } else return 0;
    p = nextSpecial(p);
  }
}

/** Letters after a backslash that stand for one character, `u` left out: `"`, `/`, and `\ b f n r t`. */
function isSimpleEscape(c: i32): bool {
  if (c < 0x40) return c === QUOTE || c === 0x2f;
  if (c > 0x7f) return false;
  const letters: u64 = 0x0014404410000000;
  return ((letters >> u64(c - 0x40)) & 1) !== 0;
}

function isHex4(p: usize): bool {
  for (let i: usize = 0; i < 4; i++) {
    const c: i32 = load<u8>(p + i);
    const low = c | 0x20;
    if (!(isDigit(c) || (low >= 0x61 && low <= 0x66))) return false;
  }
  return true;
}

/** U+212A (Kelvin sign) and U+017F (long s), the two characters beyond ASCII whose folded form is ASCII. */
function foldsToAscii(p: usize): bool {
  const word = load<u32>(p);
  return (word & 0xffff) === 0xbfc5 || (word & 0xffffff) === 0xaa84e2;
}

function isDigit(c: i32): bool {
  return u32(c - 0x30) < 10;
}

function skipDigits(from: usize): usize {
  let p = from;
  while (isDigit(load<u8>(p))) p++;
  return p;
}

/** A number, true, false or null: the place after it or 0; its kind in `found`. */
function readScalar(from: usize, c: i32): usize {
  const word = load<u32>(from);
  if (word === 0x65757274) return literal(from + 4, BOOLEAN);
  if (word === 0x6c6c756e) return literal(from + 4, NULL);
  if (word === 0x736c6166 && load<u8>(from, 4) === 0x65) return literal(from + 5, BOOLEAN);
  const negative = c === 0x2d;
  const digits = negative ? from + 1 : from;
  let p = skipDigits(digits);
  if (p === digits || (load<u8>(digits) === 0x30 && p - digits > 1)) return 0;
  // -0 is written 0.
  found = negative && load<u8>(digits) === 0x30 ? REAL : INTEGER;
  if (load<u8>(p) === 0x2e) {
    found = REAL;
    const fraction = p + 1;
    p = skipDigits(fraction);
    if (p === fraction) return 0;
  }
  if ((load<u8>(p) | 0x20) === 0x65) {
    found = REAL;
    const sign = load<u8>(p, 1);
    const exponent = sign === 0x2b || sign === 0x2d ? p + 2 : p + 1;
    p = skipDigits(exponent);
    // It may be infinite: that is for the parser to say.
    if (p === exponent || p - exponent > 2) return 0;
  }
  return p - from > MAX_NUMBER ? 0 : p;
}

function literal(end: usize, kind: i32): usize {
  found = kind;
  return end;
}

import { backslash, firstPrinted, quote } from './constants';

/** White space is among the bytes up to this one. */
export const BLANK_MOST: i32 = 0x20;

export function isBlank(c: i32): bool {
  return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
}

export function skipBlank(from: usize): usize {
  let p = from;
  while (isBlank(load<u8>(p))) p++;
  return p;
}

/** One bit for each of 16 bytes that needs a look inside a text: quote, backslash, control characters, beyond ASCII. */
export function special(p: usize): i32 {
  const bytes = v128.load(p);
  return i8x16.bitmask(
    v128.or(
      // Read as signed numbers, bytes beyond ASCII are below zero.
      i8x16.lt_s(bytes, firstPrinted()),
      v128.or(i8x16.eq(bytes, quote()), i8x16.eq(bytes, backslash())),
    ),
  );
}

/** The first such byte from a place on. */
export function nextSpecial(from: usize): usize {
  let p = from;
  let mask = special(p);
  while (mask === 0) {
    p += 16;
    mask = special(p);
  }
  return p + ctz(mask);
}

/** A text with its simple escapes resolved, written to another place; its length there. */
export function resolveEscapes(from: usize, to: usize, out: usize): i32 {
  let p = from;
  let q = out;
  while (true) {
    const bytes = v128.load(p);
    v128.store(q, bytes);
    const mask = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x5c)));
    const plain = mask === 0 ? 16 : ctz(mask);
    if (p + plain >= to) return i32(q + (to - p) - out);
    p += plain;
    q += plain;
    if (mask === 0) continue;
    store<u8>(q++, unescaped(load<u8>(p, 1)));
    p += 2;
    if (p >= to) return i32(q - out);
  }
}

function unescaped(letter: i32): u8 {
  if (letter === 0x6e) return 0x0a;
  if (letter === 0x72) return 0x0d;
  if (letter === 0x74) return 0x09;
  if (letter === 0x62) return 0x08;
  if (letter === 0x66) return 0x0c;
  return u8(letter);
}

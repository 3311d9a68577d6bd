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
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
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

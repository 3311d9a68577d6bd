// Vectors of one byte sixteen times, in memory: a constant in the code is put together anew each time it is met, which
// costs more than loading it. They stand below what the machine allocates, from address 16 on.

const HALF_BYTE: usize = 16;
const FIRST_PRINTED: usize = 32;
const QUOTE: usize = 48;
const BACKSLASH: usize = 64;
const UPPER_A: usize = 80;
const LETTERS: usize = 96;

export function setConstants(): void {
  v128.store(HALF_BYTE, i8x16.splat(0x0f));
  v128.store(FIRST_PRINTED, i8x16.splat(0x20));
  v128.store(QUOTE, i8x16.splat(0x22));
  v128.store(BACKSLASH, i8x16.splat(0x5c));
  v128.store(UPPER_A, i8x16.splat(0x41));
  v128.store(LETTERS, i8x16.splat(26));
}

export function halfByte(): v128 {
  return v128.load(HALF_BYTE);
}

/** The first that is no control character, and what lower case adds to a letter. */
export function firstPrinted(): v128 {
  return v128.load(FIRST_PRINTED);
}

export function quote(): v128 {
  return v128.load(QUOTE);
}

export function backslash(): v128 {
  return v128.load(BACKSLASH);
}

export function upperA(): v128 {
  return v128.load(UPPER_A);
}

export function letters(): v128 {
  return v128.load(LETTERS);
}

/** What a text says as a number: nothing, the number that was read, or something that only the caller can read. */
export const NO_NUMBER: i32 = 0;
export const A_NUMBER: i32 = 1;
export const PERHAPS_A_NUMBER: i32 = 2;

/** Longer runs of digits are read by the caller. */
const MAX_DIGITS: usize = 9;

let number: i32 = 0;

/** The number that was read last. */
export function theNumber(): i32 {
  return number;
}

/** Whole numbers up to nine digits are read in place. */
export function readNumber(from: usize, to: usize): i32 {
  const c: i32 = from < to ? load<u8>(from) : 0;
  if (u32(c - 0x30) > 9 && c !== 0x2d) return NO_NUMBER;
  if (to - from > MAX_DIGITS || (c === 0x30 && to - from > 1)) return PERHAPS_A_NUMBER;
  let value = 0;
  for (let p = from; p < to; p++) {
    const digit = i32(load<u8>(p)) - 0x30;
    if (u32(digit) > 9) return PERHAPS_A_NUMBER;
    value = value * 10 + digit;
  }
  number = value;
  return A_NUMBER;
}

/** Four decimal numbers with dots between them, as `ipv4Number` of networks.ts reads them; the address, or -1. */
export function readAddress(from: usize, to: usize): i64 {
  let address: i64 = 0;
  let octet = -1;
  let dots = 0;
  if (to - from > 15) return -1;
  for (let p = from; p < to; p++) {
    const c: i32 = load<u8>(p);
    if (c === 0x2e) {
      if (octet < 0 || ++dots > 3) return -1;
      address = (address << 8) | i64(octet);
      octet = -1;
    } else {
      if (u32(c - 0x30) > 9 || octet === 0) return -1;
      octet = (octet < 0 ? 0 : octet) * 10 + c - 0x30;
      if (octet > 255) return -1;
    }
  }
  return dots === 3 && octet >= 0 ? (address << 8) | i64(octet) : -1;
}

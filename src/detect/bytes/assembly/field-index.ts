import { fire } from './candidates';
import { listOf } from './literals';
import { scanEdges, scanEquals, scanFewPairs, scanGrams, scanPairs } from './scans';

// All anchors of one field: [equals, prefix, suffix, three of grams, pairs, few pairs, numbers, has wide anchors].

/** Looks for all literals of an index in a text in lower case; true if it may be a number that only the caller can read. */
export function scanIndex(index: usize, from: usize, to: usize): bool {
  const equals: usize = load<u32>(index);
  const prefix: usize = load<u32>(index, 4);
  const suffix: usize = load<u32>(index, 8);
  const long: usize = load<u32>(index, 12);
  const middle: usize = load<u32>(index, 16);
  const four: usize = load<u32>(index, 20);
  const pairs: usize = load<u32>(index, 24);
  const fewPairs: usize = load<u32>(index, 28);
  const numbers: usize = load<u32>(index, 32);
  if (equals !== 0) scanEquals(equals, from, to);
  if (prefix !== 0) scanEdges(prefix, false, from, to);
  if (suffix !== 0) scanEdges(suffix, true, from, to);
  if (long !== 0) scanGrams(long, from, to);
  if (middle !== 0) scanGrams(middle, from, to);
  if (four !== 0) scanGrams(four, from, to);
  if (pairs !== 0) scanPairs(pairs, from, to);
  if (fewPairs !== 0) scanFewPairs(fewPairs, from, to);
  return numbers !== 0 && scanNumber(numbers, from, to);
}

/** Longer runs of digits are read by the caller. */
const MAX_DIGITS: usize = 9;

/** Whole numbers up to nine digits in place: a table of [rules] by number. True: a number written in another way. */
function scanNumber(table: usize, from: usize, to: usize): bool {
  const c: i32 = from < to ? load<u8>(from) : 0;
  if (u32(c - 0x30) > 9 && c !== 0x2d) return false;
  if (to - from > MAX_DIGITS || (c === 0x30 && to - from > 1)) return true;
  let value = 0;
  for (let p = from; p < to; p++) {
    const digit = i32(load<u8>(p)) - 0x30;
    if (u32(digit) > 9) return true;
    value = value * 10 + digit;
  }
  const rules = listOf(table, value);
  if (rules !== 0) fire(rules);
  return false;
}

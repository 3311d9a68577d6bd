import { fire } from './candidates';
import { scanFew } from './few';
import { listOf } from './literals';
import { A_NUMBER, NO_NUMBER, readNumber, theNumber } from './numbers';
import { scanEdges, scanEquals, scanGrams, scanPairs } from './scans';

// All anchors of one field: [equals, prefix, suffix, three of grams, pairs, few, numbers, has wide anchors].

/** Looks for all literals of an index in a text in lower case; true if it may be a number that only the caller can read. */
export function scanIndex(index: usize, from: usize, to: usize): bool {
  const equals: usize = load<u32>(index);
  const prefix: usize = load<u32>(index, 4);
  const suffix: usize = load<u32>(index, 8);
  const long: usize = load<u32>(index, 12);
  const middle: usize = load<u32>(index, 16);
  const four: usize = load<u32>(index, 20);
  const pairs: usize = load<u32>(index, 24);
  const few: usize = load<u32>(index, 28);
  const numbers: usize = load<u32>(index, 32);
  if (equals !== 0) scanEquals(equals, from, to);
  if (prefix !== 0) scanEdges(prefix, false, from, to);
  if (suffix !== 0) scanEdges(suffix, true, from, to);
  if (long !== 0) scanGrams(long, from, to);
  if (middle !== 0) scanGrams(middle, from, to);
  if (four !== 0) scanGrams(four, from, to);
  if (pairs !== 0) scanPairs(pairs, from, to);
  if (few !== 0) scanFew(few, from, to);
  return numbers !== 0 && scanNumber(numbers, from, to);
}

/** A table of rules by number. True: a number written in another way. */
function scanNumber(table: usize, from: usize, to: usize): bool {
  const read = readNumber(from, to);
  if (read !== A_NUMBER) return read !== NO_NUMBER;
  const rules = listOf(table, theNumber());
  if (rules !== 0) fire(rules);
  return false;
}

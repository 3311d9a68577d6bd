import { beginCandidates, candidateCount } from './candidates';
import { scanIndex } from './field-index';
import { says, splitsEscape } from './literals';
import { endOf, startOf } from './tokenizer';

// Single questions about the value at a place, asked of the line in lower case: what `scanGroup` has left there.

/** How a needle must lie in the value: the numbers of byte-tests.ts. */
const EQUALS: i32 = 0;
const PREFIX: i32 = 1;
const SUFFIX: i32 = 2;

let lower: usize = 0;

export function setLower(at: usize): void {
  lower = at;
}

/** A needle is [literal, offsets of its two rarest bytes]. */
export function holds(place: i32, how: i32, needle: usize): bool {
  const from = lower + startOf(place);
  const to = lower + endOf(place);
  const literal: usize = load<u32>(needle);
  const length: usize = load<u32>(literal, 4);
  if (length > to - from) return false;
  if (how === EQUALS) return length === to - from && says(from, literal);
  if (how === PREFIX) return says(from, literal);
  if (how === SUFFIX) return says(to - length, literal) && !splitsEscape(from, to - length);
  return find(needle, from, from, to) !== 0;
}

/** Is some literal of an index there? */
export function holdsAny(place: i32, index: usize, scratch: usize): bool {
  const generation = load<i32>(scratch, 8) + 1;
  store<i32>(scratch, generation, 8);
  beginCandidates(scratch, scratch + 4, generation);
  scanIndex(index, lower + startOf(place), lower + endOf(place));
  return candidateCount() > 0;
}

/**
 * Does one needle of each set occur, each after the one before? [sets, then per set: count, needles].
 */
export function holdsInOrder(place: i32, sets: usize): bool {
  const begin = lower + startOf(place);
  const to = lower + endOf(place);
  let from = begin;
  const count = load<u32>(sets);
  let at = sets + 4;
  for (let k: u32 = 0; k < count; k++) {
    const members = load<u32>(at);
    at += 4;
    let end: usize = 0;
    for (let j: u32 = 0; j < members; j++) {
      const found = find(load<u32>(at), begin, from, end === 0 ? to : end);
      if (found !== 0) end = found;
      at += 4;
    }
    if (end === 0) return false;
    from = end;
  }
  return true;
}

/** The place after the first needle from a place on, or 0. */
function find(needle: usize, begin: usize, from: usize, to: usize): usize {
  const literal: usize = load<u32>(needle);
  const length: usize = load<u32>(literal, 4);
  if (length > to - from) return 0;
  const last = to - length;
  const one: usize = load<u32>(needle, 4);
  const other: usize = load<u32>(needle, 8);
  const first = v128.load8_splat(literal + 8 + one);
  const second = v128.load8_splat(literal + 8 + other);
  for (let p = from; p <= last; p += 16) {
    let mask = i8x16.bitmask(v128.and(i8x16.eq(v128.load(p + one), first), i8x16.eq(v128.load(p + other), second)));
    while (mask !== 0) {
      const at = p + ctz(mask);
      if (at > last) return 0;
      if (says(at, literal) && !splitsEscape(begin, at)) return at + length;
      mask &= mask - 1;
    }
  }
  return 0;
}

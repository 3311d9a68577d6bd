import { beginCandidates, candidateCount } from './candidates';
import { scanIndex } from './field-index';
import { find, says, splitsEscape } from './literals';
import { A_NUMBER, NO_NUMBER, readAddress, readNumber, theNumber } from './numbers';
import { ELSEWHERE, lowerEnd, lowerStart, NOWHERE, placeOf } from './places';
import { BOOLEAN, ESCAPED, INTEGER, kindAt, NULL, PLAIN, WIDE } from './tokenizer';

// What is left to ask of a rule once it is brought up, as a table of questions. A row is [operation, slot, argument, row if
// true, row if false, offsets]: no row is evaluated twice, so a rule costs no more than the questions it has. Rows 1 and 2 are
// the answers true and false. Where bytes do not say the answer, the row itself is given back: the caller answers it and goes
// on with the next.

const HOLDS: usize = 1;
const FAILS: usize = 2;

/** Operations: the numbers of byte-program.ts. */
const ASK: i32 = 0;
const IS_NULL: i32 = 1;
const EXISTS: i32 = 2;
const PRESENT: i32 = 3;
const EQUALS: i32 = 4;
const PREFIX: i32 = 5;
const SUFFIX: i32 = 6;
/** 7: anywhere. */
const IN_ORDER: i32 = 8;
/** A yes is for the caller to give. */
const MAY_MATCH: i32 = 9;
const ANY: i32 = 10;
const NUMBER: i32 = 11;
const SAME: i32 = 12;
const NETWORK: i32 = 13;
const NETWORK_6: i32 = 14;
const BEYOND_ASCII: i32 = 15;

/** Comparisons of numbers, as byte-program.ts lists them. */
const EQ: i32 = 0;
const LT: i32 = 1;
const LTE: i32 = 2;
const GT: i32 = 3;

const NO: i32 = 0;
const YES: i32 = 1;
const UNKNOWN: i32 = 2;

/**
 * Asks all candidates of a group and the rules that are always asked: [..., always, programs, verdicts, scratch] from its
 * fourth word on. Verdicts are the rules that hold, then, from the end of as many words as there are rules, pairs of a rule and
 * the row to be answered, 0 where it has no program yet. Gives the number of pairs.
 */
export function verify(group: usize): i32 {
  const count = candidateCount();
  const always: usize = load<u32>(group, 16);
  held = 0;
  open = 0;
  programs = load<u32>(group, 20);
  verdicts = load<u32>(group, 24);
  pairs = verdicts + (load<u32>(group, 28) << 2);
  verifyAll(always + 4, load<i32>(always));
  verifyAll(load<u32>(group, 4), count);
  return open;
}

let held: i32 = 0;
let open: i32 = 0;
let programs: usize = 0;
let verdicts: usize = 0;
let pairs: usize = 0;

/** How many rules hold of those that `verify` asked. */
export function heldCount(): i32 {
  return held;
}

function verifyAll(list: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const rule = load<i32>(list + (i << 2));
    const program: usize = load<u32>(programs + (rule << 2));
    let answer: usize = 0;
    if (program !== 0) answer = decide(program);
    if (answer === HOLDS) store<i32>(verdicts + (held++ << 2), rule);
    else if (answer !== FAILS) {
      store<i32>(pairs + (open << 3), rule);
      store<u32>(pairs + (open++ << 3), u32(answer), 4);
    }
  }
}

/** 1 or 2, or the row that the caller has to answer. */
export function decide(begin: usize): usize {
  let row = begin;
  while (row > FAILS) {
    const answer = ask(row);
    if (answer === UNKNOWN) return row;
    row = answer === YES ? load<u32>(row, 12) : load<u32>(row, 16);
  }
  return row;
}

function ask(row: usize): i32 {
  const operation = load<i32>(row);
  if (operation === ASK) return UNKNOWN;
  const place = placeOf(load<u32>(row, 4));
  if (place === ELSEWHERE) return UNKNOWN;
  const kind = place === NOWHERE ? NULL : kindAt(place);
  if (operation <= PRESENT) {
    if (operation === EXISTS) return i32(place !== NOWHERE);
    return i32((kind === NULL) === (operation === IS_NULL));
  }
  if (kind === NULL) return NO;
  if (kind !== PLAIN && kind !== ESCAPED && kind !== INTEGER && kind !== BOOLEAN && kind !== WIDE) return UNKNOWN;
  const from = lowerStart(place);
  const to = lowerEnd(place);
  const argument: usize = load<u32>(row, 8);
  switch (operation) {
    case BEYOND_ASCII:
      return kind === WIDE ? UNKNOWN : NO;
    case ANY:
      return isAnyIn(argument, from, to);
    case NUMBER:
      return compares(row, from, to);
    case SAME:
      return isSame(from, to, argument);
    case NETWORK:
    case NETWORK_6:
      return isWithin(operation, argument, load<u32>(row, 20), from, to);
    case MAY_MATCH:
      return holdInOrder(from, to, argument) ? UNKNOWN : NO;
    case IN_ORDER:
      return i32(holdInOrder(from, to, argument));
    default:
      return i32(holds(operation, argument, load<u32>(row, 20), from, to));
  }
}

function holds(how: i32, literal: usize, offsets: u32, from: usize, to: usize): bool {
  const length: usize = load<u32>(literal, 4);
  if (length > to - from) return false;
  if (how === EQUALS) return length === to - from && says(from, literal);
  if (how === PREFIX) return says(from, literal);
  if (how === SUFFIX) return says(to - length, literal) && !splitsEscape(from, to - length);
  return find(literal, offsets, from, from, to) !== 0;
}

/** An argument is [index, scratch]. */
function isAnyIn(argument: usize, from: usize, to: usize): i32 {
  const scratch: usize = load<u32>(argument, 4);
  const generation = load<i32>(scratch, 8) + 1;
  store<i32>(scratch, generation, 8);
  beginCandidates(scratch, scratch + 4, generation);
  const perhaps = scanIndex(load<u32>(argument), from, to);
  return candidateCount() > 0 ? YES : perhaps ? UNKNOWN : NO;
}

/** Does one needle of each set occur, each after the one before? [sets, then per set: count, pairs of literal and offsets]. */
function holdInOrder(begin: usize, to: usize, sets: usize): bool {
  let from = begin;
  const count = load<u32>(sets);
  let at = sets + 4;
  for (let k: u32 = 0; k < count; k++) {
    const members = load<u32>(at);
    at += 4;
    let end: usize = 0;
    for (let j: u32 = 0; j < members; j++) {
      const found = find(load<u32>(at), load<u32>(at, 4), begin, from, end === 0 ? to : end);
      if (found !== 0) end = found;
      at += 8;
    }
    if (end === 0) return false;
    from = end;
  }
  return true;
}

/** The argument of the row is the number, its offsets the comparison. */
function compares(row: usize, from: usize, to: usize): i32 {
  const read = readNumber(from, to);
  if (read !== A_NUMBER) return read === NO_NUMBER ? NO : UNKNOWN;
  const left = theNumber();
  const right = load<i32>(row, 8);
  const how = load<i32>(row, 20);
  return i32(
    how === EQ ? left === right : how === LT ? left < right : how === LTE ? left <= right : how === GT ? left > right : left >= right,
  );
}

/** Have two fields the same text, letter case aside? */
function isSame(from: usize, to: usize, slot: usize): i32 {
  const other = placeOf(slot);
  if (other === ELSEWHERE) return UNKNOWN;
  const otherKind = other === NOWHERE ? NULL : kindAt(other);
  if (otherKind === NULL) return NO;
  // With characters beyond ASCII in both, letter case is not that of bytes.
  if (otherKind !== PLAIN && otherKind !== ESCAPED && otherKind !== INTEGER && otherKind !== BOOLEAN) return UNKNOWN;
  const begin = lowerStart(other);
  if (lowerEnd(other) - begin !== to - from) return NO;
  for (let p = from, q = begin; p < to; p++, q++) if (load<u8>(p) !== load<u8>(q)) return NO;
  return YES;
}

/** Networks of version 4 are [first address, mask]. With a colon, the caller reads the address. */
function isWithin(operation: i32, first: usize, mask: u32, from: usize, to: usize): i32 {
  for (let p = from; p < to; p++) if (load<u8>(p) === 0x3a) return UNKNOWN;
  if (operation === NETWORK_6) return NO;
  const address = readAddress(from, to);
  return i32(address >= 0 && (u32(address) & mask) === u32(first));
}

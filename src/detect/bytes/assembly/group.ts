import { beginCandidates } from './candidates';
import { firstPrinted, letters, upperA } from './constants';
import { scanIndex } from './field-index';
import { ELSEWHERE, lowerEnd, lowerStart, NOWHERE, placeOf, setLower } from './places';
import { BOOLEAN, ESCAPED, flagsOfLine, HIDDEN_TEXT, INTEGER, kindAt, NULL, PLAIN, WIDE, WIDE_TEXT } from './tokenizer';

// All literals of a group of rules in one event. What bytes cannot say is left to the caller, field by field.

/** How the caller reads a field that is left to it: all of it, only its wide anchors, only its number. */
const ALL: u32 = 0;
const WIDE_ANCHORS: u32 = 1;
const NUMBER: u32 = 2;
const FIELDS: usize = 36;

/**
 * A group is [stamps, candidates, room for what is left, index of the whole line or 0, rules always asked, programs, verdicts,
 * rules, number of fields], then per field [index, slot]. Gives the number of fields left; each is field * 4 + how, the line
 * being field -1.
 */
export function scanGroup(group: usize, generation: i32, line: usize, length: i32, lower: usize): i32 {
  beginCandidates(load<u32>(group), load<u32>(group, 4), generation);
  lowerCase(line, lower, length);
  setLower(lower);
  const left: usize = load<u32>(group, 8);
  let count = 0;
  const keywords: usize = load<u32>(group, 12);
  if (keywords !== 0) {
    if ((flagsOfLine() & HIDDEN_TEXT) !== 0) store<i32>(left + (count++ << 2), -4 | ALL);
    else {
      scanIndex(keywords, lower, lower + length);
      if ((flagsOfLine() & WIDE_TEXT) !== 0 && load<i32>(keywords, 36) !== 0) store<i32>(left + (count++ << 2), -4 | WIDE_ANCHORS);
    }
  }
  const fields = load<u32>(group, 32);
  for (let k: u32 = 0; k < fields; k++) {
    const field = group + FIELDS + (k << 3);
    const place = placeOf(load<u32>(field, 4));
    if (place === NOWHERE) continue;
    const kind = place === ELSEWHERE ? -1 : kindAt(place);
    if (kind === NULL) continue;
    if (kind === PLAIN || kind === ESCAPED || kind === INTEGER || kind === BOOLEAN || kind === WIDE) {
      const index: usize = load<u32>(field);
      if (scanIndex(index, lowerStart(place), lowerEnd(place))) store<i32>(left + (count++ << 2), (k << 2) | NUMBER);
      if (kind === WIDE && load<i32>(index, 36) !== 0) store<i32>(left + (count++ << 2), (k << 2) | WIDE_ANCHORS);
    } else store<i32>(left + (count++ << 2), (k << 2) | ALL);
  }
  return count;
}

/** A copy with ASCII letters in lower case, up to 15 bytes of what follows along with it. */
function lowerCase(line: usize, lower: usize, length: i32): void {
  const end = line + length;
  for (let p = line, q = lower; p < end; p += 16, q += 16) {
    const bytes = v128.load(p);
    const isUpper = i8x16.lt_u(i8x16.sub(bytes, upperA()), letters());
    v128.store(q, v128.or(bytes, v128.and(isUpper, firstPrinted())));
  }
}

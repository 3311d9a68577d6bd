import { fire } from './candidates';

// A literal is its address: [rules, length, bytes in lower case and padded to 16]. Tables of literals (literal-tables.ts
// lays them out) are [shift, slots]; a slot is [key, list], the list 0 where the slot is empty; a list is pairs of
// [literal, offset], ended by a literal 0. Keys may be shared, so bytes are always compared.

const PHI: i32 = -1640531535;
const BACKSLASH: i32 = 0x5c;

/** The list of a key, or 0. */
export function listOf(table: usize, key: i32): usize {
  const shift = load<u32>(table);
  const slots: usize = table + 4;
  const mask = (u32(1) << (32 - shift)) - 1;
  let slot = u32(key * PHI) >> shift;
  while (true) {
    const at = slots + (slot << 3);
    const list = load<u32>(at, 4);
    if (list === 0 || load<i32>(at) === key) return list;
    slot = (slot + 1) & mask;
  }
}

/** Does the text at a place, which is in lower case, say the literal? The caller has checked that it is long enough. */
export function says(at: usize, literal: usize): bool {
  const length: usize = load<u32>(literal, 4);
  const bytes = literal + 8;
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) if (i8x16.bitmask(i8x16.ne(v128.load(at + i), v128.load(bytes + i))) !== 0) return false;
  const rest = i32(length - i);
  return rest === 0 || (i8x16.bitmask(i8x16.ne(v128.load(at + i), v128.load(bytes + i))) & ((1 << rest) - 1)) === 0;
}

/**
 * Is the place in the middle of an escape, so that what stands there is no character of the text? A literal of backslashes
 * alone is found at every place of a longer run of them; counting back from each would take quadratic time, and its rules
 * ask the text anyway (`decides` in anchors.ts).
 */
export function splitsEscape(from: usize, at: usize): bool {
  if (at === from || load<u8>(at - 1) !== BACKSLASH) return false;
  let start = at;
  while (start > from && load<u8>(start - 1) === BACKSLASH) start--;
  return ((at - start) & 1) === 1;
}

/** Tells the rules of a literal if it stands at a place. */
export function check(literal: usize, at: usize, from: usize, to: usize): void {
  if (at < from || at + load<u32>(literal, 4) > to || !says(at, literal)) return;
  if (load<u8>(literal, 8) === BACKSLASH && load<u8>(literal, 9) === BACKSLASH && isBackslashes(literal)) fire(load<u32>(literal));
  else if (!splitsEscape(from, at)) fire(load<u32>(literal));
}

function isBackslashes(literal: usize): bool {
  const length: usize = load<u32>(literal, 4);
  for (let i: usize = 0; i < length; i++) if (load<u8>(literal + 8 + i) !== BACKSLASH) return false;
  return true;
}

/** Checks every literal of a list; `at` is where the word that led here stands. */
export function checkList(list: usize, at: usize, from: usize, to: usize): void {
  for (let item = list; ; item += 8) {
    const literal: usize = load<u32>(item);
    if (literal === 0) return;
    const begin = at - load<u32>(item, 4);
    // `at` may be nearer to the start than the literal's word is to its own.
    if (begin <= at) check(literal, begin, from, to);
  }
}

/** The place after the first of a literal from a place on, or 0; it is looked for by two of its bytes, the rarest. */
export function find(literal: usize, offsets: u32, begin: usize, from: usize, to: usize): usize {
  const length: usize = load<u32>(literal, 4);
  if (length > to - from) return 0;
  const last = to - length;
  const one: usize = offsets & 0xffff;
  const other: usize = offsets >> 16;
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

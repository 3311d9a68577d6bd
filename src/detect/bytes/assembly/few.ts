import { halfByte } from './constants';
import { checkList } from './literals';

// A few literals at once, sixteen places at a time: the bytes of a place and of those after it are looked up, by their halves,
// in tables that say which of eight lists could begin there; what the tables of all of them say is compared. A table is
// [positions, eight lists, 12 bytes, room for 16 bytes, then per position 16 bytes for the lower and 16 for the upper half].

const LISTS: usize = 4;
const ROOM: usize = 48;
const HALVES: usize = 64;

export function scanFew(table: usize, from: usize, to: usize): void {
  const positions = load<i32>(table);
  const half = halfByte();
  const low0 = v128.load(table + HALVES);
  const high0 = v128.load(table + HALVES + 16);
  const low1 = v128.load(table + HALVES + 32);
  const high1 = v128.load(table + HALVES + 48);
  if (positions === 2) {
    for (let p = from; p < to; p += 16) {
      const lists = v128.and(listsAt(p, low0, high0, half), listsAt(p + 1, low1, high1, half));
      if (v128.any_true(lists)) compare(table, lists, p, from, to);
    }
    return;
  }
  const low2 = v128.load(table + HALVES + 64);
  const high2 = v128.load(table + HALVES + 80);
  if (positions === 3) {
    for (let p = from; p < to; p += 16) {
      const lists = v128.and(v128.and(listsAt(p, low0, high0, half), listsAt(p + 1, low1, high1, half)), listsAt(p + 2, low2, high2, half));
      if (v128.any_true(lists)) compare(table, lists, p, from, to);
    }
    return;
  }
  const low3 = v128.load(table + HALVES + 96);
  const high3 = v128.load(table + HALVES + 112);
  for (let p = from; p < to; p += 16) {
    const lists = v128.and(
      v128.and(listsAt(p, low0, high0, half), listsAt(p + 1, low1, high1, half)),
      v128.and(listsAt(p + 2, low2, high2, half), listsAt(p + 3, low3, high3, half)),
    );
    if (v128.any_true(lists)) compare(table, lists, p, from, to);
  }
}

/** One bit per list for each of sixteen places. */
function listsAt(p: usize, low: v128, high: v128, half: v128): v128 {
  const bytes = v128.load(p);
  const ofLow = i8x16.relaxed_swizzle(low, v128.and(bytes, half));
  return v128.and(ofLow, i8x16.relaxed_swizzle(high, v128.and(i16x8.shr_u(bytes, 4), half)));
}

function compare(table: usize, lists: v128, p: usize, from: usize, to: usize): void {
  v128.store(table + ROOM, lists);
  let places = i8x16.bitmask(i8x16.ne(lists, i8x16.splat(0)));
  while (places !== 0) {
    const place = ctz(places);
    let bits = u32(load<u8>(table + ROOM + place));
    while (bits !== 0) {
      checkList(load<u32>(table + LISTS + (ctz(bits) << 2)), p + place, from, to);
      bits &= bits - 1;
    }
    places &= places - 1;
  }
}

import { hashKey } from './keys';
import { check, checkList, listOf } from './literals';

// Ways to look for many literals in a range of a text in lower case, one per kind of anchor; byte-index.ts makes their tables.
// Every `table` is an address; 0 is no table.

const PHI: i32 = -1640531535;

/** Whole values. The first table is a map of lengths modulo 256. */
export function scanEquals(table: usize, from: usize, to: usize): void {
  const length = (to - from) & 255;
  if (((load<u8>(table + (length >> 3)) >> u8(length & 7)) & 1) === 0) return;
  const list = listOf(table + 32, hashKey(from, to));
  if (list !== 0) checkWhole(list, from, to);
}

function checkWhole(list: usize, from: usize, to: usize): void {
  for (let item = list; ; item += 8) {
    const literal: usize = load<u32>(item);
    if (literal === 0) return;
    if (load<u32>(literal, 4) === u32(to - from)) check(literal, from, from, to);
  }
}

/**
 * Beginnings or ends: a hash of the outermost 12, 8 or 4 bytes, each literal in the largest class that fits it. The table is
 * [bitmap of the outermost four bytes, 1 KiB; largest class; addresses of three tables; list of literals below four bytes].
 */
export function scanEdges(table: usize, suffix: bool, from: usize, to: usize): void {
  const fitting = u32(to - from) >> 2;
  const most = load<u32>(table, 1024);
  const words = fitting < most ? fitting : most;
  let hash = 0;
  for (let k: u32 = 1; k <= words; k++) {
    hash = stepEdge(hash, suffix ? load<i32>(to - (k << 2)) : load<i32>(from + (k << 2) - 4));
    if (k === 1 && !admits(table, hash)) break;
    const list = listOf(load<u32>(table + 1024 + (k << 2)), hash);
    if (list !== 0) checkEdges(list, suffix, from, to);
  }
  const short: usize = load<u32>(table, 1040);
  if (short !== 0) checkEdges(short, suffix, from, to);
}

export function stepEdge(hash: i32, word: i32): i32 {
  return (hash * PHI) ^ word;
}

function admits(bitmap: usize, hash: i32): bool {
  const bit = u32(hash * PHI) >> 19;
  return ((load<u8>(bitmap + (bit >> 3)) >> u8(bit & 7)) & 1) !== 0;
}

function checkEdges(list: usize, suffix: bool, from: usize, to: usize): void {
  for (let item = list; ; item += 8) {
    const literal: usize = load<u32>(item);
    if (literal === 0) return;
    const length: usize = load<u32>(literal, 4);
    if (length <= to - from) check(literal, suffix ? to - length : from, from, to);
  }
}

/**
 * Substrings by hashed words of four bytes in a bitmap, so that no step waits for the one before. The table is
 * [stride, factor, shift, address of the bitmap, table of words].
 */
export function scanGrams(table: usize, from: usize, to: usize): void {
  const stride: usize = load<u32>(table);
  const factor = load<i32>(table, 4);
  const shift = load<u32>(table, 8);
  const bitmap: usize = load<u32>(table, 12);
  const words = table + 16;
  const end = to - 3;
  if (to < from + 4) return;
  let p = from;
  while (true) {
    // The loops that see every byte call nothing.
    while (p < end) {
      const hash = u32(load<i32>(p) * factor) >> shift;
      if (((load<u32>(bitmap + ((hash >> 5) << 2)) >> (hash & 31)) & 1) !== 0) break;
      p += stride;
    }
    if (p >= end) return;
    const list = listOf(words, load<i32>(p));
    if (list !== 0) checkList(list, p, from, to);
    p += stride;
  }
}

/** Substrings of one to three bytes: [map of byte pairs, 8 KiB; table of pairs]. */
export function scanPairs(table: usize, from: usize, to: usize): void {
  for (let p = from; p < to; p++) {
    // The byte after the range may be anything: literals are compared within it.
    const pair = u32(load<u16>(p));
    if (((load<u8>(table + (pair >> 3)) >> u8(pair & 7)) & 1) === 0) continue;
    const list = listOf(table + 8192, pair);
    if (list !== 0) checkList(list, p, from, to);
  }
}

import { hasAny } from './places';
import { endOf, FANNED, flagsOfLine, kindAt, MISSING, startOf } from './tokenizer';

// Which route a line has, told by the bytes of a few of its values. A router is [envelopes, formats, known, room for a key,
// then per format [marks, values]]; route-tables.ts lays it out. Places are lists [count, place...], marks [count, lists of places].
// How a value is read is [is some place deep, steps, then per step [place or -1, readings]]; readings are [count, how...].
// Routes that are known are [count, next free place, end, slots (a table of entries), room for entries]; an entry is
// [hash, length, route, bytes]. All routers share them, so a key begins with its router. Keys are compared, since whoever
// writes events chooses them.

/** More than there is room for entries, the smallest of which takes 32 bytes. */
const SLOTS: u32 = 8192;
/** Longer values are not kept. */
const MOST_BYTES: i32 = 512;
const ROUTES: usize = 12;

/** Not for bytes to say. */
const NOT_UNDERSTOOD: i32 = -1;

/** The key of the line at hand: what its route depends on, so that equal keys mean equal routes. */
let key: usize = 0;
let keyLength: i32 = 0;
let keyHash: u32 = 0;

/** A route that was kept, or -2 - format for one that is new, or -1. */
export function findRoute(router: usize, line: usize): i32 {
  if (hasAny(load<u32>(router))) return NOT_UNDERSTOOD;
  const formats = load<i32>(router, 4);
  key = load<u32>(router, 12);
  for (let i = 0; i < formats; i++) {
    const format = router + 16 + (i << 3);
    if (!isMarked(load<u32>(format))) continue;
    store<u32>(key, u32(router));
    store<i32>(key, i, 4);
    keyLength = copyAll(load<u32>(format, 4), 8, line);
    if (keyLength < 0) return -2 - i;
    // Zeros up to a whole word, for hash and comparison.
    store<u64>(key + keyLength, 0);
    keyHash = hashOfKey();
    const entry = loadRoute(load<u32>(router, 8));
    return entry === 0 ? -2 - i : load<i32>(entry, 8);
  }
  return NOT_UNDERSTOOD;
}

/** Keeps the route of the line at hand; how many there are then: 0 if they were too many and are forgotten, -1 if this one is none to keep. */
export function keepRoute(router: usize, route: i32): i32 {
  if (keyLength < 0) return -1;
  const known: usize = load<u32>(router, 8);
  const entry: usize = load<u32>(known, 4);
  const size: usize = 12 + ((keyLength + 15) & ~7);
  if (entry + size > <usize>load<u32>(known, 8)) {
    memory.fill(known + ROUTES, 0, SLOTS << 2);
    store<u32>(known, 0);
    store<u32>(known, u32(known + ROUTES + (SLOTS << 2)), 4);
    return 0;
  }
  store<u32>(entry, keyHash);
  store<i32>(entry, keyLength, 4);
  store<i32>(entry, route, 8);
  memory.copy(entry + 12, key, size - 12);
  store<u32>(known, load<u32>(known) + 1);
  store<u32>(known, u32(entry + size), 4);
  let slot = keyHash & (SLOTS - 1);
  while (load<u32>(known + ROUTES + (slot << 2)) !== 0) slot = (slot + 1) & (SLOTS - 1);
  store<u32>(known + ROUTES + (slot << 2), u32(entry));
  return load<i32>(known);
}

function loadRoute(known: usize): usize {
  let slot = keyHash & (SLOTS - 1);
  while (true) {
    const entry: usize = load<u32>(known + ROUTES + (slot << 2));
    if (entry === 0 || (load<u32>(entry) === keyHash && load<i32>(entry, 4) === keyLength && isKey(entry + 12))) return entry;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

function isKey(bytes: usize): bool {
  for (let i = 0; i < keyLength; i += 8) if (load<u64>(bytes + i) !== load<u64>(key + i)) return false;
  return true;
}

function hashOfKey(): u32 {
  let hash: u64 = 0;
  for (let i = 0; i < keyLength; i += 8) hash = rotl<u64>(hash ^ load<u64>(key + i), 29) * 0x9e3779b97f4a7000;
  return u32(hash >> 32);
}

function hasAll(places: usize): bool {
  const end = places + 4 + (load<u32>(places) << 2);
  for (let p = places + 4; p < end; p += 4) if (kindAt(load<i32>(p)) === MISSING) return false;
  return true;
}

function isMarked(marks: usize): bool {
  const end = marks + 4 + (load<u32>(marks) << 2);
  for (let p = marks + 4; p < end; p += 4) if (hasAll(load<u32>(p))) return true;
  return false;
}

function copyAll(readings: usize, begin: i32, line: usize): i32 {
  let length = begin;
  const end = readings + 4 + (load<u32>(readings) << 2);
  for (let p = readings + 4; p < end && length >= 0; p += 4) length = copyValue(load<u32>(p), length, line);
  return length;
}

/**
 * Appends all bytes that a reading's answer depends on: the first place that is present, and everything that computed steps
 * before it read. The new length, or -1 if they are too many or not among the tokens.
 */
function copyValue(reading: usize, begin: i32, line: usize): i32 {
  if (load<i32>(reading) !== 0 && (flagsOfLine() & FANNED) !== 0) return -1;
  const steps = load<i32>(reading, 4);
  let length = begin;
  for (let i = 0; i < steps; i++) {
    const step = reading + 8 + (i << 3);
    const place = load<i32>(step);
    if (place < 0) {
      length = copyAll(load<u32>(step, 4), length, line);
      if (length < 0) return -1;
      continue;
    }
    const kind = kindAt(place);
    if (kind === MISSING) continue;
    const size = i32(endOf(place) - startOf(place));
    if (length + size + 6 > MOST_BYTES) return -1;
    // Which step, what kind, how long: no two different answers share a key.
    store<u16>(key + length, u16(i));
    store<u16>(key + length, u16(kind), 2);
    store<u16>(key + length, u16(size), 4);
    memory.copy(key + length + 6, line + startOf(place), size);
    return length + 6 + size;
  }
  if (length + 2 > MOST_BYTES) return -1;
  store<u16>(key + length, 0xffff);
  return length + 2;
}

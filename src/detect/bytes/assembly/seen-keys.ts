// The keys of one line by the object they stand in: another reader may take the first of two that are equal where this one
// takes the last. One open-addressing table of stamp, object, beginning and end; it is emptied by a new stamp. Keys are
// compared, since attackers choose them.

const SLOT_BITS: u32 = 11;
const SLOTS: u32 = 1 << SLOT_BITS;
/** A line with more keys is left to the parser. */
const MOST: u32 = SLOTS / 4;
const PHI: i32 = -1640531535;

let table: usize = 0;
let stamp: u32 = 0;
let count: u32 = 0;

/** Where the table is: 32 KiB that begin as zeros. */
export function setSeenKeys(at: usize): void {
  table = at;
}

export function beginSeenKeys(): void {
  stamp++;
  count = 0;
}

/** Is the key new in its object? False also where there are too many to tell. */
export function addKey(object: i32, hash: i32, from: usize, to: usize): bool {
  if (++count > MOST) return false;
  let slot = u32(hash + object * PHI) >> (32 - SLOT_BITS);
  while (true) {
    const at: usize = table + (slot << 4);
    if (load<u32>(at) !== stamp) {
      store<u32>(at, stamp);
      store<i32>(at, object, 4);
      store<u32>(at, u32(from), 8);
      store<u32>(at, u32(to), 12);
      return true;
    }
    if (load<i32>(at, 4) === object && isSame(load<u32>(at, 8), load<u32>(at, 12), from, to)) return false;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

function isSame(key: usize, end: usize, from: usize, to: usize): bool {
  if (end - key !== to - from) return false;
  for (let i: usize = 0; i < to - from; i++) if (load<u8>(key + i) !== load<u8>(from + i)) return false;
  return true;
}

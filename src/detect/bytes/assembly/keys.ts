// The tree of wanted keys as key-tree.ts lays it out: an open-addressing table of addresses of entries, each with hash,
// node above, place, node below, address of the key and its length. A key is found by a hash of its bytes and then
// compared, since attackers choose keys.

/** 0x9e3779b1 and 0x85ebca6b: odd numbers that scatter bits. */
const PHI: i32 = -1640531535;
const MIX: i32 = -2048144789;

let slots: usize = 0;
let slotMask: u32 = 0;

export function setKeys(slotsAt: usize, size: i32): void {
  slots = slotsAt;
  slotMask = size - 1;
}

/** Hash of a key from its length and its outermost bytes. */
export function hashKey(from: usize, to: usize): i32 {
  const length = i32(to - from);
  if (length < 4) {
    if (length === 0) return 0;
    return ((i32(load<u8>(from)) << 8) ^ i32(load<u8>(to - 1)) ^ (length << 16)) * PHI;
  }
  const middle = i32(load<u8>(from + (length >> 1)));
  return ((load<i32>(from) * PHI) ^ load<i32>(to - 4) ^ (length << 13) ^ (middle << 5)) * MIX;
}

/** Where the search for a key begins in the table. */
export function firstSlot(node: i32, hash: i32): i32 {
  const mixed = hash ^ (node * PHI);
  return (mixed ^ (u32(mixed) >> 15)) & slotMask;
}

/** Address of the entry of a key below a node, or 0. */
export function loadEntry(node: i32, hash: i32, from: usize, to: usize): usize {
  let slot = firstSlot(node, hash);
  while (true) {
    const entry: usize = load<u32>(slots + (slot << 2));
    if (entry === 0) return 0;
    if (load<i32>(entry) === hash && load<i32>(entry, 4) === node && sameBytes(load<u32>(entry, 16), load<u32>(entry, 20), from, to))
      return entry;
    slot = (slot + 1) & slotMask;
  }
}

function sameBytes(key: usize, length: usize, from: usize, to: usize): bool {
  if (to - from !== length) return false;
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(key + i) !== load<u64>(from + i)) return false;
  const rest = (length - i) << 3;
  return rest === 0 || (load<u64>(key + i) ^ load<u64>(from + i)) << (64 - rest) === 0;
}

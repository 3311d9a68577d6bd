/** Keys from the root of a document, each one literal key of an object. */
export type KeyPath = readonly string[];

const EMPTY = -1;

/**
 * The keys that some field is read from, as a tree in one open-addressing table: what a tokenizer asks for every key it
 * meets. A key is found by a hash of its bytes and then compared, since attackers choose keys.
 */
export type KeyTree = {
  /** Number of places, which are the leaves and inner nodes somebody reads. */
  places(): number;
  /** Number of inner nodes; the root is 0. */
  nodes(): number;
  /** The place of a path; made if it is new. */
  place(path: KeyPath): number;
  /** The entry of a key below a node, or -1. `hash` is that of `hashKey`. */
  find(node: number, hash: number, bytes: Uint8Array, from: number, to: number): number;
  /** Place of an entry, or -1. */
  placeOf(entry: number): number;
  /** Node below an entry, or -1. */
  nodeOf(entry: number): number;
};

/** One step of the hash of a key; starts from 0. */
export const hashStep = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0;

type Entry = { readonly key: Uint8Array; readonly hash: number; readonly node: number };

export function createKeyTree(): KeyTree {
  const entries: Entry[] = [];
  let placeOf = new Int32Array(64).fill(EMPTY);
  let nodeOf = new Int32Array(64).fill(EMPTY);
  let table = new Int32Array(256).fill(EMPTY);
  let mask = table.length - 1;
  let places = 0;
  let nodes = 1;

  const slotOf = (node: number, hash: number): number => {
    const mixed = Math.imul(hash ^ Math.imul(node, 0x9e3779b1), 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & mask;
  };

  const insert = (entry: number): void => {
    const { node, hash } = entries[entry] as Entry;
    let slot = slotOf(node, hash);
    while (table[slot] !== EMPTY) slot = (slot + 1) & mask;
    table[slot] = entry;
  };

  const grow = (): void => {
    table = new Int32Array(table.length * 2).fill(EMPTY);
    mask = table.length - 1;
    for (let entry = 0; entry < entries.length; entry++) insert(entry);
  };

  const find = (node: number, hash: number, bytes: Uint8Array, from: number, to: number): number => {
    let slot = slotOf(node, hash);
    for (let entry = table[slot] as number; entry !== EMPTY; entry = table[slot] as number) {
      const known = entries[entry] as Entry;
      if (known.hash === hash && known.node === node && sameBytes(known.key, bytes, from, to)) return entry;
      slot = (slot + 1) & mask;
    }
    return EMPTY;
  };

  const entryOf = (node: number, text: string): number => {
    const key = Buffer.from(text);
    let hash = 0;
    for (const byte of key) hash = hashStep(hash, byte);
    const found = find(node, hash, key, 0, key.length);
    if (found !== EMPTY) return found;
    const entry = entries.push({ key, hash, node }) - 1;
    if (entry === placeOf.length) [placeOf, nodeOf] = [larger(placeOf), larger(nodeOf)];
    if (entries.length * 4 > table.length) grow();
    else insert(entry);
    return entry;
  };

  return {
    places: () => places,
    nodes: () => nodes,
    find,
    place(path) {
      let node = 0;
      let entry = EMPTY;
      for (const key of path) {
        if (entry !== EMPTY) {
          if (nodeOf[entry] === EMPTY) nodeOf[entry] = nodes++;
          node = nodeOf[entry] as number;
        }
        entry = entryOf(node, key);
      }
      if (placeOf[entry] === EMPTY) placeOf[entry] = places++;
      return placeOf[entry] as number;
    },
    placeOf: (entry) => placeOf[entry] as number,
    nodeOf: (entry) => nodeOf[entry] as number,
  };
}

function larger(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const out = new Int32Array(array.length * 2).fill(EMPTY);
  out.set(array);
  return out;
}

function sameBytes(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (key.length !== to - from) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[from + i]) return false;
  return true;
}

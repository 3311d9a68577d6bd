/** Keys from the root of a document, each one literal key of an object. */
export type KeyPath = readonly string[];

const EMPTY = -1;

/** Hash of a key from its length and its outermost bytes; keys that share it are told apart by their bytes. */
export function hashKey(b: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length < 4) return length === 0 ? 0 : Math.imul(((b[from] as number) << 8) ^ (b[to - 1] as number) ^ (length << 16), 0x9e3779b1);
  const head = (b[from] as number) | ((b[from + 1] as number) << 8) | ((b[from + 2] as number) << 16) | ((b[from + 3] as number) << 24);
  const tail = (b[to - 1] as number) | ((b[to - 2] as number) << 8) | ((b[to - 3] as number) << 16) | ((b[to - 4] as number) << 24);
  const middle = b[from + (length >> 1)] as number;
  return Math.imul(Math.imul(head, 0x9e3779b1) ^ tail ^ (length << 13) ^ (middle << 5), 0x85ebca6b);
}

/**
 * The keys that some field is read from, as a tree in one open-addressing table: what a tokenizer asks for every key it
 * meets. A key is found by a hash of its bytes and then compared, since attackers choose keys.
 */
export class KeyTree {
  /** Number of places, which are the leaves and inner nodes somebody reads. */
  places = 0;
  /** Number of inner nodes; the root is 0. */
  nodes = 1;
  #entries = 0;
  /** Per entry: the key's bytes, its hash, the node it stands below, its place and the node below it. */
  readonly #keys: Uint8Array[] = [];
  #hash = new Int32Array(64);
  #above = new Int32Array(64);
  #place = new Int32Array(64).fill(EMPTY);
  #below = new Int32Array(64).fill(EMPTY);
  #table = new Int32Array(512).fill(EMPTY);

  /** The place of a path; made if it is new. */
  place(path: KeyPath): number {
    let node = 0;
    let entry = EMPTY;
    for (const key of path) {
      if (entry !== EMPTY) {
        if (this.#below[entry] === EMPTY) this.#below[entry] = this.nodes++;
        node = this.#below[entry] as number;
      }
      entry = this.#entryOf(node, key);
    }
    if (this.#place[entry] === EMPTY) this.#place[entry] = this.places++;
    return this.#place[entry] as number;
  }

  /** The entry of a key below a node, or -1. `hash` is that of `hashKey`. */
  find(node: number, hash: number, bytes: Uint8Array, from: number, to: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    let slot = slotOf(node, hash) & mask;
    for (let entry = table[slot] as number; entry !== EMPTY; entry = table[slot] as number) {
      if (this.#hash[entry] === hash && this.#above[entry] === node && sameBytes(this.#keys[entry] as Uint8Array, bytes, from, to))
        return entry;
      slot = (slot + 1) & mask;
    }
    return EMPTY;
  }

  /** Place of an entry, or -1. */
  placeOf(entry: number): number {
    return this.#place[entry] as number;
  }

  /** Node below an entry, or -1. */
  nodeOf(entry: number): number {
    return this.#below[entry] as number;
  }

  #entryOf(node: number, text: string): number {
    const key = Uint8Array.from(Buffer.from(text));
    const hash = hashKey(key, 0, key.length);
    const found = this.find(node, hash, key, 0, key.length);
    if (found !== EMPTY) return found;
    const entry = this.#entries++;
    if (entry === this.#hash.length) this.#grow();
    this.#keys.push(key);
    this.#hash[entry] = hash;
    this.#above[entry] = node;
    if (this.#entries * 4 > this.#table.length) {
      this.#table = new Int32Array(this.#table.length * 2).fill(EMPTY);
      for (let known = 0; known <= entry; known++) this.#insert(known);
    } else this.#insert(entry);
    return entry;
  }

  #insert(entry: number): void {
    const mask = this.#table.length - 1;
    let slot = slotOf(this.#above[entry] as number, this.#hash[entry] as number) & mask;
    while (this.#table[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#table[slot] = entry;
  }

  #grow(): void {
    this.#hash = larger(this.#hash);
    this.#above = larger(this.#above);
    this.#place = larger(this.#place);
    this.#below = larger(this.#below);
  }
}

const slotOf = (node: number, hash: number): number => {
  const mixed = hash ^ Math.imul(node, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

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

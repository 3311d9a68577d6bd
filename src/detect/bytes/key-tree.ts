import type { Machine } from './machine.ts';

/** Keys from the root of a document, each one literal key of an object. */
export type KeyPath = readonly string[];

const NONE = -1;
/** An entry is six words: hash, node above, place, node below, address and length of its key. */
const ENTRY_BYTES = 24;
const [PLACE, BELOW] = [2, 3];
/** Keys are compared eight bytes at a time. */
const KEY_PADDING = 8;

/**
 * The keys that some field is read from, as a tree in one open-addressing table: what the tokenizer asks for every key it
 * meets. It is built here, in the machine's memory; assembly/keys.ts reads it.
 */
export class KeyTree {
  readonly machine: Machine;
  /** Number of places, which are the leaves and inner nodes somebody reads. */
  places = 0;
  /** Number of inner nodes; the root is 0. */
  nodes = 1;
  /** Addresses of all entries. */
  readonly #entries: number[] = [];
  #table = 0;
  #size = 0;
  /** Keys are hashed where the machine can read them. */
  #key: { readonly at: number; readonly size: number };

  constructor(machine: Machine) {
    this.machine = machine;
    this.#key = { at: machine.allocate(256), size: 256 };
    this.#resize(512);
  }

  /** The place of a path; made if it is new. */
  place(path: KeyPath): number {
    let node = 0;
    let entry = 0;
    for (const key of path) {
      if (entry !== 0) {
        if (this.#read(entry, BELOW) === NONE) this.#write(entry, BELOW, this.nodes++);
        node = this.#read(entry, BELOW);
      }
      entry = this.#entryOf(node, key);
    }
    if (this.#read(entry, PLACE) === NONE) this.#write(entry, PLACE, this.places++);
    return this.#read(entry, PLACE);
  }

  #entryOf(node: number, text: string): number {
    const key = Buffer.from(text);
    const { machine } = this;
    const { run } = machine;
    if (key.length + KEY_PADDING > this.#key.size) this.#key = { at: machine.allocate(2 * key.length + KEY_PADDING), size: 2 * key.length };
    const { at } = this.#key;
    machine.bytes.set(key, at);
    const hash = run.hashKey(at, at + key.length);
    const found = run.loadEntry(node, hash, at, at + key.length);
    if (found !== 0) return found;
    const own = machine.allocate(key.length + KEY_PADDING);
    machine.bytes.set(key, own);
    const entry = machine.allocate(ENTRY_BYTES);
    for (const [i, word] of [hash, node, NONE, NONE, own, key.length].entries()) this.#write(entry, i, word);
    this.#entries.push(entry);
    if (this.#entries.length * 4 > this.#size) this.#resize(2 * this.#size);
    else this.#insert(entry);
    return entry;
  }

  #resize(size: number): void {
    this.#table = this.machine.allocate(4 * size);
    this.#size = size;
    this.machine.run.setKeys(this.#table, size);
    for (const entry of this.#entries) this.#insert(entry);
  }

  #insert(entry: number): void {
    const [hash, node] = [this.#read(entry, 0), this.#read(entry, 1)];
    const { words, run } = this.machine;
    let slot = run.firstSlot(node, hash);
    while (words[(this.#table >> 2) + slot] !== 0) slot = (slot + 1) & (this.#size - 1);
    words[(this.#table >> 2) + slot] = entry;
  }

  #read(entry: number, word: number): number {
    return this.machine.words[(entry >> 2) + word] as number;
  }

  #write(entry: number, word: number, value: number): void {
    this.machine.words[(entry >> 2) + word] = value;
  }
}

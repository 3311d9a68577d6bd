import type { KeyTree } from './key-tree.ts';
import type { Machine } from './machine.ts';
import type { PaddedBytes } from './padded-bytes.ts';
import { MISSING } from './value-kind.ts';

/** Bits of what assembly/tokenizer.ts says of a line; below zero, it was not understood. */
const HIDDEN = 1;
const WIDE = 2;
const FANNED = 4;
/** The table of assembly/seen-keys.ts. */
const SEEN_KEYS_BYTES = 32 * 1024;

/**
 * One pass over the bytes of a JSON object: where the values of wanted keys are and of what kind. Nothing is decoded and
 * nothing is made. `run` says false for everything it does not fully understand: no valid JSON object, nested too deep, a key
 * with an escape, a key twice in one object. What it accepts, `JSON.parse` accepts, provided the bytes are UTF-8.
 * The pass itself is assembly/tokenizer.ts; here its tables are kept.
 */
export class Tokenizer {
  readonly tree: KeyTree;
  readonly machine: Machine;
  #flags = 0;
  #capacity = 0;
  /** Addresses per place: one byte of kind, words of start and end. */
  #kinds = 0;
  #starts = 0;
  #ends = 0;
  #places = 0;

  constructor(tree: KeyTree, maxDepth: number) {
    this.tree = tree;
    this.machine = tree.machine;
    const { machine } = this;
    const stack = (): number => machine.allocate(4 * (maxDepth + 1));
    machine.run.setStack(stack(), stack(), stack(), maxDepth);
    machine.run.setSeenKeys(machine.allocate(SEEN_KEYS_BYTES));
  }

  /** Some text may hide ASCII characters, or a number is not written as its text: scans of the line say nothing. */
  get hidden(): boolean {
    return (this.#flags & HIDDEN) !== 0;
  }

  /** Some text has characters beyond ASCII. */
  get wide(): boolean {
    return (this.#flags & WIDE) !== 0;
  }

  /** A key with wanted keys below it holds an array: those are read from the parsed document. */
  get fanned(): boolean {
    return (this.#flags & FANNED) !== 0;
  }

  /** Kind of the value at a place in the current event. */
  kindOf(place: number): number {
    return place < this.#places ? (this.machine.bytes[this.#kinds + place] as number) : MISSING;
  }

  /** Where the value at a place begins and ends in the line, text without its quotes. */
  start(place: number): number {
    return this.machine.words[(this.#starts >> 2) + place] as number;
  }

  end(place: number): number {
    return this.machine.words[(this.#ends >> 2) + place] as number;
  }

  /** Is there a value at any of the places? */
  anyOf(places: Int32Array): boolean {
    for (let i = 0; i < places.length; i++) if (this.kindOf(places[i] as number) !== MISSING) return true;
    return false;
  }

  run({ at, length }: PaddedBytes): boolean {
    if (this.tree.places !== this.#places) this.#reserve();
    this.#flags = this.machine.run.tokenize(at, length);
    return this.#flags >= 0;
  }

  #reserve(): void {
    const { machine, tree } = this;
    if (tree.places > this.#capacity) {
      this.#capacity = 2 * tree.places;
      this.#kinds = machine.allocate(this.#capacity);
      this.#starts = machine.allocate(4 * this.#capacity);
      this.#ends = machine.allocate(4 * this.#capacity);
    }
    this.#places = tree.places;
    machine.run.setPlaces(this.#kinds, this.#starts, this.#ends, this.#places);
  }
}

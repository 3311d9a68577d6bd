import type { Machine } from './machine.ts';

/** Room after the end: the tokenizer ends the text with zeros, and readers of 16 bytes look past it. */
const PADDING = 32;
const FIRST_SIZE = 64 * 1024;

/**
 * A copy of some bytes in the machine's memory. Copying costs a few hundredths of parsing; the readers
 * save more. One object, used again. `bytes` begins with the copy; nobody keeps it, since growing replaces it.
 */
export class PaddedBytes {
  bytes: Buffer = Buffer.alloc(0);
  /** Address in the machine. */
  at = 0;
  length = 0;
  #size = 0;
  readonly #machine: Machine;

  constructor(machine: Machine, size = FIRST_SIZE) {
    this.#machine = machine;
    machine.whenGrown(() => this.#view());
    this.#reserve(size);
  }

  set(source: Uint8Array): void {
    const { length } = source;
    this.#reserve(length);
    this.bytes.set(source);
    this.length = length;
  }

  setText(text: string): void {
    const most = 3 * text.length;
    this.#reserve(most);
    this.length = this.bytes.write(text, 0, most, 'utf8');
  }

  #reserve(length: number): void {
    if (length <= this.#size) return;
    const size = this.#size === 0 ? length : 2 * length;
    // Where there is no room, what was there stays as it is.
    this.at = this.#machine.allocate(size + PADDING);
    this.#size = size;
    this.#view();
  }

  #view(): void {
    this.bytes = this.#machine.bytes.subarray(this.at, this.at + this.#size + PADDING);
  }
}

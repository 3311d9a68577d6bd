/** Zero bytes after the end: no state of a reader goes on at a zero, so that reading needs no test for the end. */
const PADDING = 16;
const FIRST_SIZE = 64 * 1024;

/**
 * A copy of some bytes at a place that readers know: from 0, readable as aligned four-byte words (little-endian), and
 * followed by zeros. Copying costs a few hundredths of parsing; the readers save more. One object, used again.
 */
export class PaddedBytes {
  bytes: Buffer;
  words: Int32Array;
  length = 0;

  constructor(size = FIRST_SIZE) {
    this.bytes = Buffer.alloc(0);
    this.words = new Int32Array(0);
    this.#allocate(size);
  }

  set(source: Uint8Array): void {
    const { length } = source;
    this.#reserve(length);
    this.bytes.set(source);
    this.#end(length);
  }

  setText(text: string): void {
    const most = 3 * text.length;
    this.#reserve(most);
    this.#end(this.bytes.write(text, 0, most, 'utf8'));
  }

  #reserve(length: number): void {
    if (length + PADDING > this.bytes.length) this.#allocate(2 * length);
  }

  #end(length: number): void {
    const { bytes } = this;
    for (let i = length; i < length + PADDING; i++) bytes[i] = 0;
    this.length = length;
  }

  #allocate(size: number): void {
    const memory = new ArrayBuffer((size + PADDING + 3) & ~3);
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
  }
}

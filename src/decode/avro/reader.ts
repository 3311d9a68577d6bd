import type { JsonValue } from '../../shared/json.ts';
import { DecodeError } from '../wire.ts';

/** Values a record may hold whatever its size: some types take no bytes, so that a few could stand for endless ones. */
const FREE_VALUES = 65_536;
const VALUES_PER_BYTE = 16;
const MAX_DEPTH = 64;

/** Bytes in the binary encoding of Avro (specification 1.12), read from front to end. Throws DecodeError alone. */
export class AvroBytes {
  readonly #bytes: Buffer;
  #values: number;
  #depth = 0;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#values = FREE_VALUES + VALUES_PER_BYTE * bytes.length;
  }

  get left(): number {
    return this.#bytes.length - this.position;
  }

  /** Counts a value; throws where there are more than the bytes could mean. */
  count(): void {
    if (--this.#values < 0) throw new DecodeError('more values than the bytes could mean', this.position);
  }

  nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new DecodeError(`nested deeper than ${MAX_DEPTH} levels`, this.position);
    const value = read();
    this.#depth--;
    return value;
  }

  take(size: number): Buffer {
    if (size < 0 || size > this.left) throw new DecodeError(`${size} bytes are wanted, ${this.left} are left`, this.position);
    this.position += size;
    return this.#bytes.subarray(this.position - size, this.position);
  }

  /** A zig-zag varint of up to 64 bits. */
  long(): bigint {
    const at = this.position;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.position++];
      if (byte === undefined) throw new DecodeError('the bytes end within a number', at);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        const wide = BigInt.asUintN(64, value);
        return (wide >> 1n) ^ -(wide & 1n);
      }
    }
    throw new DecodeError('a number of more than 64 bits', at);
  }

  /** A length or an index. */
  size(): number {
    const at = this.position;
    const value = this.long();
    if (value < 0n || value > 0x7fffffffn) throw new DecodeError(`${value} is no length`, at);
    return Number(value);
  }

  text(): string {
    return this.take(this.size()).toString('utf8');
  }

  /** Items of an array or map: blocks of a count, until one of 0; a negative count has the size of its block behind it. */
  blocks(item: () => void): void {
    for (;;) {
      const at = this.position;
      let count = this.long();
      if (count === 0n) return;
      if (count < 0n) {
        count = -count;
        this.long();
      }
      if (count > 0x7fffffffn) throw new DecodeError(`a block of ${count} items`, at);
      for (let i = 0; i < Number(count); i++) {
        this.count();
        item();
      }
    }
  }
}

/** A number where a double holds it, else its decimal text. */
export function exact(value: bigint): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

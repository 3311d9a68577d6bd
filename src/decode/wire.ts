import protobuf from 'protobufjs/minimal.js';
import type { JsonObject, JsonValue } from '../shared/json.ts';

/** Bytes that are not what their form says; `at` is where in them. */
export class DecodeError extends Error {
  readonly at: number | undefined;

  constructor(message: string, at?: number) {
    super(message);
    this.name = 'DecodeError';
    this.at = at;
  }
}

/** Protocol buffers wire types (protobuf.dev, encoding). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

/**
 * One kind of field: the wire type it has, and what its value is as JSON; undefined = as if it were absent. `before` is
 * what the same field gave before in this message, for those that gather.
 */
export type FieldKind = {
  readonly wire: number;
  readonly read: (reader: WireReader, depth: number, before: JsonValue | undefined) => JsonValue | undefined;
};

/** A message as a table: field number to name and kind. Fields it does not name are skipped. */
export type MessageTable = ReadonlyMap<number, readonly [name: string, kind: FieldKind]>;

export const MAX_MESSAGE_DEPTH = 64;

/**
 * Reads protobuf from bytes by tables: bounded in depth, linear in the bytes, and every 64-bit number exact. Throws
 * DecodeError and nothing else.
 */
export class WireReader {
  readonly #reader: protobuf.Reader;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#reader = protobuf.Reader.create(this.#bytes);
  }

  get position(): number {
    return this.#reader.pos;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Visits the fields up to `end`; a field that `visit` does not take is skipped. */
  fields(end: number, visit: (field: number, wire: number) => boolean): void {
    const reader = this.#reader;
    while (reader.pos < end) {
      const at = reader.pos;
      const tag = this.#guarded(() => reader.uint32());
      if (tag >>> 3 === 0) throw new DecodeError('a field has the number 0', at);
      if (!visit(tag >>> 3, tag & 7)) this.skip(tag & 7);
    }
    if (reader.pos !== end) throw new DecodeError(`a message ends at byte ${end}, its last field at ${reader.pos}`, end);
  }

  message(end: number, table: MessageTable, depth: number): JsonObject {
    if (depth > MAX_MESSAGE_DEPTH) throw new DecodeError(`messages nested deeper than ${MAX_MESSAGE_DEPTH} levels`, this.position);
    const out: Record<string, JsonValue> = Object.create(null);
    this.fields(end, (field, wire) => {
      const entry = table.get(field);
      if (entry === undefined || entry[1].wire !== wire) return false;
      const value = entry[1].read(this, depth + 1, out[entry[0]]);
      if (value !== undefined) out[entry[0]] = value;
      return true;
    });
    return out;
  }

  /** The next bytes, not taken. */
  peek(count: number): Uint8Array {
    return this.#bytes.subarray(this.position, this.position + count);
  }

  /** Goes back to where the reader was. */
  seek(position: number): void {
    this.#reader.pos = position;
  }

  /** The end of the length-delimited field at hand. */
  end(): number {
    const at = this.position;
    const size = this.#guarded(() => this.#reader.uint32());
    const end = this.position + size;
    if (end > this.#bytes.length)
      throw new DecodeError(`a field of ${size} bytes begins ${this.#bytes.length - this.position} before the end`, at);
    return end;
  }

  bytes(): Buffer {
    const end = this.end();
    const found = this.#bytes.subarray(this.position, end);
    this.#reader.pos = end;
    return found;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  /** A varint that fits a double, or its lower 32 bits as the enumerations and counts of these formats have it. */
  uint32(): number {
    return this.#guarded(() => this.#reader.uint32());
  }

  /** A signed 64-bit varint: a number where a double holds it, else its decimal text. */
  int64(): JsonValue {
    let value = 0n;
    const from = this.position;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#reader.pos++];
      if (byte === undefined) throw new DecodeError('the bytes end within a number', from);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return exact(BigInt.asIntN(64, value));
    }
    throw new DecodeError('a number of more than 64 bits', from);
  }

  /** An unsigned 64-bit value in two halves, since a double loses nanoseconds. */
  fixed64(): bigint {
    return this.#guarded(() => {
      const low = BigInt(this.#reader.fixed32());
      return (BigInt(this.#reader.fixed32()) << 32n) | low;
    });
  }

  fixed32(): number {
    return this.#guarded(() => this.#reader.fixed32());
  }

  /** As the JSON form of protobuf writes what JSON has no number for. */
  double(): JsonValue {
    const value = this.#guarded(() => this.#reader.double());
    return Number.isFinite(value) ? value : String(value);
  }

  skip(wire: number): void {
    // Groups are not in any of these formats; skipping them would recurse.
    if (wire === 3 || wire === 4 || wire > 5) throw new DecodeError(`a field of wire type ${wire}`, this.position);
    this.#guarded(() => this.#reader.skipType(wire));
  }

  #guarded<T>(read: () => T): T {
    const at = this.position;
    try {
      return read();
    } catch {
      throw new DecodeError('the bytes end within a field', at);
    }
  }
}

function exact(value: bigint): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

export const text: FieldKind = { wire: LENGTH, read: (reader) => reader.text() };
export const uint32: FieldKind = { wire: VARINT, read: (reader) => reader.uint32() };
export const int64: FieldKind = { wire: VARINT, read: (reader) => reader.int64() };
export const boolean: FieldKind = { wire: VARINT, read: (reader) => reader.int64() !== 0 };
export const double: FieldKind = { wire: FIXED64, read: (reader) => reader.double() };
export const base64: FieldKind = { wire: LENGTH, read: (reader) => reader.bytes().toString('base64') };
export const fixed32: FieldKind = { wire: FIXED32, read: (reader) => reader.fixed32() };
/** Nanoseconds as decimal text; 0 says that the time is not known. */
export const nanos: FieldKind = {
  wire: FIXED64,
  read: (reader) => {
    const value = reader.fixed64();
    return value === 0n ? undefined : String(value);
  },
};
/** An identifier as lower-case hex; one that is empty or all zero is none. */
export const identifier: FieldKind = {
  wire: LENGTH,
  read: (reader) => {
    const bytes = reader.bytes();
    return bytes.every((byte) => byte === 0) ? undefined : bytes.toString('hex');
  },
};

export function nested(table: () => MessageTable): FieldKind {
  return { wire: LENGTH, read: (reader, depth) => reader.message(reader.end(), table(), depth) };
}

/** Several fields of one number as a list. */
export function repeated({ wire, read }: FieldKind): FieldKind {
  return {
    wire,
    read: (reader, depth, before) => {
      const list = (before as JsonValue[] | undefined) ?? [];
      const value = read(reader, depth, undefined);
      if (value !== undefined) list.push(value);
      return list;
    },
  };
}

/** Repeated key and value messages as one map; the last of equal keys wins. */
export function mapOf(pair: () => MessageTable): FieldKind {
  return {
    wire: LENGTH,
    read: (reader, depth, before) => {
      const map = (before as Record<string, JsonValue> | undefined) ?? Object.create(null);
      const { key, value } = reader.message(reader.end(), pair(), depth);
      map[typeof key === 'string' ? key : ''] = value ?? null;
      return map;
    },
  };
}

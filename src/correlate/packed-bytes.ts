import type { Nanos } from '../event/time.ts';
import type { JsonValue } from '../shared/json.ts';

/**
 * Numbers, texts and values written one behind the other into one buffer, and read again from the text of one byte per
 * character that is made of it. A text that was written before in the same record is written as its number.
 *
 * A value is a byte of its form and what that needs; texts of fewer than 144 characters below U+0100 have their length in
 * that byte, the first 96 texts are repeated by one byte.
 */
export type ByteWriter = {
  /** Begins a record with an instant, in 8 bytes. */
  begin(time: Nanos): void;
  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void;
  value(value: JsonValue): void;
  end(): string;
};
export type ByteReader = { number(): number; value(): JsonValue; ended(): boolean };

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const WHOLE = 3;
const NEGATIVE = 4;
const DOUBLE = 5;
const BYTES = 6;
const UNITS = 7;
const JSON_TEXT = 8;
const REPEATED = 16;
const MOST_REPEATED = 96;
const SHORT = REPEATED + MOST_REPEATED;

export function createByteWriter(): ByteWriter {
  let bytes = Buffer.alloc(4096);
  let at = 0;
  const texts: string[] = [];
  const room = (needed: number): void => {
    if (at + needed <= bytes.length) return;
    const more = Buffer.alloc(2 * (at + needed));
    bytes.copy(more, 0, 0, at);
    bytes = more;
  };
  const varint = (value: number): void => {
    room(8);
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) bytes[at++] = (left % 128) | 128;
    bytes[at++] = left;
  };
  /** False, and nothing is written: a character needs more than a byte. */
  const asBytes = (text: string): boolean => {
    for (let i = 0, to = at; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 255) return false;
      bytes[to++] = unit;
    }
    at += text.length;
    return true;
  };
  const text = (value: string): void => {
    const before = texts.indexOf(value);
    if (before >= 0) {
      room(1);
      bytes[at++] = REPEATED + before;
      return;
    }
    if (texts.length < MOST_REPEATED) texts.push(value);
    const { length } = value;
    room(2 * length + 12);
    const from = at;
    if (SHORT + length < 256) bytes[at++] = SHORT + length;
    else {
      bytes[at++] = BYTES;
      varint(length);
    }
    if (asBytes(value)) return;
    at = from;
    bytes[at++] = UNITS;
    varint(length);
    for (let i = 0; i < length; i++) at = bytes.writeUInt16LE(value.charCodeAt(i), at);
  };
  const number = (value: number): void => {
    room(12);
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      bytes[at++] = value < 0 ? NEGATIVE : WHOLE;
      varint(Math.abs(value));
    } else {
      bytes[at++] = DOUBLE;
      at = bytes.writeDoubleLE(value, at);
    }
  };
  return {
    begin(time) {
      at = bytes.writeBigInt64BE(time, 0);
      texts.length = 0;
    },
    number: varint,
    value(value) {
      if (typeof value === 'string') return text(value);
      if (typeof value === 'number') return number(value);
      room(1);
      if (value === null) bytes[at++] = NULL;
      else if (typeof value === 'boolean') bytes[at++] = value ? TRUE : FALSE;
      else {
        bytes[at++] = JSON_TEXT;
        text(JSON.stringify(value));
      }
    },
    end: () => bytes.toString('latin1', 0, at),
  };
}

const eight = new DataView(new ArrayBuffer(8));

/** The instant that a record begins with. */
export function timeAt(packed: string): Nanos {
  for (let at = 0; at < 8; at++) eight.setUint8(at, packed.charCodeAt(at));
  return eight.getBigInt64(0);
}

/** The first number of a record, where it is less than 128; 0 where it is more. */
export function smallNumberAt(packed: string): number {
  const byte = packed.charCodeAt(8);
  return byte < 128 ? byte : 0;
}

/** Reads what a writer wrote behind the instant. */
export function readBytes(packed: string): ByteReader {
  let at = 8;
  const texts: string[] = [];
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = packed.charCodeAt(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const told = (text: string): string => {
    if (texts.length < MOST_REPEATED) texts.push(text);
    return text;
  };
  const value = (): JsonValue => {
    const form = packed.charCodeAt(at++);
    if (form >= SHORT || form === BYTES) {
      const length = form === BYTES ? number() : form - SHORT;
      at += length;
      return told(packed.slice(at - length, at));
    }
    if (form >= REPEATED) return texts[form - REPEATED] as string;
    switch (form) {
      case UNITS: {
        const length = number();
        at += 2 * length;
        return told(Buffer.from(packed.slice(at - 2 * length, at), 'latin1').toString('utf16le'));
      }
      case JSON_TEXT:
        return JSON.parse(value() as string) as JsonValue;
      case WHOLE:
        return number();
      case NEGATIVE:
        return -number();
      case DOUBLE:
        for (let i = 0; i < 8; i++) eight.setUint8(i, packed.charCodeAt(at++));
        return eight.getFloat64(0, true);
      default:
        return form === NULL ? null : form === TRUE;
    }
  };
  return { number, value, ended: () => at >= packed.length };
}

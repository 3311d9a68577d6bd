/**
 * A list of numbers in text of one byte per character, without loss: what many idle groups keep beside their key. Text,
 * because it is the one plain value that costs its bytes and 16 more, and that a checkpoint takes as it is.
 *
 * A byte of length (15: it follows) and form, the smallest number as a zigzag varint, and what each number is
 * above it in `WIDTHS[form]` bits. All zero: the byte alone. Not whole, or too far apart: doubles of 8 bytes.
 */
const WIDTHS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 40] as const;
const ZEROS = 14;
const DOUBLES = 15;
/** A length that does not fit into four bits follows as a varint. */
const LONG = 15;
const MOST_BASE = 2 ** 50;

let bytes = Buffer.alloc(4096);
const double = new DataView(new ArrayBuffer(8));

function room(needed: number): void {
  if (needed <= bytes.length) return;
  const more = Buffer.alloc(2 * needed);
  bytes.copy(more);
  bytes = more;
}

/** The list of a text; of an empty text the empty list. */
export function unpack(text: string): number[] {
  const values: number[] = [];
  read(text, values);
  return values;
}

export function pack(values: readonly number[]): string {
  room(8 * values.length + 32);
  return bytes.toString('latin1', 0, write(values));
}

function write(values: readonly number[]): number {
  let [low, high, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) whole = false;
  }
  const range = high - low + 1;
  const fit = whole && Math.abs(low) < MOST_BASE ? WIDTHS.findIndex((width) => range <= 2 ** width) : -1;
  const form = values.length === 0 || (whole && low === 0 && high === 0) ? ZEROS : fit < 0 ? DOUBLES : fit;
  const long = values.length >= LONG;
  bytes[0] = ((long ? LONG : values.length) << 4) | form;
  let at = 1;
  if (long) at = writeVarint(values.length, at);
  if (form === ZEROS) return at;
  if (form === DOUBLES) {
    for (const value of values) at = bytes.writeDoubleLE(value, at);
    return at;
  }
  at = writeVarint(low < 0 ? -2 * low - 1 : 2 * low, at);
  const width = WIDTHS[form] as number;
  let held = 0;
  let bits = 0;
  for (const value of values) {
    // Sums of powers and not shifts: these end at 32 bits.
    held += (value - low) * 2 ** bits;
    for (bits += width; bits >= 8; bits -= 8) {
      bytes[at++] = held % 256;
      held = Math.floor(held / 256);
    }
  }
  if (bits > 0) bytes[at++] = held;
  return at;
}

function writeVarint(value: number, from: number): number {
  let [left, at] = [value, from];
  for (; left >= 128; left = Math.floor(left / 128)) bytes[at++] = (left % 128) | 128;
  bytes[at] = left;
  return at + 1;
}

function read(text: string, into: number[]): void {
  if (text === '') return;
  const first = text.charCodeAt(0);
  let at = 1;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = text.charCodeAt(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const form = first & 15;
  const length = first >> 4 === LONG ? varint() : first >> 4;
  if (form === ZEROS) {
    for (let i = 0; i < length; i++) into.push(0);
    return;
  }
  if (form === DOUBLES) {
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < 8; j++) double.setUint8(j, text.charCodeAt(at++));
      into.push(double.getFloat64(0, true));
    }
    return;
  }
  const zigzag = varint();
  const low = zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
  const width = WIDTHS[form] as number;
  const scale = 2 ** width;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < length; i++) {
    for (; bits < width; bits += 8) held += text.charCodeAt(at++) * 2 ** bits;
    into.push(low + (held % scale));
    held = Math.floor(held / scale);
    bits -= width;
  }
}

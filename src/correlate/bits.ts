/** Whole numbers as bits in text of one byte per character, the highest first; `slots.ts` says what is written. */
let bytes = new Uint8Array(8192);
let at = 0;
let held = 0;
let filled = 0;
const double = new DataView(new ArrayBuffer(8));

/** So many bits go through one operation on 32. */
const WIDE = 24;
const TOP = 2 ** WIDE;

export function beginBits(): void {
  at = held = filled = 0;
}

/** The lowest `width` bits of a whole number below 2^53. */
export function putBits(value: number, width: number): void {
  if (width > WIDE) {
    putBits(Math.floor(value / TOP), width - WIDE);
    putBits(value % TOP, WIDE);
    return;
  }
  held = (held << width) | value;
  filled += width;
  if (at + 4 > bytes.length) room();
  while (filled >= 8) {
    filled -= 8;
    bytes[at++] = held >>> filled;
  }
  held &= (1 << filled) - 1;
}

export function putDouble(value: number): void {
  double.setFloat64(0, value);
  for (let i = 0; i < 8; i++) putBits(double.getUint8(i), 8);
}

export function endBits(): string {
  if (filled > 0) putBits(0, 8 - filled);
  return Buffer.from(bytes.buffer, 0, at).toString('latin1');
}

function room(): void {
  const more = new Uint8Array(2 * bytes.length);
  more.set(bytes);
  bytes = more;
}

let source = '';
let next = 0;
let read = 0;
let left = 0;

/** From now on bits come from here; behind the end of the text there are zeros. */
export function readBits(text: string, from: number): void {
  source = text;
  next = from;
  read = left = 0;
}

export function getBits(width: number): number {
  if (width > WIDE) {
    const high = getBits(width - WIDE);
    return high * TOP + getBits(WIDE);
  }
  while (left < width) {
    read = (read << 8) | (next < source.length ? source.charCodeAt(next) : 0);
    next++;
    left += 8;
  }
  left -= width;
  const value = read >>> left;
  read &= (1 << left) - 1;
  return value;
}

export function getDouble(): number {
  for (let i = 0; i < 8; i++) double.setUint8(i, getBits(8));
  return double.getFloat64(0);
}

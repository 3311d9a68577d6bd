/**
 * A range coder (Martin, "Range encoding", 1979) into text of one byte per character: symbols of probability p take
 * about -log2 p bits, together and not each. Whole numbers alone, so that every machine writes and reads the same.
 */
const WINDOW = 2 ** 32;
/** The range is kept above this; totals of frequencies stay well below. */
const LEAST = 2 ** 24;

let bytes = new Uint8Array(4096);
let at = 0;
/** Where the head ends. */
let first = 0;
let source = '';
let next = 0;
/** Low end (writing) or distance of the text from it (reading), and range. Typed, as numbers beyond 31 bits would else be objects. */
const state = new Uint32Array(2);
const LOW = 0;
const RANGE = 1;

/** What is written stands behind `head`, of one byte per character. */
export function beginRange(head: string): void {
  at = 0;
  for (let i = 0; i < head.length; i++) putByte(head.charCodeAt(i));
  first = at;
  state[LOW] = 0;
  state[RANGE] = WINDOW - 1;
}

/** The symbol whose share is `[low, low + frequency)` of `total`; `frequency` is above 0 and `total` at most 2^16. */
export function putRange(low: number, frequency: number, total: number): void {
  const unit = Math.floor((state[RANGE] as number) / total);
  let start = (state[LOW] as number) + unit * low;
  let range = unit * frequency;
  if (start >= WINDOW) {
    carry();
    start -= WINDOW;
  }
  while (range < LEAST) {
    putByte(start >>> 24);
    start = (start % LEAST) * 256;
    range *= 256;
  }
  state[LOW] = start;
  state[RANGE] = range;
}

function carry(): void {
  let i = at - 1;
  for (; bytes[i] === 255; i--) bytes[i] = 0;
  bytes[i] = (bytes[i] as number) + 1;
}

function putByte(byte: number): void {
  if (at === bytes.length) {
    const more = new Uint8Array(2 * at);
    more.set(bytes);
    bytes = more;
  }
  bytes[at++] = byte;
}

/** What was written, in as few bytes as say it, since behind the end of a text there are zeros. */
export function endRange(): string {
  const [low, high] = [state[LOW] as number, (state[LOW] as number) + (state[RANGE] as number) - 1];
  let last = low;
  for (let unit = 2 ** 31; unit >= 1; unit /= 2) {
    last = Math.ceil(low / unit) * unit;
    if (last <= high) break;
  }
  if (last >= WINDOW) {
    carry();
    last -= WINDOW;
  }
  for (let i = 0; i < 4; i++) {
    putByte(last >>> 24);
    last = (last % LEAST) * 256;
  }
  while (at > first && bytes[at - 1] === 0) at--;
  return Buffer.from(bytes.buffer, 0, at).toString('latin1');
}

/** From now on symbols come from here. */
export function readRange(text: string, from: number): void {
  source = text;
  next = from;
  state[RANGE] = WINDOW - 1;
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + byteOf();
  state[LOW] = value;
}

const byteOf = (): number => (next < source.length ? source.charCodeAt(next++) : 0);

/** Which of `total` shares comes next; `tookRange` must be told whose it was. */
export function shareOf(total: number): number {
  return Math.min(total - 1, Math.floor((state[LOW] as number) / Math.floor((state[RANGE] as number) / total)));
}

export function tookRange(low: number, frequency: number, total: number): void {
  const unit = Math.floor((state[RANGE] as number) / total);
  let value = (state[LOW] as number) - unit * low;
  let range = unit * frequency;
  while (range < LEAST) {
    value = value * 256 + byteOf();
    range *= 256;
  }
  state[LOW] = value;
  state[RANGE] = range;
}

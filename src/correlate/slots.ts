import { beginBits, endBits, getBits, getDouble, putBits, putDouble, readBits } from './bits.ts';

/**
 * Short lists of numbers, one per slot of a season, in text of one byte per character and without loss: what a season
 * keeps beside its key. Slots stand in blocks, each behind its length, so that one is replaced without reading the others.
 *
 * In a block a list is one bit where it is as long as the one before, and all zero as that or not; then each number as its
 * distance to the mean of those before it in Golomb-Rice code, whose parameter follows the distances seen (as in LOCO-I;
 * Weinberger, Seroussi, Sapiro, "The LOCO-I lossless image compression algorithm", 2000). Those
 * far off are written as they are, and as doubles where they are not whole.
 */
const BLOCK = 24;
/** So many ones say that no distance follows: a zero, a whole number, or a double. */
const ESCAPE = 12;
/** Distances seen until the sums are halved: the parameter follows what is near. */
const MEMORY = 32;
const MOST = 2 ** 50;

type Lists = (readonly number[])[];

/** How great distances are: their sum and number. */
type Spread = { sum: number; count: number };

/** The place of the slot's block: the block's number, where its bits begin and end. */
export type Place = { readonly block: number; readonly from: number; readonly to: number };

/** Where the block of a slot stands; blocks that the text does not reach are empty. Before the blocks are `head` bytes of others. */
export function placeOf(text: string, slot: number, head = 0): Place {
  const block = Math.floor(slot / BLOCK);
  let from = head;
  for (let i = 0; i < block; i++) {
    const [length, start] = lengthAt(text, from);
    from = start + length;
  }
  const [length, start] = lengthAt(text, from);
  return { block, from: start, to: start + length };
}

/** The lists of a block, `BLOCK` of them, empty where nothing was written. */
export function listsAt(text: string, { from, to }: Place): Lists {
  const lists: number[][] = [];
  readBits(text, from);
  const state = to > from ? newState(getBits(START_BITS)) : undefined;
  for (let i = 0; i < BLOCK; i++) lists.push(state === undefined ? [] : readList(state));
  return lists;
}

/** The list of a slot among those of its block. */
export const indexOf = (slot: number): number => slot % BLOCK;

/** `text` with other lists in a block. */
export function withLists(text: string, place: Place, lists: Lists, head = 0): string {
  beginBits();
  const start = startOf(lists);
  putBits(start, START_BITS);
  const state = newState(start);
  for (let i = 0; i < BLOCK; i++) writeList(lists[i] ?? [], state);
  const bits = endBits();
  let padded = text;
  // Blocks before that nobody wrote yet.
  for (let end = blocksOf(text, head); end < place.block; end++) padded += '\0';
  const before = padded.slice(0, place.from - lengthBytes(place.to - place.from));
  return flat(before + lengthText(bits.length) + bits + padded.slice(place.to));
}

/** One text of its own, not parts of the texts it was made from. */
const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

function blocksOf(text: string, head: number): number {
  let blocks = 0;
  for (let from = head; from < text.length; blocks++) {
    const [length, start] = lengthAt(text, from);
    from = start + length;
  }
  return blocks;
}

/** A length of one byte, or of two from 128 on, or three. */
function lengthAt(text: string, from: number): readonly [length: number, start: number] {
  let [length, scale, at] = [0, 1, from];
  for (;;) {
    const byte = at < text.length ? text.charCodeAt(at) : 0;
    at++;
    length += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) return [length, at];
  }
}
const lengthBytes = (length: number): number => (length < 128 ? 1 : length < 16_384 ? 2 : 3);
function lengthText(length: number): string {
  let [text, left] = ['', length];
  for (; left >= 128; left >>= 7) text += String.fromCharCode((left & 127) | 128);
  return text + String.fromCharCode(left);
}

/** The width to begin with, as many bits as say it. */
const START_BITS = 5;
const newState = (start: number) => ({
  length: 0,
  zero: true,
  level: 0,
  first: { sum: 2 ** (start + 1), count: 1 } as Spread,
  rest: { sum: 2 ** start, count: 1 } as Spread,
});
/** From the distances between neighbours of one list. */
function startOf(lists: Lists): number {
  let [sum, count] = [0, 1];
  for (const list of lists)
    for (let i = 1; i < list.length; i++) {
      const distance = Math.abs((list[i] as number) - (list[i - 1] as number));
      if (!(distance < MOST)) continue;
      sum += distance;
      count++;
    }
  return Math.min(2 ** START_BITS - 1, Math.ceil(Math.log2(1 + sum / count)));
}
type State = ReturnType<typeof newState>;

function writeList(list: readonly number[], state: State): void {
  const zero = list.every((value) => Object.is(value, 0));
  if (list.length === state.length) putBits(zero === state.zero ? 0 : 0b10, zero === state.zero ? 1 : 2);
  else {
    putBits(0b11, 2);
    putBits(zero ? 0 : 1, 1);
    writeLength(list.length);
    state.length = list.length;
  }
  state.zero = zero;
  if (zero) return;
  let [sum, count] = [0, 0];
  for (const value of list) {
    const expected = count === 0 ? state.level : Math.round(sum / count);
    const spread = count === 0 ? state.first : state.rest;
    const whole = Number.isSafeInteger(value) && Math.abs(value) < MOST && !Object.is(value, -0);
    const near = whole && writeRice(value - expected, spread);
    if (!near) {
      writeEscaped(value, whole);
      noteFar(spread);
    }
    if (!near && (!whole || value === 0)) continue;
    sum += value;
    count++;
  }
  if (count > 0) state.level = Math.round(sum / count);
}

function readList(state: State): number[] {
  if (getBits(1) === 1) {
    if (getBits(1) === 0) state.zero = !state.zero;
    else {
      state.zero = getBits(1) === 0;
      state.length = readLength();
    }
  }
  const list = new Array<number>(state.length).fill(0);
  if (state.zero) return list;
  let [sum, count] = [0, 0];
  for (let i = 0; i < list.length; i++) {
    const expected = count === 0 ? state.level : Math.round(sum / count);
    const distance = readRice(count === 0 ? state.first : state.rest);
    const value = distance === undefined ? readEscaped() : expected + distance;
    list[i] = value;
    if (distance === undefined && (value === 0 || !Number.isSafeInteger(value) || Math.abs(value) >= MOST)) continue;
    sum += value;
    count++;
  }
  if (count > 0) state.level = Math.round(sum / count);
  return list;
}

/** False, and nothing is written: too far off. */
function writeRice(distance: number, spread: Spread): boolean {
  const zigzag = distance < 0 ? -2 * distance - 1 : 2 * distance;
  const width = widthOf(spread);
  const ones = Math.floor(zigzag / 2 ** width);
  if (ones >= ESCAPE) return false;
  putBits(2 * (2 ** ones - 1), ones + 1);
  putBits(zigzag % 2 ** width, width);
  note(spread, zigzag);
  return true;
}

function readRice(spread: Spread): number | undefined {
  const width = widthOf(spread);
  let ones = 0;
  while (ones < ESCAPE && getBits(1) === 1) ones++;
  if (ones === ESCAPE) {
    noteFar(spread);
    return undefined;
  }
  const zigzag = ones * 2 ** width + getBits(width);
  note(spread, zigzag);
  return zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
}

function writeEscaped(value: number, whole: boolean): void {
  putBits(2 ** ESCAPE - 1, ESCAPE);
  if (whole && value === 0) putBits(0, 1);
  else if (whole) {
    const size = Math.abs(value);
    const width = Math.floor(Math.log2(size)) + 2;
    putBits(0b10, 2);
    putBits(width, 6);
    putBits(size, width);
    putBits(value < 0 ? 1 : 0, 1);
  } else {
    putBits(0b11, 2);
    putDouble(value);
  }
}

function readEscaped(): number {
  if (getBits(1) === 0) return 0;
  if (getBits(1) === 1) return getDouble();
  const size = getBits(getBits(6));
  return getBits(1) === 1 ? -size : size;
}

/** The least width whose power, as often as distances were seen, reaches their sum. */
function widthOf({ sum, count }: Spread): number {
  let width = 0;
  for (let reach = count; reach < sum && width < 48; reach *= 2) width++;
  return Math.max(0, width - 1);
}

function note(spread: Spread, zigzag: number): void {
  spread.sum += zigzag;
  if (++spread.count < MEMORY) return;
  spread.sum /= 2;
  spread.count /= 2;
}

/** A value that was too far off: the width grows, but not by a single one. */
const noteFar = (spread: Spread): void => note(spread, ESCAPE * 2 ** widthOf(spread));

/** Bits of the longest length: no season keeps as many, and a text that nobody wrote could else ask for 2^30 numbers. */
const LENGTH_BITS = 11;
/** Elias' gamma code of length + 1, which is below 2^11. */
function writeLength(length: number): void {
  const width = 32 - Math.clz32(length + 1);
  putBits(0, width - 1);
  putBits(length + 1, width);
}
function readLength(): number {
  let width = 1;
  while (width < LENGTH_BITS && getBits(1) === 0) width++;
  return 2 ** (width - 1) + getBits(width - 1) - 1;
}

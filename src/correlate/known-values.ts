import type { Nanos } from '../event/time.ts';

/**
 * When each value of a group was seen last. Few short ones are one text of one byte per character, which takes what they
 * take: how many there are, their times of eight each, and the values, each behind and before a NUL. Others are a map.
 */
export type KnownValues = string | Map<string, Nanos>;
export const NO_VALUES = '';

/** So many values, those seen last, are remembered at least; one that was forgotten can only be new again. */
export const MAX_VALUES = 1000;
/** Values are let go so many at a time, so that finding the oldest costs each of them little. */
const SPARE = 250;
/** Values, and characters of them all, that are searched one after the other. */
const FEW = 16;
const SHORT = 400;
const TIME = 8;
const NUL = '\0';
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL parts the values.
const FITS = /^[\x01-\xff]*$/;

/** Notes that `values` were seen, and gives those that were not within `span` before. */
export function unseen(own: { last: KnownValues }, values: readonly string[], time: Nanos, span: Nanos): readonly string[] {
  let fresh: string[] | undefined;
  for (const value of values) {
    if (seenWithin(own, value, time, span)) continue;
    if (fresh === undefined) fresh = [value];
    else fresh.push(value);
  }
  return fresh ?? NONE;
}

const NONE: readonly string[] = [];

export const sizeOf = (known: KnownValues): number => (typeof known === 'string' ? countOf(known) : known.size);

/** Lets the values go that were seen longest ago, where there are too many; gives how many went. */
export function boundValues(known: KnownValues): number {
  if (typeof known === 'string' || known.size <= MAX_VALUES + SPARE) return 0;
  // Sorting keeps the order of what is equal: the same after a restart.
  const oldest = [...known].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, known.size - MAX_VALUES);
  for (const [value] of oldest) known.delete(value);
  return oldest.length;
}

function seenWithin(own: { last: KnownValues }, value: string, time: Nanos, span: Nanos): boolean {
  const { last } = own;
  if (typeof last !== 'string') {
    const seen = last.get(value);
    last.set(value, time);
    return seen !== undefined && seen >= time - span;
  }
  const place = placeOf(last, value);
  if (place < 0) {
    own.last = withValue(last, value, time);
    return false;
  }
  // Through the bytes and not by parts of the text: these would keep the texts before.
  const length = scratch.write(last, 'latin1');
  const seen = view.getBigInt64(place);
  view.setBigInt64(place, time);
  own.last = scratch.toString('latin1', 0, length);
  return seen >= time - span;
}

/** Where the time of a value stands; -1: it is not there. Letter by letter: a search for a text made for it takes twice as long. */
function placeOf(last: string, value: string): number {
  const end = 1 + TIME * countOf(last);
  let at = end + 1;
  for (let place = 1; place < end; place += TIME) {
    let same = 0;
    while (same < value.length && last.charCodeAt(at + same) === value.charCodeAt(same) && value.charCodeAt(same) !== 0) same++;
    at += same;
    if (same === value.length && last.charCodeAt(at) === 0) return place;
    while (last.charCodeAt(at) !== 0) at++;
    at++;
  }
  return -1;
}

function withValue(last: string, value: string, time: Nanos): KnownValues {
  const count = countOf(last);
  const values = 1 + TIME * count;
  if (count === FEW || last.length + value.length > SHORT || !FITS.test(value)) return mapOf(last).set(value, time);
  scratch[0] = count + 1;
  scratch.write(last.slice(1, values), 1, 'latin1');
  view.setBigInt64(values, time);
  const from = values + TIME;
  const length = scratch.write(`${count === 0 ? NUL : last.slice(values)}${value}${NUL}`, from, 'latin1');
  return scratch.toString('latin1', 0, from + length);
}

function mapOf(last: string): Map<string, Nanos> {
  const count = countOf(last);
  const values = last.slice(1 + TIME * count).split(NUL);
  scratch.write(last, 'latin1');
  return new Map(Array.from({ length: count }, (_, i) => [values[i + 1] as string, view.getBigInt64(1 + TIME * i)]));
}

const countOf = (text: string): number => (text === '' ? 0 : text.charCodeAt(0));

const scratch = Buffer.from(new ArrayBuffer(2 * SHORT));
const view = new DataView(scratch.buffer);

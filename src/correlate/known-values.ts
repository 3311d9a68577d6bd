import type { Nanos } from '../event/time.ts';
import { type Passage, ROOMY } from './kind.ts';
import { paneAt } from './pane-number.ts';
import { type HashKey, hashOf } from './sketches/keyed-hash.ts';
import { FIRST_BYTES, isKnown, noOlderValues, type OlderValues, remember, turn } from './sketches/older-values.ts';
import { VALUE_BYTES } from './values.ts';

/**
 * When each value of a group was seen last. Few short ones are one text of one byte per character, which takes what they
 * take: how many there are, their times of eight each, and the values, each behind and before a NUL. Others are a map, and
 * where they are too many those seen longest ago are known by fingerprint and quarter of the span.
 */
export type KnownValues = string | Map<string, Nanos> | Outgrown;
type Outgrown = { readonly recent: Map<string, Nanos>; readonly older: OlderValues };
/** What a rule remembers values for: a value is new again that was not seen within `span`. */
export type Remembering = { readonly span: Nanos; readonly hashKey: HashKey };
type Bounds = Pick<Passage, 'dropped' | 'estimated' | 'room'>;
type Holder = { last: KnownValues };
export const NO_VALUES = '';

/** So many values, those seen last, are remembered with their times at least. */
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

/** Notes that `values` were seen, and gives those that were not within the span before; of older ones a few may be known for a quarter of it longer. */
export function unseen(own: Holder, values: readonly string[], time: Nanos, remembering: Remembering): readonly string[] {
  let fresh: string[] | undefined;
  for (const value of values) {
    if (seenWithin(own, value, time, remembering)) continue;
    if (fresh === undefined) fresh = [value];
    else fresh.push(value);
  }
  return fresh ?? NONE;
}

const NONE: readonly string[] = [];

/** Values whose times are known. */
export const sizeOf = (known: KnownValues): number =>
  typeof known === 'string' ? countOf(known) : known instanceof Map ? known.size : known.recent.size;

const isOutgrown = (known: KnownValues): known is Outgrown => typeof known !== 'string' && !(known instanceof Map);
/** Values known by fingerprint; some of them with their time as well. */
export const olderOf = (known: KnownValues): number => (isOutgrown(known) ? known.older.count : 0);
export const olderBytes = (known: KnownValues): number => (isOutgrown(known) ? known.older.words.length : 0);

/** About what is kept beside the fingerprints. */
export const valueBytes = (known: KnownValues): number => (typeof known === 'string' ? known.length : VALUE_BYTES * sizeOf(known));

/** From the epoch on; five of them reach back a span and up to a quarter more. */
const quarterOf = (time: Nanos, span: Nanos): number => Number(paneAt(time, (span + 3n) / 4n));

/**
 * Where there are too many values, those seen longest ago are known by fingerprint from then on, and let go where there is
 * no room for that; both are told. Those that would be new again go quietly.
 */
export function boundValues(own: Holder, time: Nanos, { span, hashKey }: Remembering, passage: Bounds): void {
  const { last } = own;
  const recent = typeof last === 'string' ? undefined : last instanceof Map ? last : last.recent;
  if (recent === undefined || recent.size <= MAX_VALUES + SPARE) return;
  const { dropped, estimated, room = ROOMY } = passage;
  const older = isOutgrown(last) ? last.older : room(FIRST_BYTES) ? noOlderValues(quarterOf(time, span)) : undefined;
  if (older !== undefined) turn(older, quarterOf(time, span));
  // Sorting keeps the order of what is equal: the same after a restart.
  const oldest = [...recent].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0)).slice(0, recent.size - MAX_VALUES);
  for (const [value] of oldest) recent.delete(value);
  const due = oldest.filter(([, seen]) => seen >= time - span);
  const kept = (value: string, seen: Nanos): boolean =>
    older !== undefined && remember(older, hashOf(value, hashKey), quarterOf(seen, span), room);
  const lost = due.filter(([value, seen]) => !kept(value, seen)).length;
  own.last = older === undefined || older.count === 0 ? recent : { recent, older };
  estimated?.(due.length - lost);
  dropped?.(lost, time);
}

function seenWithin(own: Holder, value: string, time: Nanos, remembering: Remembering): boolean {
  const { last } = own;
  const { span } = remembering;
  if (typeof last !== 'string') {
    const recent = last instanceof Map ? last : last.recent;
    const seen = recent.get(value);
    recent.set(value, time);
    if (seen !== undefined) return seen >= time - span;
    return recent !== last && seenBefore(own, last as Outgrown, value, time, remembering);
  }
  const place = placeOf(last, value);
  if (place < 0) {
    packValues(own);
    own.last = withValue(own.last as string, value, time);
    return false;
  }
  if (open !== own) unpack(own, last);
  const seen = view.getBigInt64(place);
  view.setBigInt64(place, time);
  changed = true;
  return seen >= time - span;
}

/**
 * Whose text stands in `scratch`, with the times seen since: several matches of one group cost one text. Through the bytes
 * and not by parts of the text: these would keep the texts before.
 */
let open: Holder | undefined;
let length = 0;
let changed = false;

function unpack(own: Holder, last: string): void {
  if (open !== undefined) packValues(open);
  length = scratch.write(last, 'latin1');
  open = own;
}

/** Writes down what `unseen` noted; until then the text of `own` says how many values there are and which, and not when they were seen. */
export function packValues(own: Holder): void {
  if (open !== own) return;
  if (changed) own.last = scratch.toString('latin1', 0, length);
  open = undefined;
  changed = false;
}

export function forgetValues(own: Holder): void {
  packValues(own);
  own.last = NO_VALUES;
}

function seenBefore(own: Holder, { recent, older }: Outgrown, value: string, time: Nanos, { span, hashKey }: Remembering): boolean {
  turn(older, quarterOf(time, span));
  if (older.count === 0) {
    own.last = recent;
    return false;
  }
  return isKnown(older, hashOf(value, hashKey));
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

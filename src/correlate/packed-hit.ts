import type { Held } from '../detect/exceptions.ts';
import type { Step } from '../detect/match.ts';
import type { Origin } from '../event/raw-record.ts';
import { newBag } from '../shared/bag.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Hit } from './firing.ts';
import { createHitWords, NO_NAMES, type StoredWords } from './hit-words.ts';
import { type HitReader, KeptHit } from './kept-hit.ts';
import { type ByteReader, createByteWriter, readBytes, smallNumberAt, timeAt } from './packed-bytes.ts';

/**
 * Hits as text of one byte per character, without loss: what a group keeps of a match. One text and one object for all
 * rules and groups that a match comes to.
 */
export type HitPacker = {
  /** What is kept of a hit; itself where a number of it is none that a text takes. */
  keep(hit: Hit): Hit;
  /** The kept hit of a text. */
  kept(packed: string): KeptHit;
  /** The same text as one object for all that a checkpoint has it for, until everything is `restored`. */
  share(packed: string): string;
  restored(): void;
  snapshot(): StoredWords;
};

export const timeOf = timeAt;

type Fields = Readonly<Record<string, JsonValue>>;
type Seen = { readonly hit: Hit; readonly kept: KeptHit };

/** Hits that were kept or read last: a match comes to all its rules at once, and often to their alerts as well. */
const RECENT = 4;
const MOST_SHARED = 2 ** 20;

export function createHitPacker(stored?: StoredWords): HitPacker {
  const words = createHitWords(stored);
  const writer = createByteWriter();
  const shared = new Map<string, string>();
  const recent: Seen[] = [];
  let next = 0;
  const remember = (hit: Hit, kept: KeptHit): void => {
    recent[next] = { hit, kept };
    next = (next + 1) % RECENT;
  };

  const putWord = (text: string): void => {
    const number = words.wordOf(text);
    writer.number(number);
    if (number === 0) writer.value(text);
  };
  const putFields = (fields: Fields): void => {
    let [shape, count] = [NO_NAMES, 0];
    for (const name in fields) {
      if (fields[name] === undefined) continue;
      shape = words.shapeOf(shape, name);
      count++;
    }
    writer.number(shape);
    if (shape === 0) writer.number(count);
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      if (shape === 0) writer.value(name);
      writer.value(value);
    }
  };
  const write = ({ time, origin, rule, appendedAt, values, entities, bytes, trail, exceptions }: Hit): string => {
    writer.begin(time);
    putWord(rule);
    putWord(origin.source);
    writer.number(origin.partition);
    writer.number(Number(origin.offset));
    writer.number(origin.index);
    writer.number(appendedAt);
    writer.number(bytes);
    putFields(values);
    putFields(entities);
    if (trail !== undefined || exceptions !== undefined) {
      writer.value((trail ?? null) as JsonValue);
      writer.value((exceptions ?? null) as JsonValue);
    }
    return writer.end();
  };
  const word = (from: ByteReader): string => {
    const number = from.number();
    return number === 0 ? (from.value() as string) : words.word(number);
  };
  const fields = (from: ByteReader): Fields => {
    const out = newBag<JsonValue>();
    const shape = from.number();
    if (shape === 0) for (let left = from.number(); left > 0; left--) out[from.value() as string] = from.value();
    else for (const name of words.names(shape)) out[name] = from.value();
    return out;
  };
  const origin = (from: ByteReader): Origin => ({
    source: word(from),
    partition: from.number(),
    offset: BigInt(from.number()),
    index: from.number(),
  });
  const read = (packed: string): Hit => {
    const from = readBytes(packed);
    const rule = word(from);
    const hit: Hit = {
      time: timeAt(packed),
      rule,
      origin: origin(from),
      appendedAt: from.number(),
      bytes: from.number(),
      values: fields(from),
      entities: fields(from),
    };
    if (from.ended()) return hit;
    const trail = from.value() as unknown as readonly Step[] | null;
    const exceptions = from.value() as unknown as readonly Held[] | null;
    return { ...hit, ...(exceptions === null ? {} : { exceptions }), ...(trail === null ? {} : { trail }) };
  };
  const reader: HitReader = {
    whole(packed) {
      for (const { hit, kept } of recent) if (kept.packed === packed) return hit;
      const hit = read(packed);
      remember(hit, new KeptHit(hit.time, hit.rule, packed, reader));
      return hit;
    },
    origin(packed) {
      const from = readBytes(packed);
      word(from);
      return origin(from);
    },
    values(packed) {
      const from = readBytes(packed);
      word(from);
      word(from);
      for (let left = 5; left > 0; left--) from.number();
      return fields(from);
    },
  };
  return {
    keep(hit) {
      if (hit instanceof KeptHit) return hit;
      for (const one of recent) if (one.hit === hit) return one.kept;
      if (!fits(hit)) return hit;
      const kept = new KeptHit(hit.time, hit.rule, write(hit), reader);
      remember(hit, kept);
      return kept;
    },
    kept(packed) {
      const number = smallNumberAt(packed);
      return new KeptHit(timeAt(packed), number > 0 ? words.word(number) : word(readBytes(packed)), packed, reader);
    },
    share(packed) {
      const known = shared.get(packed);
      if (known === undefined && shared.size < MOST_SHARED) shared.set(packed, packed);
      return known ?? packed;
    },
    restored: () => shared.clear(),
    snapshot: () => words.snapshot(),
  };
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

const fits = ({ time, origin, appendedAt, bytes }: Hit): boolean =>
  BigInt.asIntN(64, time) === time &&
  isCount(origin.partition) &&
  isCount(origin.index) &&
  isCount(appendedAt) &&
  isCount(bytes) &&
  origin.offset >= 0n &&
  origin.offset <= MOST;

import type { Held } from '../detect/exceptions.ts';
import type { Step } from '../detect/match.ts';
import { newBag } from '../shared/bag.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Hit } from './firing.ts';
import { createHitWords, NO_NAMES, type StoredWords } from './hit-words.ts';
import { createByteWriter, readBytes, timeAt } from './packed-bytes.ts';

/**
 * Hits as text of one byte per character, without loss: what a group at rest keeps of a match. The same hit gives the same
 * text, one for all rules and groups that it is in, and the same object again while it is among the last.
 */
export type HitPacker = {
  /** Undefined: a number of it is none that such a text takes (docs/correlation.md names none that a source gives). */
  pack(hit: Hit): string | undefined;
  unpack(packed: string): Hit;
  snapshot(): StoredWords;
};

export const timeOf = timeAt;

type Fields = Readonly<Record<string, JsonValue>>;

/** Hits and their texts that were seen last: a match comes to all its rules at once. */
const RECENT = 4;

export function createHitPacker(stored?: StoredWords): HitPacker {
  const words = createHitWords(stored);
  const writer = createByteWriter();
  const recent = Array.from({ length: RECENT }, () => ({ hit: undefined as Hit | undefined, packed: '' }));
  let next = 0;
  const remember = (hit: Hit, packed: string): void => {
    recent[next] = { hit, packed };
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
  const read = (packed: string): Hit => {
    const reader = readBytes(packed);
    const word = (): string => {
      const number = reader.number();
      return number === 0 ? (reader.value() as string) : words.word(number);
    };
    const fields = (): Fields => {
      const out = newBag<JsonValue>();
      const shape = reader.number();
      if (shape === 0) for (let left = reader.number(); left > 0; left--) out[reader.value() as string] = reader.value();
      else for (const name of words.names(shape)) out[name] = reader.value();
      return out;
    };
    const rule = word();
    const origin = { source: word(), partition: reader.number(), offset: BigInt(reader.number()), index: reader.number() };
    const [appendedAt, bytes] = [reader.number(), reader.number()];
    const hit: Hit = { time: timeAt(packed), origin, rule, appendedAt, values: fields(), entities: fields(), bytes };
    if (reader.ended()) return hit;
    const trail = reader.value() as unknown as readonly Step[] | null;
    const exceptions = reader.value() as unknown as readonly Held[] | null;
    return { ...hit, ...(exceptions === null ? {} : { exceptions }), ...(trail === null ? {} : { trail }) };
  };
  return {
    pack(hit) {
      for (const one of recent) if (one.hit === hit) return one.packed;
      if (!fits(hit)) return undefined;
      const packed = write(hit);
      remember(hit, packed);
      return packed;
    },
    unpack(packed) {
      for (const one of recent) if (one.hit !== undefined && one.packed === packed) return one.hit;
      const hit = read(packed);
      remember(hit, packed);
      return hit;
    },
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

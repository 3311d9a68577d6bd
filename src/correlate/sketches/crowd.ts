import type { Nanos } from '../../event/time.ts';
import { addHash, type HyperLogLog, hyperLogLog, isNews, SMALL, unite } from './hyperloglog.ts';
import { type HashKey, hashOf } from './keyed-hash.ts';

/** Members of one key in one pane of a census: each with the time it came first, or a sketch of all of them. */
export type Crowd = Members | Sketch;
export type Members = Map<string, Nanos>;
/**
 * A HyperLogLog of the members that came before the watermark. What is asked for is never before it, so those need no time.
 * Of the others it keeps hash and time where they would change a register: at most a few thousand, mostly none.
 */
export type Sketch = { readonly registers: HyperLogLog; readonly pending: Map<number, Nanos> };

/** A sketch takes the room of so many members, of about 100 bytes each. */
export const SKETCH_ROOM = Math.ceil(2 ** SMALL.bits / 100);

/** `watermark`: members from it on are pending. */
export function sketchOf(members: Members, key: HashKey, watermark: Nanos): Sketch {
  const sketch: Sketch = { registers: hyperLogLog(SMALL.bits), pending: new Map() };
  const later: [string, Nanos][] = [];
  for (const [member, first] of members) {
    if (first < watermark) addHash(sketch.registers, hashOf(member, key));
    else later.push([member, first]);
  }
  for (const [member, first] of later) addMember(sketch, hashOf(member, key), first);
  return sketch;
}

export function addMember({ registers, pending }: Sketch, hash: number, time: Nanos): void {
  if (!isNews(registers, hash)) return;
  const first = pending.get(hash);
  if (first === undefined || time < first) pending.set(hash, time);
}

/** The watermark has come so far. */
export function fold({ registers, pending }: Sketch, watermark: Nanos): void {
  for (const [hash, first] of pending) {
    if (first < watermark) addHash(registers, hash);
    if (!isNews(registers, hash)) pending.delete(hash);
  }
}

/** Adds those of a sketch that came up to `time`. */
export function uniteUpTo(into: HyperLogLog, { registers, pending }: Sketch, time: Nanos): void {
  unite(into, registers);
  for (const [hash, first] of pending) if (first <= time) addHash(into, hash);
}

/** Members in order of time: when each came, and of them the hashes that changed a register when they came. */
export type Course = { readonly firsts: readonly Nanos[]; readonly news: readonly (readonly [Nanos, number])[] };

export function courseOf(members: Members, key: HashKey): Course {
  const registers = hyperLogLog(SMALL.bits);
  const ordered = [...members].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  const news: [Nanos, number][] = [];
  for (const [member, first] of ordered) {
    const hash = hashOf(member, key);
    if (addHash(registers, hash)) news.push([first, hash]);
  }
  return { firsts: ordered.map(([, first]) => first), news };
}

export function follow(into: HyperLogLog, { news }: Course, time: Nanos): void {
  for (const [first, hash] of news) {
    if (first > time) return;
    addHash(into, hash);
  }
}

import type { Nanos } from '../event/time.ts';
import { MAX_TIME } from './hits.ts';
import {
  addMember,
  type Course,
  type Crowd,
  courseOf,
  fold,
  follow,
  type Members,
  SKETCH_ROOM,
  sketchOf,
  uniteUpTo,
} from './sketches/crowd.ts';
import type { HyperLogLog } from './sketches/hyperloglog.ts';
import { type HashKey, hashOf } from './sketches/keyed-hash.ts';

/** Per pane: members of one key that are told apart, keys, and pairs of both, which take about 100 bytes each. */
export type CensusLimits = { readonly members: number; readonly keys: number; readonly pairs: number };

/** `left out`: there was no room, and the member does not count. */
export type Noted = 'told apart' | 'estimated' | 'left out';

export type StoredPane = {
  readonly keys: Map<string, Crowd>;
  /** Keys that lack members; every key may, where new ones found no room. */
  readonly lacking: Set<string>;
  readonly turnedAway: boolean;
};

/** The members of every key in one pane of a census. */
export type CensusPane = {
  note(name: string, member: string, time: Nanos): Noted;
  crowd(name: string): Crowd | undefined;
  /** May the key have more members than are counted? */
  lacks(name: string): boolean;
  /** Has the key more members up to `time` than are told apart? */
  many(name: string, time: Nanos): boolean;
  uniteUpTo(into: HyperLogLog, name: string, time: Nanos): void;
  /** Members before the watermark need their times no more. */
  fold(watermark: Nanos): void;
  snapshot(): StoredPane;
};

const sizeOf = (crowd: Crowd): number => (crowd instanceof Map ? crowd.size : SKETCH_ROOM + crowd.pending.size);

export function createCensusPane(key: HashKey, limits: CensusLimits, stored?: StoredPane): CensusPane {
  const keys = stored?.keys ?? new Map<string, Crowd>();
  const lacking = stored?.lacking ?? new Set<string>();
  let turnedAway = stored?.turnedAway ?? false;
  /** Keys that have more members than are told apart and no sketch yet, or a sketch that some wait for. */
  const crowded = new Set<string>();
  /** Of members without a sketch whose estimate was asked for; gone when they change. */
  const courses = new Map<string, Course>();
  let pairs = 0;
  for (const [name, crowd] of keys) {
    pairs += sizeOf(crowd);
    if (crowd instanceof Map ? crowd.size > limits.members : crowd.pending.size > 0) crowded.add(name);
  }

  const courseAt = (name: string, members: Members): Course => {
    let course = courses.get(name);
    if (course === undefined) courses.set(name, (course = courseOf(members, key)));
    return course;
  };
  const changed = (name: string): void => {
    if (courses.size > 0) courses.delete(name);
  };
  const sketch = (name: string, members: Members, watermark: Nanos): void => {
    const crowd = sketchOf(members, key, watermark);
    pairs += sizeOf(crowd) - members.size;
    keys.set(name, crowd);
    changed(name);
  };
  const estimate = (name: string, member: string, time: Nanos): Noted => {
    const crowd = keys.get(name) as Exclude<Crowd, Members>;
    const { size } = crowd.pending;
    addMember(crowd, hashOf(member, key), time);
    pairs += crowd.pending.size - size;
    if (pairs > limits.pairs) {
      // No room to wait: it counts at once, up to the lateness early.
      pairs -= crowd.pending.size;
      fold(crowd, MAX_TIME);
    } else if (crowd.pending.size > 0) crowded.add(name);
    return 'estimated';
  };
  const add = (name: string, members: Members, member: string, time: Nanos): Noted => {
    if (pairs < limits.pairs) {
      members.set(member, time);
      pairs++;
      changed(name);
      if (members.size <= limits.members) return 'told apart';
      crowded.add(name);
      return 'estimated';
    }
    if (members.size > SKETCH_ROOM) {
      sketch(name, members, MAX_TIME);
      return estimate(name, member, time);
    }
    lacking.add(name);
    return 'left out';
  };
  return {
    note(name, member, time) {
      const crowd = keys.get(name);
      if (crowd === undefined) {
        if (keys.size >= limits.keys || pairs >= limits.pairs) {
          turnedAway = true;
          return 'left out';
        }
        keys.set(name, new Map([[member, time]]));
        pairs++;
        return 'told apart';
      }
      if (!(crowd instanceof Map)) return estimate(name, member, time);
      const first = crowd.get(member);
      if (first === undefined) return add(name, crowd, member, time);
      if (time < first) {
        crowd.set(member, time);
        changed(name);
      }
      return 'told apart';
    },
    crowd: (name) => keys.get(name),
    lacks: (name) => lacking.has(name) || (turnedAway && !keys.has(name)),
    many(name, time) {
      const crowd = keys.get(name);
      if (!(crowd instanceof Map)) return crowd !== undefined;
      return crowd.size > limits.members && (courseAt(name, crowd).firsts[limits.members] as Nanos) <= time;
    },
    uniteUpTo(into, name, time) {
      const crowd = keys.get(name);
      if (crowd instanceof Map) follow(into, courseAt(name, crowd), time);
      else if (crowd !== undefined) uniteUpTo(into, crowd, time);
    },
    fold(watermark) {
      for (const name of crowded) {
        const crowd = keys.get(name) as Crowd;
        if (!(crowd instanceof Map)) {
          pairs -= crowd.pending.size;
          fold(crowd, watermark);
          pairs += crowd.pending.size;
          if (crowd.pending.size === 0) crowded.delete(name);
          // Not sooner: for an instant at which there are fewer the number is exact.
        } else if (countBefore(crowd, watermark) > limits.members) sketch(name, crowd, watermark);
      }
    },
    snapshot: () => ({ keys, lacking, turnedAway }),
  };
}

function countBefore(members: Members, watermark: Nanos): number {
  let count = 0;
  for (const first of members.values()) if (first < watermark) count++;
  return count;
}

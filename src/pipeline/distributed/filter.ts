import type { MatchRecord, Place } from './records.ts';

/**
 * Takes each match once, however often and by how many workers it was appended (delivery page, section 4). Per source
 * partition, rule logic and member it holds the highest place seen and the groups seen there: workers append in source
 * order, so what lies below was there before. By rule, because workers may run different rules; by group, because one
 * event may count for several.
 */
export type Filter = {
  takes(record: Extract<MatchRecord, { kind: 'match' }>): boolean;
  /** A watermark counts if it was not said from an earlier place than one before it: a worker may wake up late. */
  takesTime(place: Place): boolean;
  snapshot(): FilterState;
};

type Seen = { incarnation: number; offset: bigint; index: number; groups: Set<string> };
export type FilterState = {
  readonly matches: readonly (readonly [key: string, incarnation: number, offset: string, index: number, groups: readonly string[]])[];
  readonly times: readonly (readonly [key: string, incarnation: number, offset: string])[];
};

export function createFilter(state: FilterState = { matches: [], times: [] }): Filter {
  const matches = new Map<string, Seen>(
    state.matches.map(([key, incarnation, offset, index, groups]) => [
      key,
      { incarnation, offset: BigInt(offset), index, groups: new Set(groups) },
    ]),
  );
  const times = new Map(state.times.map(([key, incarnation, offset]) => [key, { incarnation, offset: BigInt(offset) }]));
  return {
    takes({ place, routed }) {
      const { source, partition, incarnation, offset, index } = place;
      const key = JSON.stringify([source, partition, routed.rule, routed.logic, routed.hit.rule]);
      const seen = matches.get(key);
      const order = seen === undefined ? 1 : incarnation - seen.incarnation || compare(offset, seen.offset) || index - seen.index;
      if (order < 0) return false;
      if (order > 0) {
        matches.set(key, { incarnation, offset, index, groups: new Set([routed.group.key]) });
        return true;
      }
      if (seen?.groups.has(routed.group.key)) return false;
      seen?.groups.add(routed.group.key);
      return true;
    },
    takesTime({ source, partition, incarnation, offset }) {
      const key = JSON.stringify([source, partition]);
      const seen = times.get(key);
      if (seen !== undefined && (incarnation - seen.incarnation || compare(offset, seen.offset)) < 0) return false;
      times.set(key, { incarnation, offset });
      return true;
    },
    snapshot: () => ({
      matches: [...matches].map(([key, { incarnation, offset, index, groups }]) => [key, incarnation, String(offset), index, [...groups]]),
      times: [...times].map(([key, { incarnation, offset }]) => [key, incarnation, String(offset)]),
    }),
  };
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

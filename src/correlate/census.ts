import type { Nanos } from '../event/time.ts';

/**
 * How many different members (hosts, users) have something in common, over all groups of a rule: per key and pane of one
 * `span` the members and when each came first. What is asked for an instant depends on the matches up to it alone, so the
 * order of arrival within the lateness does not matter. It reaches back between one and two spans.
 */
export type Census = {
  /** False: there was no room, and the member does not count. */
  note(key: string, member: string, time: Nanos): boolean;
  /** Members of a key that were seen up to `time`, of those that are counted. */
  members(key: string, time: Nanos): number;
  /** True when a key may have more members at `time` than are counted. */
  full(key: string, time: Nanos): boolean;
  /** Nothing before the watermark will be asked for any more. */
  forget(watermark: Nanos): void;
  snapshot(): CensusState;
};

type Pane = Map<string, Map<string, Nanos>>;
export type CensusState = { readonly panes: Map<string, Pane> };
export type CensusLimits = { readonly members: number; readonly keys: number; readonly pairs: number };

/** Per pane: members of one key, keys, and pairs of both, which take about 100 bytes each. */
export const CENSUS_LIMITS: CensusLimits = { members: 2048, keys: 100_000, pairs: 500_000 };

type Counted = {
  readonly keys: Pane;
  pairs: number /** Keys that lack members; every key may, where new ones found no room. */;
  readonly lacking: Set<string>;
  turnedAway: boolean;
};

export function createCensus(span: Nanos, stored?: CensusState, limits = CENSUS_LIMITS): Census {
  const panes = new Map<bigint, Counted>([...(stored?.panes ?? [])].map(([number, keys]) => [BigInt(number), restored(keys, limits)]));
  const numberOf = (time: Nanos): bigint => time / span - (time < 0n ? 1n : 0n);
  const lacks = (number: bigint, key: string): boolean => {
    const pane = panes.get(number);
    return pane !== undefined && (pane.lacking.has(key) || (pane.turnedAway && !pane.keys.has(key)));
  };
  return {
    note(key, member, time) {
      const number = numberOf(time);
      let pane = panes.get(number);
      if (pane === undefined) panes.set(number, (pane = { keys: new Map(), pairs: 0, lacking: new Set(), turnedAway: false }));
      const members = pane.keys.get(key);
      const first = members?.get(member);
      if (members !== undefined && first !== undefined) {
        if (time < first) members.set(member, time);
        return true;
      }
      if (members === undefined && (pane.keys.size >= limits.keys || pane.pairs >= limits.pairs)) {
        pane.turnedAway = true;
        return false;
      }
      if (members !== undefined && (members.size >= limits.members || pane.pairs >= limits.pairs)) {
        pane.lacking.add(key);
        return false;
      }
      if (members === undefined) pane.keys.set(key, new Map([[member, time]]));
      else members.set(member, time);
      pane.pairs++;
      return true;
    },
    members(key, time) {
      const number = numberOf(time);
      const before = panes.get(number - 1n)?.keys.get(key);
      const now = panes.get(number)?.keys.get(key);
      let count = before?.size ?? 0;
      if (now !== undefined) for (const [member, first] of now) if (first <= time && !before?.has(member)) count++;
      return count;
    },
    full(key, time) {
      const number = numberOf(time);
      return lacks(number, key) || lacks(number - 1n, key);
    },
    forget(watermark) {
      const oldest = numberOf(watermark) - 1n;
      for (const number of panes.keys()) if (number < oldest) panes.delete(number);
    },
    snapshot: () => ({ panes: new Map([...panes].map(([number, { keys }]) => [String(number), keys])) }),
  };
}

/** What lacked members is not stored: whatever is at a limit may. */
function restored(keys: Pane, limits: CensusLimits): Counted {
  let pairs = 0;
  for (const members of keys.values()) pairs += members.size;
  const crowded = pairs >= limits.pairs;
  const lacking = new Set([...keys].filter(([, members]) => crowded || members.size >= limits.members).map(([key]) => key));
  return { keys, pairs, lacking, turnedAway: crowded || keys.size >= limits.keys };
}

import type { Nanos } from '../event/time.ts';

/**
 * How many different members (hosts, users) have something in common, over all groups of a rule: per key and pane of one
 * `span` the members and when each came first. What is asked for an instant depends on the matches up to it alone, so the
 * order of arrival within the lateness does not matter. It reaches back between one and two spans.
 */
export type Census = {
  note(key: string, member: string, time: Nanos): void;
  /** Members of a key that were seen up to `time`; at most 256 are told apart. */
  members(key: string, time: Nanos): number;
  /** Nothing before the watermark will be asked for any more. */
  forget(watermark: Nanos): void;
  snapshot(): CensusState;
};

type Pane = Map<string, Map<string, Nanos>>;
export type CensusState = { readonly panes: Map<string, Pane>; readonly left: number };

/** Members told apart per key and pane; who has so many is common by any measure. */
const MAX_MEMBERS = 256;
/** Keys per pane; members of further ones are not counted, so these look rare. */
const MAX_KEYS = 100_000;

export function createCensus(span: Nanos, stored?: CensusState): Census {
  const panes = new Map<bigint, Pane>([...(stored?.panes ?? [])].map(([number, pane]) => [BigInt(number), pane]));
  let left = stored?.left ?? 0;
  const numberOf = (time: Nanos): bigint => time / span - (time < 0n ? 1n : 0n);
  return {
    note(key, member, time) {
      const number = numberOf(time);
      let pane = panes.get(number);
      if (pane === undefined) panes.set(number, (pane = new Map()));
      let members = pane.get(key);
      if (members === undefined) {
        if (pane.size >= MAX_KEYS) {
          left++;
          return;
        }
        pane.set(key, (members = new Map()));
      }
      const first = members.get(member);
      if (first === undefined ? members.size < MAX_MEMBERS : time < first) members.set(member, time);
    },
    members(key, time) {
      const number = numberOf(time);
      const before = panes.get(number - 1n)?.get(key);
      const now = panes.get(number)?.get(key);
      let count = before?.size ?? 0;
      if (now !== undefined) for (const [member, first] of now) if (first <= time && !before?.has(member)) count++;
      return count;
    },
    forget(watermark) {
      const oldest = numberOf(watermark) - 1n;
      for (const number of panes.keys()) if (number < oldest) panes.delete(number);
    },
    snapshot: () => ({ panes: new Map([...panes].map(([number, pane]) => [String(number), pane])), left }),
  };
}

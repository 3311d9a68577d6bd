import type { Nanos } from '../event/time.ts';
import { type CensusLimits, type CensusPane, createCensusPane, type Noted, type StoredPane } from './census-pane.ts';
import { paneAt } from './pane-number.ts';
import type { Members } from './sketches/crowd.ts';
import { estimateOf, hyperLogLog, SMALL } from './sketches/hyperloglog.ts';
import type { HashKey } from './sketches/keyed-hash.ts';

/**
 * How many different members (hosts, users) have something in common, over all groups of a rule: per key and pane of one
 * `span` the members and when each came first. What is asked for an instant depends on the matches up to it alone, so the
 * order of arrival within the lateness does not matter. It reaches back between one and two spans.
 *
 * Where a key has more members in a pane than are told apart, all of them are estimated (`SMALL`), and a sketch takes the
 * place of those that the watermark has passed.
 */
export type Census = {
  note(key: string, member: string, time: Nanos): Noted;
  /** Members of a key that were seen up to `time`, which is not before the last `forget`, of those that are counted. */
  members(key: string, time: Nanos): number;
  /** What `members` gives. `or more`: some may have been left out. */
  sureness(key: string, time: Nanos): 'exact' | 'estimate' | 'or more';
  /** Nothing before the watermark will be asked for any more. */
  forget(watermark: Nanos): void;
  snapshot(): CensusState;
};

export type CensusState = { readonly panes: Map<string, StoredPane> };

export const CENSUS_LIMITS: CensusLimits = { members: 2048, keys: 100_000, pairs: 500_000 };

export function createCensus(span: Nanos, hashKey: HashKey, stored?: CensusState, limits = CENSUS_LIMITS): Census {
  const panes = new Map<bigint, CensusPane>(
    [...(stored?.panes ?? [])].map(([number, pane]) => [BigInt(number), createCensusPane(hashKey, limits, pane)]),
  );
  const numberOf = (time: Nanos): bigint => paneAt(time, span);
  const union = hyperLogLog(SMALL.bits);
  const isEstimate = (key: string, time: Nanos, before: CensusPane | undefined, now: CensusPane | undefined): boolean =>
    (before?.many(key, time) ?? false) || (now?.many(key, time) ?? false);
  return {
    note(key, member, time) {
      const number = numberOf(time);
      let pane = panes.get(number);
      if (pane === undefined) panes.set(number, (pane = createCensusPane(hashKey, limits)));
      return pane.note(key, member, time);
    },
    members(key, time) {
      const number = numberOf(time);
      const [before, now] = [panes.get(number - 1n), panes.get(number)];
      if (isEstimate(key, time, before, now)) {
        union.fill(0);
        before?.uniteUpTo(union, key, time);
        now?.uniteUpTo(union, key, time);
        return Math.max(limits.members + 1, Math.round(estimateOf(union)));
      }
      const earlier = before?.crowd(key) as Members | undefined;
      let count = earlier?.size ?? 0;
      for (const [member, first] of (now?.crowd(key) as Members | undefined) ?? NOBODY) if (first <= time && !earlier?.has(member)) count++;
      return count;
    },
    sureness(key, time) {
      const number = numberOf(time);
      const [before, now] = [panes.get(number - 1n), panes.get(number)];
      if (before?.lacks(key) || now?.lacks(key)) return 'or more';
      return isEstimate(key, time, before, now) ? 'estimate' : 'exact';
    },
    forget(watermark) {
      const oldest = numberOf(watermark) - 1n;
      for (const [number, pane] of panes) {
        if (number < oldest) panes.delete(number);
        else pane.fold(watermark);
      }
    },
    snapshot: () => ({ panes: new Map([...panes].map(([number, pane]) => [String(number), pane.snapshot()])) }),
  };
}

const NOBODY: Members = new Map();

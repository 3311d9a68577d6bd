import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import { durationText } from '../../shared/duration.ts';
import { confidenceOf } from '../detectors/judged.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Frame, Kind } from '../kind.ts';
import { valueKeys } from '../values.ts';
import { decisionsOf, rounded } from './told.ts';

/** Counts per value of one pane, a 24th of the timespan. */
type Pane = { readonly number: bigint; total: number; readonly counts: Map<string, number> };
type Own = Applied & { panes: Pane[]; told: boolean };

const PANES = 24n;
/** Values counted per pane; further ones are counted in the total alone and not judged: a value may be missed, none is invented. */
const MAX_VALUES = 1000;

/**
 * A value that has few of the group's matches: at most `maxCount` and at most `share` of all in the timespan. Counts are
 * per pane, so that the window is up to one pane longer than the timespan.
 */
export function rare(condition: Extract<MatchAnomaly, { readonly kind: 'rare' }>, { timespan }: Frame): Kind {
  const { fields, share, minEvents, maxCount } = condition;
  const width: Nanos = timespan / PANES > 0n ? timespan / PANES : 1n;
  const numberOf = (time: Nanos): bigint => time / width - (time < 0n && time % width !== 0n ? 1n : 0n);
  const drop = (own: Own, number: bigint): void => {
    own.panes = own.panes.filter((pane) => pane.number >= number - PANES);
  };
  return inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, panes: [], told: false }),
    apply(own, hit) {
      const { time } = hit;
      const number = numberOf(time);
      drop(own, number);
      let pane = own.panes.at(-1);
      if (pane?.number !== number) own.panes.push((pane = { number, total: 0, counts: new Map() }));
      pane.total++;
      const keys = valueKeys(fields, hit.values);
      for (const key of keys)
        if (pane.counts.has(key) || pane.counts.size < MAX_VALUES) pane.counts.set(key, (pane.counts.get(key) ?? 0) + 1);
      const total = own.panes.reduce((sum, one) => sum + one.total, 0);
      if (total < minEvents) {
        if (own.told) return undefined;
        own.told = true;
        return { time, start: time, end: time, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      const few = keys
        .map((key) => ({ key, count: own.panes.reduce((sum, { counts }) => sum + (counts.get(key) ?? 0), 0) }))
        .filter(({ count }) => count > 0 && count <= maxCount && count <= share * total);
      if (few.length === 0) return undefined;
      const decision = few.flatMap(({ key, count }) =>
        decisionsOf({
          what: `rare ${fields.join(', ')} within ${durationText(timespan)}: ${key}`,
          baseline: `${total} matches of the group`,
          expected: `more than ${maxCount} matches, or more than ${rounded(share * 100)} % of all`,
          observed: count,
          confidence: confidenceOf(share * total, count),
        }),
      );
      return { time, start: time - timespan, end: time, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ panes }) => {
      const last = panes.at(-1);
      return last === undefined ? undefined : (last.number + PANES + 1n) * width;
    },
    elapsed(own) {
      own.panes = [];
      return undefined;
    },
    blank: ({ panes }) => panes.length === 0,
  });
}

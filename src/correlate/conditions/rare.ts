import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import { durationText } from '../../shared/duration.ts';
import { confidenceOf } from '../detectors/judged.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Frame, Kind } from '../kind.ts';
import { paneNumber } from '../pane-number.ts';
import { hashKeyOf } from '../sketches/keyed-hash.ts';
import { lacksAny, valueKeys } from '../values.ts';
import type { Look, PanePoint } from './panes.ts';
import { type Counts, clear, countsBytes, countValue, crowdText, noCounts, PANES, tableBytes, turn } from './rare-counts.ts';
import { decisionsOf, rounded } from './told.ts';

type Times = { readonly key: string; readonly count: number };

type Own = Applied & Counts & { told: boolean };
type Rare = Extract<MatchAnomaly, { readonly kind: 'rare' }>;

/**
 * A value that has few of the group's matches: at most `maxCount` and at most `share` of all in the timespan. Counts are
 * per pane, so that the window is up to one pane longer than the timespan.
 */
export function rare(condition: Rare, { timespan, logicDigest = '' }: Frame, look?: Look): Kind {
  const { fields, share, minEvents, maxCount } = condition;
  const hashKey = hashKeyOf(logicDigest);
  const width: Nanos = timespan / BigInt(PANES) > 0n ? timespan / BigInt(PANES) : 1n;
  const numberOf = paneNumber(width);
  const kind = inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, ...noCounts(), told: false }),
    apply(own, hit, passage) {
      const { time } = hit;
      const number = numberOf(time);
      if (own.pane !== number) turn(own, number);
      own.now++;
      own.total++;
      const { total } = own;
      let few: Times[] | undefined;
      const counted: Times[] | undefined = look && [];
      for (const key of valueKeys(fields, hit.values, passage.dropped, time)) {
        const count = countValue(own, key, hashKey, time, passage);
        if (count === undefined) continue;
        counted?.push({ key, count });
        if (count <= maxCount && count <= share * total) few = [...(few ?? []), { key, count }];
      }
      if (counted !== undefined && counted.length > 0) look?.(pointOf(own, counted, time, condition));
      if (total < minEvents) {
        if (own.told) return undefined;
        own.told = true;
        return { time, start: time, end: time, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      if (few === undefined) return undefined;
      const decision = few.flatMap(({ key, count }) =>
        decisionsOf({
          what: `rare ${fields.join(', ')} within ${durationText(timespan)}: ${key}`,
          baseline: `${total} matches of the group${crowdText(own, number)}`,
          expected: `more than ${maxCount} matches, or more than ${rounded(share * 100)} % of all`,
          observed: count,
          confidence: confidenceOf(share * total, count),
        }),
      );
      return { time, start: time - timespan, end: time, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ pane }) => (pane === undefined ? undefined : BigInt(pane + PANES + 1) * width),
    postpones: true,
    elapsed(own) {
      clear(own);
      return undefined;
    },
    blank: ({ pane }) => pane === undefined,
  });
  return {
    ...(kind as Kind),
    lacks: lacksAny(fields),
    sketchBytes: (own) => tableBytes(own as Own),
    ownBytes: (own) => countsBytes(own as Own),
  };
}

/** The least frequent of the match's values, and how many matches it would take to be usual. */
function pointOf(own: Own, times: readonly Times[], start: Nanos, { share, minEvents, maxCount }: Rare): PanePoint {
  const { total, sums } = own;
  const counts = [...times].sort((a, b) => a.count - b.count);
  const { key: label = '', count: value = total } = counts[0] ?? {};
  if (total < minEvents) return { start, value, label, judged: { known: false, learned: total, needed: minEvents } };
  const most = Math.min(maxCount, share * total);
  const expected = total / Math.max(1, sums.size);
  const fired = counts.length > 0 && value <= most;
  const low = Math.floor(most) + 1;
  const confidence = confidenceOf(share * total, value);
  return { start, value, label, judged: { known: true, fired, baseline: 'matches per value', expected, low, high: total, confidence } };
}

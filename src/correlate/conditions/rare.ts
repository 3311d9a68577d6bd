import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import { durationText } from '../../shared/duration.ts';
import { confidenceOf } from '../detectors/judged.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Frame, Kind } from '../kind.ts';
import { pack, unpack } from '../packed.ts';
import { valueKeys } from '../values.ts';
import type { Look, PanePoint } from './panes.ts';
import { decisionsOf, rounded } from './told.ts';

/** A pane that is over, a 24th of the timespan: how many matches it had, its values as JSON, and how many of each. */
type Pane = { readonly number: number; readonly total: number; readonly values: string; readonly counts: string };
/** The pane under way, those before it in the window, and what all of them have together. */
type Own = Applied & {
  pane: number | undefined;
  now: number;
  readonly counts: Map<string, number>;
  past: Pane[];
  total: number;
  readonly sums: Map<string, number>;
  told: boolean;
  /** The last pane in which values were not counted. */
  cut: number | undefined;
};

type Rare = Extract<MatchAnomaly, { readonly kind: 'rare' }>;

const PANES = 24;
/** Values counted per pane; further ones are counted in the total alone and not judged, and alerts say so while it lasts. */
const MAX_VALUES = 1000;

/**
 * A value that has few of the group's matches: at most `maxCount` and at most `share` of all in the timespan. Counts are
 * per pane, so that the window is up to one pane longer than the timespan.
 */
export function rare(condition: Rare, { timespan }: Frame, look?: Look): Kind {
  const { fields, share, minEvents, maxCount } = condition;
  const width: Nanos = timespan / BigInt(PANES) > 0n ? timespan / BigInt(PANES) : 1n;
  const numberOf = (time: Nanos): number => Number(time / width - (time < 0n && time % width !== 0n ? 1n : 0n));
  return inOrderKind<Own>({
    initial: () => ({
      applied: MIN_TIME,
      pane: undefined,
      now: 0,
      counts: new Map(),
      past: [],
      total: 0,
      sums: new Map(),
      told: false,
      cut: undefined,
    }),
    apply(own, hit, { dropped }) {
      const { time } = hit;
      const number = numberOf(time);
      if (own.pane !== number) turn(own, number);
      own.now++;
      own.total++;
      const { counts, sums, total } = own;
      let few: { readonly key: string; readonly count: number }[] | undefined;
      const counted: string[] | undefined = look && [];
      for (const key of valueKeys(fields, hit.values, dropped, time)) {
        const count = counts.get(key);
        if (count === undefined && counts.size >= MAX_VALUES) {
          dropped?.(1, time);
          own.cut = number;
          continue;
        }
        const sum = (sums.get(key) ?? 0) + 1;
        counts.set(key, (count ?? 0) + 1);
        sums.set(key, sum);
        counted?.push(key);
        if (sum <= maxCount && sum <= share * total) few = [...(few ?? []), { key, count: sum }];
      }
      if (counted !== undefined && counted.length > 0) look?.(pointOf(own, counted, time, condition));
      if (total < minEvents) {
        if (own.told) return undefined;
        own.told = true;
        return { time, start: time, end: time, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      if (few === undefined) return undefined;
      const lacking =
        own.cut !== undefined && own.cut >= number - PANES ? `; past ${MAX_VALUES} values in a pane others were not counted` : '';
      const decision = few.flatMap(({ key, count }) =>
        decisionsOf({
          what: `rare ${fields.join(', ')} within ${durationText(timespan)}: ${key}`,
          baseline: `${total} matches of the group${lacking}`,
          expected: `more than ${maxCount} matches, or more than ${rounded(share * 100)} % of all`,
          observed: count,
          confidence: confidenceOf(share * total, count),
        }),
      );
      return { time, start: time - timespan, end: time, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ pane }) => (pane === undefined ? undefined : BigInt(pane + PANES + 1) * width),
    elapsed(own) {
      own.pane = undefined;
      own.now = 0;
      own.past = [];
      own.total = 0;
      own.cut = undefined;
      own.counts.clear();
      own.sums.clear();
      return undefined;
    },
    blank: ({ pane }) => pane === undefined,
  });
}

/** The least frequent of the match's values, and how many matches it would take to be usual. */
function pointOf(own: Own, keys: readonly string[], start: Nanos, { share, minEvents, maxCount }: Rare): PanePoint {
  const { total, sums } = own;
  const counts = keys.map((key) => ({ key, value: sums.get(key) ?? 0 })).sort((a, b) => a.value - b.value);
  const { key: label = '', value = total } = counts[0] ?? {};
  if (total < minEvents) return { start, value, label, judged: { known: false, learned: total, needed: minEvents } };
  const most = Math.min(maxCount, share * total);
  const expected = total / Math.max(1, sums.size);
  const fired = counts.length > 0 && value <= most;
  const low = Math.floor(most) + 1;
  const confidence = confidenceOf(share * total, value);
  return { start, value, label, judged: { known: true, fired, baseline: 'matches per value', expected, low, high: total, confidence } };
}

/** Begins a pane: the one before joins the past, and what left the window is taken off the sums. */
function turn(own: Own, number: number): void {
  if (own.pane !== undefined) {
    const sorted = [...own.counts.keys()].sort();
    const written = JSON.stringify(sorted);
    const before = own.past.at(-1)?.values;
    // Panes with the same values hold one text.
    const values = written === before ? before : written;
    own.past.push({ number: own.pane, total: own.now, values, counts: pack(sorted.map((value) => own.counts.get(value) ?? 0)) });
  }
  own.counts.clear();
  own.now = 0;
  own.pane = number;
  const gone = own.past.filter((pane) => pane.number < number - PANES);
  if (gone.length === 0) return;
  own.past = own.past.slice(gone.length);
  for (const { total, values, counts } of gone) {
    own.total -= total;
    const names = JSON.parse(values) as readonly string[];
    unpack(counts).forEach((count, i) => {
      const value = names[i] as string;
      const left = (own.sums.get(value) ?? 0) - count;
      if (left > 0) own.sums.set(value, left);
      else own.sums.delete(value);
    });
  }
}

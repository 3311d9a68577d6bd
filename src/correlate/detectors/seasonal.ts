import type { Direction } from '../../rule/ir/anomaly.ts';
import { indexOf, listsAt, placeOf, withLists } from '../slots.ts';
import { codeOf, numberOf, STEP } from './coarse.ts';
import { confidenceOf, median, type PaneDetector } from './judged.ts';

export type SeasonalOptions = {
  readonly direction: Direction;
  /** Panes in one season; 1: none. */
  readonly slots: number;
  readonly paneSeconds: number;
  /** Added to the time before slots are counted, so that days and weeks begin where the zone has them. */
  readonly offsetSeconds: (start: number) => number;
  /** Panes kept of each slot, and how many of them a judgement needs. */
  readonly keep: number;
  readonly minHistory: number;
  /** Distance from the median, in robust standard deviations, from which on it fires. */
  readonly score: number;
  /** The least standard deviation; undefined: what counts of independent events have, at least 1. */
  readonly floor: number | undefined;
  /** What came is remembered to seven binary digits: for sums and averages, not for counts. */
  readonly coarse: boolean;
};

/** The last values of each slot, oldest first, packed (`slots.ts`). */
type Past = string;

/** 1.4826 MAD is the standard deviation of what is normally distributed (Hampel 1974). */
const TO_DEVIATION = 1.4826;

/** A pane against those of the same slot (hour of the day or of the week) of the seasons before: median and MAD. */
export function seasonal(options: SeasonalOptions): PaneDetector<Past> {
  const { direction, slots, paneSeconds, offsetSeconds, keep, minHistory, score, floor, coarse } = options;
  const written = (value: number): number => (coarse ? codeOf(value) : value);
  return {
    initial: () => '',
    judge(own, start, value) {
      const pane = Math.floor((start + offsetSeconds(start)) / paneSeconds);
      const slot = ((pane % slots) + slots) % slots;
      const place = placeOf(own.past, slot);
      const lists = listsAt(own.past, place);
      const kept = lists[indexOf(slot)] ?? [];
      const remember = (value: number): void => {
        lists[indexOf(slot)] = [...kept.slice(kept.length < keep ? 0 : 1), written(value)];
        own.past = withLists(own.past, place, lists);
      };
      const past = coarse ? kept.map(numberOf) : kept;
      if (past.length < minHistory) {
        remember(value);
        return { known: false, learned: past.length + 1, needed: minHistory };
      }
      const compared = past.length;
      const middle = median(past);
      const spread = TO_DEVIATION * median(past.map((one) => Math.abs(one - middle)));
      // What lies closer together than what is remembered can tell is not a distance.
      const least = coarse ? Math.abs(middle) * STEP : 0;
      const deviation = Math.max(spread, floor ?? Math.max(1, Math.sqrt(Math.abs(middle))), least);
      const reach = score * deviation;
      const distance = Math.abs(value - middle) / deviation;
      const far = distance >= score;
      const fired = far && (direction === 'both' || value > middle === (direction === 'up'));
      // A value that far off is learned as one that just was not: one attack cannot make the next look usual.
      remember(far ? middle + Math.sign(value - middle) * reach : value);
      return {
        known: true,
        fired,
        baseline:
          slots === 1 ? `median of the ${compared} panes before` : `median of ${compared} panes at the same time of earlier seasons`,
        expected: middle,
        low: direction === 'up' ? Number.NEGATIVE_INFINITY : middle - reach,
        high: direction === 'down' ? Number.POSITIVE_INFINITY : middle + reach,
        confidence: confidenceOf(distance, score),
      };
    },
  };
}

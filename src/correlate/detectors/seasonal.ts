import type { Direction } from '../../rule/ir/anomaly.ts';
import { DIGITS } from './coarse.ts';
import { confidenceOf, median, type PaneDetector } from './judged.ts';
import { isWhole, seasonMemory } from './season-memory.ts';

export type SeasonalOptions = {
  readonly direction: Direction;
  /** Panes in one season; 1: none. */
  readonly slots: number;
  /** Panes in one day, where the season has several days; 0: none. */
  readonly daily: number;
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
  /** Bytes for the memory of each 1,008 values; left out: what `season-memory.ts` says. */
  readonly budget?: number | undefined;
};

/** The last values of each slot, packed (`season-memory.ts`). */
type Past = string;

/** 1.4826 MAD is the standard deviation of what is normally distributed (Hampel 1974). */
const TO_DEVIATION = 1.4826;

/** A pane against those of the same slot (hour of the day or of the week) of the seasons before: median and MAD. */
export function seasonal(options: SeasonalOptions): PaneDetector<Past> {
  const { direction, slots, paneSeconds, offsetSeconds, minHistory, score, floor } = options;
  const recall = seasonMemory({ ...options, digits: options.coarse });
  return {
    initial: () => '',
    // The pane decides in which slot to look, and which value of those in steps is to go.
    timeless: (past) => slots === 1 && isWhole(past),
    judge(own, start, value) {
      const pane = Math.floor((start + offsetSeconds(start)) / paneSeconds);
      const { values: past, stepAt, leastAt, learn } = recall(own.past, ((pane % slots) + slots) % slots);
      if (past.length < minHistory) {
        const first = own.past === '';
        own.past = learn(value, pane);
        return { known: false, learned: past.length + 1, needed: minHistory, first };
      }
      const middle = median(past);
      const spread = TO_DEVIATION * median(past.map((one) => Math.abs(one - middle)));
      // What lies closer together than what is remembered can tell is not a distance.
      const deviation = Math.max(spread, floor ?? Math.max(1, Math.sqrt(Math.abs(middle))), leastAt(middle));
      const reach = score * deviation;
      const distance = Math.abs(value - middle) / deviation;
      const far = distance >= score;
      const fired = far && (direction === 'both' || value > middle === (direction === 'up'));
      // A value that far off is learned as one that just was not: one attack cannot make the next look usual.
      own.past = learn(far ? middle + Math.sign(value - middle) * reach : value, pane);
      return {
        known: true,
        fired,
        baseline:
          slots === 1 ? `median of the ${past.length} panes before` : `median of ${past.length} panes at the same time of earlier seasons`,
        step: stepAt(middle),
        ...(options.coarse ? { digits: DIGITS + 1 } : {}),
        expected: middle,
        low: direction === 'up' ? Number.NEGATIVE_INFINITY : middle - reach,
        high: direction === 'down' ? Number.POSITIVE_INFINITY : middle + reach,
        firesAt: { ...(direction === 'up' ? {} : { low: middle - reach }), ...(direction === 'down' ? {} : { high: middle + reach }) },
        confidence: confidenceOf(distance, score),
      };
    },
  };
}

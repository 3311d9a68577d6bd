import type { Direction } from '../../rule/ir/anomaly.ts';
import { pack, replace, skip, unpack } from '../packed.ts';
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
};

/**
 * The last values of each slot, oldest first: first a list of the slot that was seen first, then one list for each slot
 * from that one on, packed. Panes come one after the other, so the text grows at its end and is as long as what was seen.
 */
type Past = string;

/** 1.4826 MAD is the standard deviation of what is normally distributed (Hampel 1974). */
const TO_DEVIATION = 1.4826;
const NO_VALUES = pack([]);

/** A pane against those of the same slot (hour of the day or of the week) of the seasons before: median and MAD. */
export function seasonal(options: SeasonalOptions): PaneDetector<Past> {
  const { direction, slots, paneSeconds, offsetSeconds, keep, minHistory, score, floor } = options;
  return {
    initial: () => '',
    judge(own, start, value) {
      const pane = Math.floor((start + offsetSeconds(start)) / paneSeconds);
      const slot = ((pane % slots) + slots) % slots;
      if (own.past === '') own.past = pack([slot]);
      let {
        values: [first = slot],
        end: from,
      } = unpack(own.past);
      for (let i = (slot - first + slots) % slots; i > 0; i--) {
        if (from === own.past.length) own.past += NO_VALUES;
        from = skip(own.past, from);
      }
      const { values: past, end } = unpack(own.past, from);
      const remember = (): void => void (own.past = replace(own.past, from, end, past));
      if (past.length < minHistory) {
        past.push(value);
        remember();
        return { known: false, learned: past.length, needed: minHistory };
      }
      const compared = past.length;
      const middle = median(past);
      const spread = TO_DEVIATION * median(past.map((one) => Math.abs(one - middle)));
      const deviation = Math.max(spread, floor ?? Math.max(1, Math.sqrt(Math.abs(middle))));
      const reach = score * deviation;
      const distance = Math.abs(value - middle) / deviation;
      const far = distance >= score;
      const fired = far && (direction === 'both' || value > middle === (direction === 'up'));
      // A value that far off is learned as one that just was not: one attack cannot make the next look usual.
      past.push(far ? middle + Math.sign(value - middle) * reach : value);
      if (past.length > keep) past.shift();
      remember();
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

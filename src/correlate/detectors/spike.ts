import type { Direction } from '../../rule/ir/anomaly.ts';
import { pack, unpack } from '../packed.ts';
import { confidenceOf, median, type PaneDetector } from './judged.ts';

export type SpikeOptions = {
  /** Panes before that are compared with. */
  readonly history: number;
  readonly factor: number;
  readonly direction: Direction;
  /** A rise is one over at least this much: counts of one are no reference. 0: of amounts, whose unit nobody knows. */
  readonly floor: number;
  /** A rise to less than this, a fall from less than that, is nothing. */
  readonly minCurrent: number;
  readonly minReference: number;
};

/** A pane that has `factor` times as much as the median of those before it, or as little. Its past: the last panes, oldest first, packed. */
export function spike({ history, factor, direction, floor, minCurrent, minReference }: SpikeOptions): PaneDetector<string> {
  return {
    initial: () => '',
    timeless: () => true,
    judge(own, _start, value) {
      const past = unpack(own.past);
      if (past.length < history) {
        own.past = pack([...past, value]);
        return { known: false, learned: past.length + 1, needed: history, first: past.length === 0 };
      }
      const reference = median(past);
      own.past = pack([...past.slice(1), value]);
      const most = Math.max(factor * Math.max(reference, floor), minCurrent);
      const least = reference / factor;
      const falls = direction !== 'up' && reference >= minReference;
      const up = direction !== 'down' && value >= most;
      const down = falls && value <= least;
      const times = value === 0 ? Number.POSITIVE_INFINITY : reference / value;
      return {
        known: true,
        fired: up || down,
        baseline: history === 1 ? 'the pane before' : `median of the ${history} panes before`,
        expected: reference,
        low: falls ? least : 0,
        high: direction === 'down' ? Number.POSITIVE_INFINITY : most,
        firesAt: { ...(falls ? { low: least } : {}), ...(direction === 'down' ? {} : { high: most }) },
        confidence: value >= reference ? confidenceOf(value, most) : confidenceOf(times, factor),
      };
    },
  };
}

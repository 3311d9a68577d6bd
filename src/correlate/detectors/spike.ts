import type { Direction } from '../../rule/ir/anomaly.ts';
import { pack, unpack } from '../packed.ts';
import { confidenceOf, median, type PaneDetector } from './judged.ts';

export type SpikeOptions = {
  /** Panes before that are compared with. */
  readonly history: number;
  readonly factor: number;
  readonly direction: Direction;
  /** A rise to less than this, a fall from less than that, is nothing. */
  readonly minCurrent: number;
  readonly minReference: number;
};

/** A pane that has `factor` times as much as the median of those before it, or as little. Its past: the last panes, oldest first, packed. */
export function spike({ history, factor, direction, minCurrent, minReference }: SpikeOptions): PaneDetector<string> {
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
      const floor = Math.max(reference, 1);
      const up = direction !== 'down' && value >= factor * floor && value >= minCurrent;
      const down = direction !== 'up' && value <= reference / factor && reference >= minReference;
      const times = value >= reference ? value / floor : value === 0 ? Number.POSITIVE_INFINITY : reference / value;
      return {
        known: true,
        fired: up || down,
        baseline: history === 1 ? 'the pane before' : `median of the ${history} panes before`,
        expected: reference,
        low: direction === 'up' ? 0 : reference >= minReference ? reference / factor : 0,
        high: direction === 'down' ? Number.POSITIVE_INFINITY : Math.max(factor * floor, minCurrent),
        confidence: confidenceOf(times, factor),
      };
    },
  };
}

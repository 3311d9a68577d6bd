import { heed, newAlarm } from '../../src/correlate/detectors/alarm.ts';
import type { PaneDetector } from '../../src/correlate/detectors/judged.ts';
import { seasonal } from '../../src/correlate/detectors/seasonal.ts';
import { newSeries, observe } from '../../src/correlate/detectors/series.ts';
import { spike } from '../../src/correlate/detectors/spike.ts';
import { CHANGE_THRESHOLD } from '../../src/rule/ir/anomaly-bounds.ts';
import type { Series } from './corpus.ts';

/** A detector as the benchmark asks it, row by row and without a look ahead. */
export type NabDetector = {
  /** Prepares a series; the answer gives the score of each row that is an alarm at a threshold of the detector, 0 elsewhere. */
  readonly over: (series: Series) => (threshold: number) => Float64Array;
  /** Thresholds that are tried, each for the whole corpus. */
  readonly thresholds: readonly number[];
  /** The threshold that rules have by default. */
  readonly shipped: number;
};

const steps = (from: number, to: number, by: number): readonly number[] =>
  Array.from({ length: Math.round((to - from) / by) + 1 }, (_, i) => from + i * by);

/** Alarms with less than so many rows between them are one episode, which is told once. */
const EPISODE = 50;

/** A pane detector that has its threshold among its options: every row is a pane. */
const panes =
  (make: (threshold: number, paneSeconds: number) => PaneDetector) =>
  ({ times, values }: Series) =>
  (threshold: number): Float64Array => {
    const paneSeconds = Math.max(1, (times[1] as number) - (times[0] as number));
    const detector = make(threshold, paneSeconds);
    const own = { past: detector.initial() };
    let last = Number.NEGATIVE_INFINITY;
    return values.map((value, row) => {
      const judged = detector.judge(own, times[row] as number, value);
      if (!judged.known || !judged.fired) return 0;
      const first = row - last > EPISODE;
      last = row;
      return first ? judged.confidence : 0;
    });
  };

export const DETECTORS: Readonly<Record<'change' | 'seasonal' | 'spike' | 'none', NabDetector>> = {
  change: {
    over({ times, values }) {
      const series = newSeries();
      const scores = Array.from(values, (value, row) => observe(series, times[row] as number, value).score);
      return (threshold) => {
        const alarm = newAlarm();
        return Float64Array.from(scores, (score) => (heed(alarm, score, threshold) ? (score as number) : 0));
      };
    },
    thresholds: steps(6, 20, 0.25),
    shipped: CHANGE_THRESHOLD,
  },
  seasonal: {
    over: panes((score, paneSeconds) =>
      seasonal({
        direction: 'both',
        slots: Math.max(1, Math.round(86_400 / paneSeconds)),
        daily: 0,
        paneSeconds,
        offsetSeconds: () => 0,
        keep: 6,
        minHistory: 3,
        score,
        floor: undefined,
        coarse: false,
      }),
    ),
    // Each is a pass over everything of some minutes: a season of many slots is remembered in steps, which costs.
    thresholds: [3, 6, 12, 24, 48],
    shipped: 6,
  },
  spike: {
    over: panes((factor) => spike({ history: 12, factor, direction: 'both', floor: 1, minCurrent: 1, minReference: 1 })),
    thresholds: steps(1.5, 10, 0.5),
    shipped: 3,
  },
  none: {
    over:
      ({ values }) =>
      () =>
        new Float64Array(values.length),
    thresholds: [1],
    shipped: 1,
  },
};

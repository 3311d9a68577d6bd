/**
 * The scoring function of the Numenta Anomaly Benchmark (Lavin and Ahmad, "Evaluating Real-time Anomaly Detection
 * Algorithms", 2015): a labelled window earns by its earliest detection, detections outside cost, a sigmoid over the
 * distance to the window weighs both.
 */
export type Weights = { readonly truePositive: number; readonly falsePositive: number; readonly falseNegative: number };

/** Rows of one window, both ends belong to it. */
export type Window = { readonly from: number; readonly to: number };

/** One series: its labelled windows in order, its length, and how many rows at its start are not scored. */
export type Labels = { readonly rows: number; readonly probation: number; readonly windows: readonly Window[] };

export type Tally = { readonly raw: number; readonly found: number; readonly windows: number; readonly falseAlarms: number };

/** The first 15 % of a series, at most 750 rows, are for learning. */
export const probationOf = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750);

/** From 1 far left of a window's end to -1 far right of it; `y` counts in lengths of the window. */
export const sigmoid = (y: number): number => (y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1);

/** What a detection in each row is worth inside a window (positive), or costs outside (negative), before the null score. */
function rowWorth({ rows, windows }: Labels, weights: Weights): { readonly worth: Float64Array; readonly window: Int32Array } {
  const worth = new Float64Array(rows);
  const window = new Int32Array(rows).fill(-1);
  let last: Window | undefined;
  let next = 0;
  for (let row = 0; row < rows; row++) {
    while (next < windows.length && (windows[next] as Window).to < row) last = windows[next++];
    const current = windows[next];
    if (current !== undefined && row >= current.from) {
      window[row] = next;
      worth[row] = (weights.truePositive * sigmoid(-(current.to - row + 1) / lengthOf(current))) / sigmoid(-1);
    } else if (last === undefined) worth[row] = -weights.falsePositive;
    else worth[row] = weights.falsePositive * sigmoid((row - last.to) / Math.max(1, lengthOf(last) - 1));
  }
  return { worth, window };
}

const lengthOf = ({ from, to }: Window): number => to - from + 1;

/** The raw score of one series at a threshold: rows at or above it are detections. */
export function tally(scores: ArrayLike<number>, labels: Labels, weights: Weights, threshold: number): Tally {
  const { worth, window } = rowWorth(labels, weights);
  const best = new Array<number | undefined>(labels.windows.length).fill(undefined);
  let raw = 0;
  let falseAlarms = 0;
  for (let row = labels.probation; row < labels.rows; row++) {
    if (!((scores[row] as number) >= threshold)) continue;
    const at = window[row] as number;
    if (at < 0) {
      raw += worth[row] as number;
      falseAlarms++;
    } else best[at] = Math.max(best[at] ?? Number.NEGATIVE_INFINITY, worth[row] as number);
  }
  for (const one of best) raw += one ?? -weights.falseNegative;
  return { raw, found: best.filter((one) => one !== undefined).length, windows: best.length, falseAlarms };
}

/** 0 for a detector that says nothing, 100 for one that is right at once and never wrong; NaN without any window. */
export function normalized(raw: number, windows: number, { truePositive, falseNegative }: Weights): number {
  return (100 * (raw + falseNegative * windows)) / ((truePositive + falseNegative) * windows);
}

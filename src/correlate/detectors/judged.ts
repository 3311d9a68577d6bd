/** What a detector says of one value: undecided while it learns, else what it expected, how sure it is, and whether to alert. */
export type Judged = Learning | Compared;

export type Learning = {
  readonly known: false;
  readonly learned: number;
  readonly needed: number;
  /** True: it is the first value of its series. */
  readonly first?: boolean;
};

export type Compared = {
  readonly known: true;
  readonly fired: boolean;
  /** What the value was compared with, in words: `median of the 6 panes before`. */
  readonly baseline: string;
  readonly expected: number;
  /** How far apart values around it are that the baseline tells from each other; left out or 0: as they are. */
  readonly step?: number;
  /** Values within would not have fired. */
  readonly low: number;
  readonly high: number;
  /** 0.5 at the threshold, towards 1 beyond it. */
  readonly confidence: number;
};

/** A detector over one number per pane of time. What it remembers of a series is one value of plain data, best a packed text. */
export type PaneDetector<Past = unknown> = {
  initial(): Past;
  /** `start` in seconds since the epoch. Called once for each pane, in order; changes `past` of its holder. */
  judge(own: { past: Past }, start: number, value: number): Judged;
};

/** How far beyond (or short of) its threshold something is, in [0, 1). */
export const confidenceOf = (value: number, threshold: number): number =>
  value === Number.POSITIVE_INFINITY ? 1 : value <= 0 ? 0 : value / (value + threshold);

export function median(values: readonly number[]): number {
  // Typed arrays sort numbers by value, several times faster than a comparison that is called back.
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

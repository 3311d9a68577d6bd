import { middleOf } from './regularity.ts';

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
  /** Of numbers that are remembered with so many binary digits: how many. */
  readonly digits?: number;
  /** Values within would not have fired. */
  readonly low: number;
  readonly high: number;
  /** Values from which on it fires, the value itself too, on the sides that are judged. Left out: more decides than the value. */
  readonly firesAt?: { readonly low?: number; readonly high?: number };
  /** Views of the series beside its level that decided. Asked for when there is something to tell. */
  readonly views?: readonly Viewed[];
  /** 0.5 at the threshold, towards 1 beyond it. */
  readonly confidence: number;
};

/** What a view of a series saw, and up to where (`low`: down to where) nine tenths of what it saw before were. */
export type Viewed = { readonly name: string; readonly low: boolean; readonly usual: number; readonly seen: number };

/** A detector over one number per pane of time. What it remembers of a series is one value of plain data, best a packed text. */
export type PaneDetector<Past = unknown> = {
  initial(): Past;
  /** True: with this past `start` changes nothing, so where the past stays as it is the same value is judged alike again. Left out: it may. */
  timeless?(past: Past): boolean;
  /** `start` in seconds since the epoch. Called once for each pane, in order; changes `past` of its holder. */
  judge(own: { past: Past }, start: number, value: number): Judged;
};

/** How far beyond (or short of) its threshold something is, in [0, 1). */
export const confidenceOf = (value: number, threshold: number): number =>
  value === Number.POSITIVE_INFINITY ? 1 : value <= 0 ? 0 : value / (value + threshold);

/** The median of a list, or of its values from place `from` on before `to`; of none it is no number. */
export function median(values: readonly number[], from = 0, to = values.length): number {
  const length = to - from;
  if (length <= 0) return Number.NaN;
  if (length > MOST_SELECTED) return middleOf(new Float64Array(values.slice(from, to)).sort());
  for (let i = 0; i < length; i++) scratch[i] = values[from + i] as number;
  const half = length >> 1;
  const upper = select(length, half);
  if (length % 2 === 1) return upper;
  let lower = scratch[0] as number;
  for (let i = 1; i < half; i++) if ((scratch[i] as number) > lower) lower = scratch[i] as number;
  return (lower + upper) / 2;
}

/** Longer lists are sorted: the time of a selection grows with the square where values are in the worst of orders. */
const MOST_SELECTED = 256;
const scratch = new Float64Array(MOST_SELECTED);

/** The value that would stand at place `k` if `scratch` were sorted; lesser ones are before it then (Hoare, "Find", 1961). */
function select(length: number, k: number): number {
  let [left, right] = [0, length - 1];
  while (left < right) {
    const pivot = scratch[(left + right) >> 1] as number;
    let [low, high] = [left, right];
    while (low <= high) {
      while ((scratch[low] as number) < pivot) low++;
      while ((scratch[high] as number) > pivot) high--;
      if (low > high) break;
      const moved = scratch[low] as number;
      scratch[low++] = scratch[high] as number;
      scratch[high--] = moved;
    }
    if (high < k) left = low;
    if (k < low) right = high;
  }
  return scratch[k] as number;
}

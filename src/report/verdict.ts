import type { Reason } from './reason.ts';

/** Verdict over one window. `pass` is never given while anything stood in the way of seeing. */
export type Verdict = {
  readonly verdict: 'pass' | 'fail' | 'undecided';
  readonly reasons: readonly Reason[];
  readonly caps: readonly Reason[];
  /** What was measured, in `unit`; null when nothing could be. */
  readonly value: number | null;
  readonly limit: number | null;
  readonly unit: string;
  readonly population: number;
  readonly of: string;
  readonly lost: number;
  readonly blindMs: number;
  /** There was nothing to decide about, and the measure lets the objective's guards answer. */
  readonly vacuous: boolean;
};

/** What a kind of measure finds out, before blockers. */
export type Finding = {
  /** Does the criterion hold for what was seen? */
  readonly holds: boolean;
  /** If not: could nothing in the missing data undo that? */
  readonly definite: boolean;
  readonly value: number | null;
  readonly limit: number | null;
  readonly unit: string;
  readonly population: number;
  readonly of: string;
  /** A fixed population is never empty by accident: cells, windows, sources. */
  readonly fixed?: boolean;
  readonly vacuous?: boolean;
  /** Blockers of this measure alone. */
  readonly reasons?: readonly Reason[];
  /** Why it does not hold, where that is not the limit. */
  readonly because?: readonly Reason[];
};

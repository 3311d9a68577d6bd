/** What the state of a group, or of a rule, holds at most: parameters beyond it ask for what is never there. */
export const ANOMALY_BOUNDS = {
  /** Calls of which a beacon keeps the intervals. */
  calls: 64,
  /** Active hours of a group; at so many all counts are halved. */
  activeHours: 512,
  /** Panes that `change` learns before it says anything. */
  learnedPanes: 100,
  /** What the views of `change` can come to together. */
  surprise: 418,
} as const;

/** The score from which on `change` is told where a rule says nothing else; `scripts/score-nab.ts` tells what it is worth. */
export const CHANGE_THRESHOLD = 11.5;

import type { Nanos } from '../../event/time.ts';
import type { ConditionLeaf, Fact } from './condition.ts';
import type { Expr, Predicate } from './expr.ts';

/**
 * A question with three answers (Kleene): true, false, or unknown where what it asks for is absent or stale. `event` asks
 * one field of the event, `leaf` compares with a fact of a context store, `age` asks how long before the event a time was.
 */
export type Question =
  | { readonly op: 'all' | 'any'; readonly of: readonly Question[] }
  | { readonly op: 'not'; readonly of: Question }
  | { readonly op: 'constant'; readonly value: boolean }
  | { readonly op: 'event'; readonly expr: Predicate }
  | { readonly op: 'leaf'; readonly leaf: ConditionLeaf }
  | { readonly op: 'age'; readonly fact: Fact; readonly atMost: Nanos };

/** One thing an allow entry asks for besides `when`, with the words for a violation. */
export type Check = {
  readonly name: string;
  /** What it looks at, to say what was there instead. */
  readonly fact: Fact;
  readonly wanted: string;
  readonly ask: Question;
  /** Detector of a violation by this check (`ZT-05`). */
  readonly detector: string;
};

export type AllowEntry = { readonly id: string; readonly when: Question; readonly require: readonly Check[] };
export type ForbidEntry = { readonly id: string; readonly when: Question; readonly detector: string };

/** A zero-trust policy over accesses in its scope: any allow, no forbid; default deny; all policies add up. */
export type Policy = {
  readonly version: string | undefined;
  readonly scope: Expr;
  readonly allow: readonly AllowEntry[];
  readonly forbid: readonly ForbidEntry[];
  readonly onMissing: 'violation' | 'undecided';
  /** A shadow policy is judged alone, counts its violations and alerts on none. */
  readonly mode: 'alert' | 'shadow';
};

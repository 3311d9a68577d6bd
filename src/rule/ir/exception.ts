import type { Nanos } from '../../event/time.ts';
import type { Place } from '../../shared/errors.ts';
import type { Expr } from './expr.ts';
import type { Level, RuleId } from './rule.ts';

/** What an exception does to a match: it does not count, its alert has a lower level, or its alert says so. */
export type ExceptionEffect = 'suppress' | 'lower' | 'tag';

/** A governed decision not to alert, or to alert less, in force for a time. Rules are evaluated first; it is applied after. */
export type Exception = {
  readonly id: string;
  /** Rules it is about, tags resolved; sorted. */
  readonly rules: readonly RuleId[];
  readonly expr: Expr;
  readonly owner: string;
  readonly ticket: string | undefined;
  readonly reason: string;
  /** In force for events from `starts` up to, not including, `expires`: compared with event time. */
  readonly starts: Nanos;
  readonly expires: Nanos;
  readonly effect: ExceptionEffect;
  /** The level that `lower` lowers to. */
  readonly level: Level;
  /** Names of rule cases that it may hide: `wardline check` fails for any other. Decides nothing, so it is not in the digest. */
  readonly accepts: readonly string[];
  /** SHA-256 (hex) over everything above. */
  readonly digest: string;
  readonly place: Place;
};

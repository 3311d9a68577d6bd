import type { Hit } from '../correlate/firing.ts';
import type { Nanos } from '../event/time.ts';

/** How near a rule came to hold for a group. */
export type NearMiss = {
  readonly time: Nanos;
  /** `4 of 5 in 5m`, `step 2 of 3, awaited ...`. */
  readonly text: string;
  /** Events, values or steps that were missing; undefined where that is no number. */
  readonly missing?: number;
  /** When what was there stops counting. */
  readonly until?: Nanos;
  /** The matches that counted. */
  readonly hits: readonly Hit[];
};

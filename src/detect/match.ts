import type { Origin } from '../event/raw-record.ts';
import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { Held } from './exceptions.ts';

/** One answer of a rule: what it asked, what it expected, what it found. */
export type Step = { readonly condition: string; readonly expected: JsonValue; readonly observed: JsonValue };

/** One rule held for one event. Immutable; all that leaves the stateless stage. */
export type Match = {
  readonly rule: RuleId;
  readonly origin: Origin;
  readonly time: Nanos;
  /** When the log took the record, ms since the epoch. */
  readonly appendedAt: number;
  /** Decided by ingest from the source partition alone: behind its watermark, or more than the window behind it. */
  readonly lateness: 'in_time' | 'late';
  /** Values of the fields that group keys, conditions and dedup of this rule read, by the names they use. */
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** The ECS document of the event. */
  readonly ecs: JsonObject;
  /** Exceptions that hold for the match and do not hide it. */
  readonly exceptions?: readonly Held[];
  /** Correlations that an exception hides the match from. */
  readonly hiddenFrom?: readonly RuleId[];
  /** Why the rule holds; absent where the rule does not alert alone. */
  readonly trail?: readonly Step[];
};

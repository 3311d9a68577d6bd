import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { FieldSource } from './field-source.ts';
import type { Origin } from './raw-record.ts';
import type { Nanos } from './time.ts';

/** A Sigma log source: compared in lower case; an attribute that a rule does not give is not asked for. */
export type Logsource = { readonly category?: string; readonly product?: string; readonly service?: string };

/** One log source an event belongs to, with the extra field names that rules coming in through it may use. */
export type RouteLabel = Logsource & { readonly aliases?: Readonly<Record<string, string>> };

/**
 * What all events of one format with the same discriminating values (say channel and event id) have in common.
 * Interned: equal routes are the same object, so compiled rule groups hang off `id`. The number of routes is bounded.
 */
export interface Route {
  /** Dense, from 0, in order of first sight. Not stable between runs: never store it. */
  readonly id: number;
  readonly format: string;
  readonly labels: readonly RouteLabel[];
  /** Without labels, and the settings say that such events are for the rules of every log source (`logsource.unknown: all`). */
  readonly everyLogsource?: true;
  /** Fields whose value is the same for all events of the route, by the names rules use: folded away at compile time. */
  readonly known: ReadonlyMap<string, JsonValue>;
  /** Where a field is found, in the order of look-up of the Sigma page; `label` chooses the aliases. */
  source(field: string, label?: RouteLabel): FieldSource;
}

/** One thing that happened, seen through its format; immutable; all that rules see. */
export interface Event {
  readonly origin: Origin;
  readonly route: Route;
  /** The decoded original; `{ message }` for a line that is not structured. */
  readonly document: JsonObject;
  /** Event time in nanoseconds since the epoch; the append time where the record gives none it can use. */
  readonly time: Nanos;
  /** Doubts about this event: `broker_time`, `future_time`, `assumed_zone`, `duplicate_key`, ... */
  readonly tags: readonly string[];
  /** One field by the name a rule uses (vendor or ECS); for group keys and messages, not for the matcher's loop. */
  field(name: string): JsonValue | undefined;
  /** The complete ECS document with the original beside it; built for matches alone. */
  toEcs(): JsonObject;
}

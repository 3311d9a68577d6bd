import type { Nanos } from '../../event/time.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { ContextStoreName } from './condition.ts';

/** What a store knows of a key from one instant until before another; several records per key follow each other. */
export type ContextRecord = {
  readonly key: string;
  readonly from: Nanos | undefined;
  readonly until: Nanos | undefined;
  /** When the thing itself reported; ages count from here. */
  readonly reportedAt: Nanos | undefined;
  readonly data: JsonObject;
};

/** Everything known of one kind (identities, devices, zones, ...) as one value with a digest. */
export type ContextTable = {
  readonly store: ContextStoreName;
  readonly records: readonly ContextRecord[];
  /** When the records were true as a whole, and for how long they are believed after; undefined = for ever. */
  readonly asOf: Nanos | undefined;
  readonly maxAge: Nanos | undefined;
  /** SHA-256 (hex) over the records in order of key and time. */
  readonly version: string;
};

export type ContextTables = ReadonlyMap<ContextStoreName, ContextTable>;

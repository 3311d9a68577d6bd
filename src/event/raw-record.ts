/** Where a record stands in its source: the name of the source in the settings, partition and offset there. */
export type Coordinate = { readonly source: string; readonly partition: number; readonly offset: bigint };

/** Where an event came from: the record and its place among the events that record held (0 for the first). */
export type Origin = Coordinate & { readonly index: number };

/** Bytes as they came, with where they came from. Untrusted. */
export type RawRecord = Coordinate & {
  /** Milliseconds since the epoch when the log or receiver took the record; never read from a clock later. */
  readonly appendedAt: number;
  /** null is a Kafka tombstone: counted as discarded. */
  readonly bytes: Uint8Array | null;
  readonly headers: ReadonlyMap<string, string>;
  /** What the bytes were written by, where a registry knows it; fetched by the source, so that reading stays pure. */
  readonly schema?: PayloadSchema;
};

/** One schema of a registry (Confluent Schema Registry API); `references` are the texts it builds on, each before its users. */
export type PayloadSchema = {
  readonly id: number;
  readonly type: string;
  readonly text: string;
  readonly references: readonly string[];
};

/** `okta/2/88121/0`: the printed form of an origin. */
export function originText(origin: Origin): string {
  return `${origin.source}/${origin.partition}/${origin.offset}/${origin.index}`;
}

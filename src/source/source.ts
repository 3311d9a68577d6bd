import type { RawRecord } from '../event/raw-record.ts';

/** Records of one partition in offset order, without holes unless `gap` says so. */
export type Batch = {
  readonly partition: number;
  readonly records: readonly RawRecord[];
  /** Offsets that should have come before these records and never will (retention, truncation): a gap in the evidence. */
  readonly gap?: Gap;
  /** Where to resume after these records, where that is not the last offset + 1 (byte offsets of lines). */
  readonly next?: bigint;
  /** True when nothing follows in this partition (files read once). */
  readonly end?: boolean;
  /** Partitions that have something unread, in a batch without records: until each has spoken, or is idle, no time passes. */
  readonly awaits?: readonly number[];
};

/** `to` is undefined where nobody can know how far it went. */
export type Gap = {
  readonly from: bigint;
  readonly to: bigint | undefined;
  readonly cause: 'expired' | 'truncated' | 'unexplained' | 'refused' | 'reset';
};

/** The next offset to read, per partition. A partition that is absent starts at its beginning. */
export type Positions = ReadonlyMap<number, bigint>;

/**
 * Where records come from. The reader asks for the next batch only when it has taken the last one, so a slow pipeline
 * slows the source. Positions are the engine's: what the store holds is the truth at restart.
 */
export interface Source {
  readonly name: string;
  /** Its first batch comes at once and says what it `awaits`, perhaps nothing: others wait for it before they are read. */
  readonly announces?: boolean;
  /** Ends when the input ends (files read once) or after `signal` aborts; throws WardlineError `source`. */
  batches(positions: Positions, signal: AbortSignal): AsyncIterable<Batch>;
  /** Told after everything below these positions is durable; tells the broker, for lag. Never decides where to start. */
  commit(positions: Positions): Promise<void>;
  /**
   * How much lies unread behind these positions: bytes of files, records of everything else. For people and probes, and
   * absent where nobody can say. Undefined before the source knows.
   */
  behind?(positions: Positions): Promise<bigint | undefined>;
  /** After the last commit. */
  close(): Promise<void>;
}

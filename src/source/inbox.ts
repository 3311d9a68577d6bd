import type { RawRecord } from '../event/raw-record.ts';

/** Something received from the network. With a digest it is taken once, however often it is sent within ten minutes. */
export type Received = {
  readonly bytes: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly appendedAt: number;
  readonly digest?: string;
};

/** `full`: nothing was stored, the sender is to come back. */
export type Taken = 'stored' | 'repeated' | 'full';

/**
 * What network sources have instead of a log: records are durable here before their sender is answered, and stay until a
 * checkpoint has passed them. Sequence numbers are dense; one that is missing was refused and stands for a loss.
 */
export type Inbox = {
  /** One transaction for all; one outcome each. */
  append(entries: readonly Received[]): readonly Taken[];
  /** Gives numbers to records that cannot be kept and will not be sent again, so that their loss shows as a gap. */
  lose(count: number): void;
  /** The next records from a sequence number on, in order. */
  read(from: bigint, limit: number): readonly Pick<RawRecord, 'offset' | 'bytes' | 'headers' | 'appendedAt'>[];
  /** Where the next record will stand. */
  head(): bigint;
  /** Everything below is in a checkpoint. */
  release(below: bigint): void;
};

export const REPEAT_WINDOW_MS = 600_000;

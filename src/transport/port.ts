/** One record of a log between stages. */
export type Entry = {
  readonly offset: bigint;
  /** Append time, ms since the epoch, given by the log. */
  readonly appendedAt: number;
  readonly key: string | undefined;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: ReadonlyMap<string, string>;
};

export type Append = { readonly key?: string; readonly value: Uint8Array | null };

/** The writing side of a topic. */
export interface LogWriter {
  readonly partitions: number;
  /**
   * Appends in order. Resolves when all of them are acknowledged. Rejects when that is not known: then they are there,
   * or are not, or will be. Who calls it again for a partition before his last call has ended may find them out of order;
   * calls for different partitions, and of different callers, do not wait for one another.
   */
  append(partition: number, entries: readonly Append[]): Promise<void>;
}

/**
 * Appends to several partitions side by side. Ends when every call has ended, also after a failure: a caller that begins
 * again must not meet its own call that is still under way.
 */
export async function appendEach(writer: LogWriter, lists: Iterable<readonly [number, readonly Append[]]>): Promise<void> {
  const ends = await Promise.allSettled(Array.from(lists, ([partition, entries]) => writer.append(partition, entries)));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The same entries for every partition. */
export const appendEverywhere = (writer: LogWriter, entries: readonly Append[]): Promise<void> =>
  appendEach(
    writer,
    Array.from({ length: writer.partitions }, (_, partition) => [partition, entries] as const),
  );

/** Where a reader of a group has told the log that it stands. */
export type Committed = { readonly offset: bigint; readonly metadata: string };

/** A partition as long as this process owns it. A worker that goes on after losing it does no harm; it only wastes work. */
export interface OwnedPartition {
  readonly partition: number;
  /** Aborted when the partition is taken away or the process stops. */
  readonly revoked: AbortSignal;
  /** First offset that is still there, and the one after the last. */
  bounds(): Promise<{ readonly low: bigint; readonly high: bigint }>;
  /** Batches in offset order from `offset` on, or from where the log now begins; an empty one when nothing came for a while. */
  read(offset: bigint): AsyncIterable<readonly Entry[]>;
  committed(): Promise<Committed | undefined>;
  /** Rejects when the partition belongs to another, or the outcome is not known. */
  commit(committed: Committed): Promise<void>;
}

/** What a stage does with a partition, from its assignment until it is revoked; throws to be started again. */
export type Worker = (owned: OwnedPartition) => Promise<void>;

/** Membership in a group: runs a worker for every partition that this process owns. */
export interface Subscription {
  /** Ends after `signal` aborts and all workers ended; throws when the log is of no use any more. */
  run(worker: Worker, signal: AbortSignal): Promise<void>;
}

/** A compacted topic: of every key of a partition the last value. */
export interface KeyedLog {
  read(partition: number): Promise<ReadonlyMap<string, Uint8Array>>;
  /** The offset after the last record: where it did not move, there is nothing new to read. */
  end(partition: number): Promise<bigint>;
  /** In order, acknowledged; null removes the key. */
  write(partition: number, entries: readonly { readonly key: string; readonly value: Uint8Array | null }[]): Promise<void>;
}

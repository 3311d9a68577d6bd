import type { Clock } from '../../shared/clock.ts';
import type { OwnedPartition, Worker } from '../../transport/port.ts';
import type { StageStatus } from '../status.ts';

/** The partitions of one stage that this process owns, as probes see them. */
export type WatchedStage = {
  readonly stage: string;
  /** The same worker; where it stands is written down beside it. */
  watch(worker: Worker): Worker;
  /** The group said which partitions are ours; before that nobody knows whether there is anything to do. */
  joined(): void;
  /** Asks the log how far it goes; a log that does not answer leaves what was known. */
  look(): Promise<void>;
  status(): StageStatus;
};

type Entry = { readonly owned: OwnedPartition; next: bigint | undefined; lag: number; progressAt: number };

export function watchStage(stage: string, clock: Clock, stalledAfterMs: number): WatchedStage {
  const entries = new Set<Entry>();
  let hasJoined = false;
  return {
    stage,
    watch: (worker) => async (owned) => {
      const entry: Entry = { owned, next: undefined, lag: 0, progressAt: clock.now() };
      entries.add(entry);
      try {
        await worker({
          ...owned,
          async *read(offset) {
            entry.next ??= offset;
            for await (const batch of owned.read(offset)) {
              yield batch;
              const last = batch.at(-1);
              if (last === undefined) continue;
              entry.next = last.offset + 1n;
              entry.progressAt = clock.now();
            }
          },
        });
      } finally {
        entries.delete(entry);
      }
    },
    joined() {
      hasJoined = true;
    },
    async look() {
      await Promise.allSettled(
        [...entries].map(async (entry) => {
          const { high } = await entry.owned.bounds();
          const lag = entry.next !== undefined && high > entry.next ? Number(high - entry.next) : 0;
          // What was just read to its end has nothing to make progress with.
          if (entry.lag === 0) entry.progressAt = clock.now();
          entry.lag = lag;
        }),
      );
    },
    status() {
      const all = [...entries];
      const now = clock.now();
      return {
        stage,
        partitions: all.length,
        restoring: hasJoined ? all.filter(({ next }) => next === undefined).length : 1,
        lag: all.reduce((sum, { lag }) => sum + lag, 0),
        stalled: all.some(({ lag, next, progressAt }) => next !== undefined && lag > 0 && now - progressAt >= stalledAfterMs),
      };
    },
  };
}

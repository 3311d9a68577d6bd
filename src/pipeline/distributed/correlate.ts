import type { Note } from '../../correlate/correlator.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { PartitionCheckpoints } from '../../transport/checkpoints.ts';
import type { LogWriter, OwnedPartition, Worker } from '../../transport/port.ts';
import { createFilter } from './filter.ts';
import { ACTIVATION_KEY, decodeMatchRecord, encodeAlertRecord } from './records.ts';
import { type CorrelateParts, createPartitionReducer, type PartitionReducer } from './reducer.ts';
import { digestsOf } from './reducer-state.ts';
import type { Rulesets } from './rulesets.ts';

export type CorrelateDeps = {
  readonly rulesets: Pick<Rulesets, 'loadBundle' | 'newestBundle'>;
  readonly alerts: LogWriter;
  readonly checkpoints: PartitionCheckpoints;
  /** Says when a checkpoint is due, and nothing else: no state depends on it. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly say: (note: Note) => void;
  readonly every: { readonly records: number; readonly ms: number };
  readonly filterOf?: typeof createFilter;
};

/**
 * The owner of one partition of `wardline.matches`. It starts from the newest whole checkpoint, never from the group's
 * offset. Alerts are acknowledged before the checkpoint that contains their cause, and that before the offset is told to
 * the group: a crash repeats alerts with the same ids and coordinates, and never skips one.
 */
export function correlateWorker(deps: CorrelateDeps): Worker {
  return async (owned) => {
    const { partition } = owned;
    const loaded = new Map<string, CorrelateParts>();
    const load = async (digest: string): Promise<void> => {
      if (!loaded.has(digest)) loaded.set(digest, (await deps.rulesets.loadBundle(digest)).correlate);
    };
    const reducer = await restore(deps, owned, load, (digest) => loaded.get(digest) as CorrelateParts);
    let taken = 0;
    let savedAt = deps.clock.now();
    const save = async (): Promise<void> => {
      const next = reducer.next();
      await deps.checkpoints.save(partition, { next, ruleset: reducer.ruleset() ?? '', state: reducer.snapshot() });
      taken = 0;
      savedAt = deps.clock.now();
      await owned.commit({ offset: next, metadata: '' }).catch((error: unknown) => {
        // It shows lag to people; where a worker starts is in the checkpoint.
        deps.logger.debug({ partition, error: String(error) }, 'the group did not take the offset');
      });
    };
    for await (const entries of owned.read(reducer.next())) {
      if (owned.revoked.aborted) break;
      for (const { key, value } of entries) {
        const record = key === ACTIVATION_KEY ? decodeMatchRecord(value) : undefined;
        if (record?.kind === 'activation') await load(record.digest);
      }
      const outputs = entries.filter(({ offset }) => offset >= reducer.next()).flatMap((entry) => reducer.apply(entry));
      if (outputs.length > 0)
        await deps.alerts.append(
          partition,
          outputs.map((alert) => ({ key: alert.id, value: encodeAlertRecord(alert) })),
        );
      taken += entries.length;
      if (taken >= deps.every.records || (taken > 0 && deps.clock.now() - savedAt >= deps.every.ms)) await save();
    }
    if (taken > 0) await save();
  };
}

/**
 * From the newest whole checkpoint. Where the log now begins beyond it, somebody else may have written newer ones since it
 * was read, and the log was cut because of those; only if there is none, matches are missing.
 */
async function restore(
  { checkpoints, rulesets, logger, say, filterOf = createFilter }: CorrelateDeps,
  owned: OwnedPartition,
  load: (digest: string) => Promise<void>,
  partsOf: (digest: string) => CorrelateParts,
): Promise<PartitionReducer> {
  const { partition } = owned;
  for (let known: bigint | undefined; ; ) {
    const { checkpoint, damaged } = await checkpoints.loadNewest(partition);
    for (const id of damaged)
      logger.warn({ partition, checkpoint: id }, 'a damaged checkpoint was passed over; going on from the one before');
    const { low } = await owned.bounds();
    const next = checkpoint?.next ?? 0n;
    if (next < low && next !== known) {
      known = next;
      continue;
    }
    if (next < low) logger.error({ partition, from: String(next), to: String(low) }, 'matches were removed before they were read: a gap');
    for (const digest of checkpoint === undefined ? [] : digestsOf(checkpoint.state)) await load(digest);
    // What the log said of the rules may be gone with it.
    const first = checkpoint === undefined && next < low ? rulesets.newestBundle() : undefined;
    if (first !== undefined) await load(first.bundle);
    return createPartitionReducer({ partsOf, say, filterOf, first }, next < low ? low : next, checkpoint?.state);
  }
}

import type { Note } from '../../correlate/correlator.ts';
import type { LedgerObservation } from '../../evidence/observation.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { PartitionCheckpoints } from '../../transport/checkpoints.ts';
import type { LogWriter, OwnedPartition, Worker } from '../../transport/port.ts';
import type { Losses } from '../losses.ts';
import { encodeFact, type Fact, type Placed } from './facts.ts';
import { createFilter } from './filter.ts';
import type { ActionStep } from './operated.ts';
import { ACTIVATION_KEY, type AlertRecord, decodeMatchRecord, encodeAlertRecord } from './records.ts';
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
  /** Told of every operator's action that is taken up. */
  readonly acted?: (step: ActionStep) => void;
  /** Told what rules could not use, or let go; absent: nobody is. `before`: what the state of a partition came with. */
  readonly losses?: Losses['after'];
  /** Where the evidence ledger is told of alerts and of what was not decided; absent: there is none. */
  readonly evidence?: CorrelateEvidence;
  readonly every: { readonly records: number; readonly ms: number };
  readonly filterOf?: typeof createFilter;
};

export type CorrelateEvidence = {
  readonly facts: LogWriter;
  readonly ofAlert: (alert: AlertRecord) => readonly LedgerObservation[];
  readonly ofNote: (note: Note) => readonly LedgerObservation[];
  readonly ofAction: (step: ActionStep) => readonly LedgerObservation[];
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
    const partsOf = (digest: string): CorrelateParts => loaded.get(digest) as CorrelateParts;
    const notes: (readonly LedgerObservation[])[] = [];
    const say = (note: Note): void => {
      deps.say(note);
      if (deps.evidence !== undefined) notes.push(deps.evidence.ofNote(note));
    };
    const acted = (step: ActionStep): void => {
      deps.acted?.(step);
      if (deps.evidence !== undefined) notes.push(deps.evidence.ofAction(step));
    };
    const reducer = await restore({ ...deps, say, acted }, owned, load, partsOf);
    const observeLosses = deps.losses?.(reducer.losses());
    let taken = 0;
    let savedAt = deps.clock.now();
    const save = async (): Promise<void> => {
      observeLosses?.(reducer.losses());
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
      const told: Placed[] = [];
      const outputs = entries
        .filter(({ offset }) => offset >= reducer.next())
        .flatMap((entry) => {
          const made = reducer.apply(entry);
          for (const [index, observed] of notes.splice(0).entries()) told.push({ at: entry.offset, index, observed });
          return made;
        });
      if (outputs.length > 0)
        await deps.alerts.append(
          partition,
          outputs.map((alert) => ({ key: alert.id, value: encodeAlertRecord(alert) })),
        );
      if (deps.evidence !== undefined) await tellFacts(deps.evidence, partition, outputs, told);
      taken += entries.length;
      if (taken >= deps.every.records || (taken > 0 && deps.clock.now() - savedAt >= deps.every.ms)) await save();
    }
    if (taken > 0) await save();
    observeLosses?.(reducer.losses(), true);
  };
}

/** After the alerts are acknowledged and before any checkpoint: what a replay tells again has the places it had. */
async function tellFacts(
  { facts, ofAlert }: CorrelateEvidence,
  partition: number,
  alerts: readonly AlertRecord[],
  notes: readonly Placed[],
): Promise<void> {
  const placed = alerts.map((alert): Placed => ({ at: alert.at, index: alert.index, observed: ofAlert(alert) }));
  const list: Fact[] = [];
  if (placed.length > 0) list.push({ kind: 'placed', stream: `alerts/${partition}`, items: placed });
  if (notes.length > 0) list.push({ kind: 'placed', stream: `notes/${partition}`, items: notes });
  if (list.length > 0)
    await facts.append(
      0,
      list.map((fact) => ({ key: String(partition), value: encodeFact(fact) })),
    );
}

/**
 * From the newest whole checkpoint. Where the log now begins beyond it, somebody else may have written newer ones since it
 * was read, and the log was cut because of those; only if there is none, matches are missing.
 */
async function restore(
  { checkpoints, rulesets, logger, say, acted, filterOf = createFilter }: CorrelateDeps,
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
    return createPartitionReducer(
      { partsOf, say, ...(acted === undefined ? {} : { acted }), filterOf, first },
      next < low ? low : next,
      checkpoint?.state,
    );
  }
}

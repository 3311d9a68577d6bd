import type { Settings } from '../config/settings.ts';
import type { Normalizer } from '../normalize/normalizer.ts';
import { receiversOf } from '../notify/settings.ts';
import type { Store } from '../store/store.ts';
import type { Doubts } from './doubts.ts';
import { createEngine, type Engine, type EngineDeps, type RulesetParts } from './engine.ts';
import type { Meters } from './meters.ts';
import type { RunOptions } from './run-options.ts';
import { tellNote } from './tell-note.ts';
import type { Witness } from './witness.ts';

export type ObservedEngineDeps = {
  readonly store: Store;
  readonly witness: Witness;
  readonly meters: Meters;
  readonly doubts: Doubts;
  /** Events that came behind the watermark, per source: counted up here. */
  readonly late: Map<string, number>;
  readonly normalizerOf: (source: string) => Normalizer;
  readonly parts: RulesetParts;
  readonly seal: EngineDeps['seal'];
};

/** The embedded engine, and who is told what happens in it: the evidence ledger, the meters, the log. */
export function createObservedEngine(
  { settings, clock, logger }: Pick<RunOptions, 'settings' | 'clock' | 'logger'>,
  { store, witness, meters, doubts, late, normalizerOf, parts, seal }: ObservedEngineDeps,
): Engine {
  return createEngine({
    store,
    parts,
    sinks: unrouted(settings),
    allowedLateness: settings.engine.allowedLateness,
    normalizerOf,
    observe(report) {
      const { source, batch, ingested } = report;
      witness.step(report);
      meters.ingested(source, batch.records, ingested);
      doubts.observe(source, ingested.counts.tags);
      if (ingested.counts.late > 0) late.set(source, (late.get(source) ?? 0) + ingested.counts.late);
      if (batch.gap !== undefined) meters.gap(source, batch.partition, batch.gap);
    },
    observeAlerts: witness.alerts,
    observeAction(action, before, after) {
      witness.action(action, before, after);
      meters.action(action);
    },
    observeSilence(change) {
      witness.silence(change);
      if (settings.notify === undefined)
        logger.warn({ silence: change.after.id }, 'a silence without routes ("notify") keeps nobody quiet');
    },
    observeAttestation: witness.attested,
    observeReplay: (record, read) => witness.replayed(record, read, clock.now()),
    observeNote(note) {
      witness.note(note);
      meters.note(note);
      tellNote(note, logger);
    },
    tenant: settings.tenant,
    seal,
  });
}

/** Sinks that get every alert: those that no route notifies. */
export function unrouted({ sinks, notify }: Settings): readonly string[] {
  const routed = new Set(notify === undefined ? [] : receiversOf(notify.route));
  return sinks.map(({ name }) => name).filter((name) => !routed.has(name));
}

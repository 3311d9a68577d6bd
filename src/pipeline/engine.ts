import { type AlertAction, actionDocument } from '../alert/actions.ts';
import type { CorrelateRecord, CorrelateStats, Correlator, Note, RuleLosses } from '../correlate/correlator.ts';
import type { Firing } from '../correlate/firing.ts';
import { createLateness, type Lateness } from '../correlate/lateness.ts';
import type { DeadLetter } from '../event/dead-letter.ts';
import type { RawRecord } from '../event/raw-record.ts';
import { NANOS_PER_MS, type Nanos } from '../event/time.ts';
import type { Normalizer } from '../normalize/normalizer.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { at as nested } from '../shared/nested.ts';
import type { AlertDocument } from '../sink/sink.ts';
import type { Batch } from '../source/source.ts';
import type { Attestation } from '../store/attestations.ts';
import type { Position } from '../store/checkpoints.ts';
import type { SilenceChange } from '../store/silences.ts';
import type { Store } from '../store/store.ts';
import type { Ingested } from './ingest.ts';
import { decodeState, encodeState } from './state.ts';

/** What happened in one step, for the evidence ledger and for metrics. */
export type StepReport = {
  readonly source: string;
  readonly batch: Batch;
  readonly ingested: Ingested;
  /** Every alert of the step, also one that a replay made again. */
  readonly alerts: readonly AlertDocument[];
};

/** Everything of the engine that is made from a ruleset. */
export type RulesetParts = {
  readonly digest: string;
  readonly correlator: (snapshot: Uint8Array | undefined) => Correlator;
  readonly ingest: (records: Batch['records'], normalizer: Normalizer, lateness: Lateness) => Ingested;
  /** `latest` gives the newest document of an episode; undefined: the firing is no news. */
  readonly toAlert: (firing: Firing, latest: (episode: string) => JsonObject | undefined) => AlertDocument | undefined;
};

export type EngineDeps = {
  readonly store: Store;
  readonly parts: RulesetParts;
  readonly sinks: readonly string[];
  readonly tenant: string;
  readonly normalizerOf: (source: string) => Normalizer;
  readonly allowedLateness: Nanos;
  readonly observe: (report: StepReport) => void;
  /** Alerts that the passing of time made. */
  readonly observeAlerts: (alerts: readonly AlertDocument[]) => void;
  /** Told what was not decided, and which budgets were reached. */
  readonly observeNote: (note: Note) => void;
  /** A dead letter was read again; `read`: it is none any more. */
  readonly observeReplay: (record: RawRecord, read: boolean) => void;
  /** Told before an operator's action takes effect. */
  readonly observeAction: (action: AlertAction, before: JsonObject, after: JsonObject) => void;
  /** A silence was recorded or ended. */
  readonly observeSilence: (change: SilenceChange) => void;
  /** A person made a statement. */
  readonly observeAttestation: (attestation: Attestation) => void;
  /** Seals what was observed since the last checkpoint; called inside its transaction. */
  readonly seal: () => readonly { readonly seq: number }[];
};

export type Engine = {
  /** Takes one batch through decode, match, correlate and store. Synchronous: a batch is done or not begun. */
  step(source: string, batch: Batch): readonly AlertDocument[];
  /** A partition went quiet, or its input ended: it no longer holds the others back. */
  idle(source: string, partition: number): readonly AlertDocument[];
  /** Every input has ended: windows are decided, but those that only more time could decide (`cut`). */
  end(): { readonly alerts: readonly AlertDocument[]; readonly cut: number };
  /** Takes up operators' actions, silences and statements: audit entry, transition and checkpoint in one transaction. */
  act(): readonly AlertDocument[];
  /** Reads records again that were dead letters; what became of them, alerts and a checkpoint are one transaction. */
  replay(records: readonly RawRecord[]): { readonly alerts: readonly AlertDocument[]; readonly read: number };
  /** State, positions, evidence and what `more` writes in one transaction. */
  checkpoint(more?: () => void): void;
  /** Goes on with another ruleset: state of rules whose logic is the same is taken over. Call after a checkpoint. */
  activate(parts: RulesetParts): void;
  positions(source: string): ReadonlyMap<number, bigint>;
  /** The newest event time that counted in a partition, ms since the epoch; for people. */
  newest(source: string, partition: number): number | undefined;
  /** Records taken since the last checkpoint. */
  pending(): number;
  /** Checkpoints that were passed over because they were damaged. */
  readonly damagedCheckpoints: readonly number[];
  /** True when it goes on from a checkpoint. */
  readonly resumed: boolean;
  stats(): CorrelateStats;
  /** What rules could not use, or let go, since their state began. */
  losses(): readonly RuleLosses[];
  /** Windows that later matches could still change. */
  open(): number;
};

type Partition = { readonly lateness: Lateness; next: bigint };

const keyOf = (source: string, partition: number): string => `${partition}/${source}`;

/**
 * The embedded engine: every stage in one process, and one transaction for everything a step must not lose. Alerts are
 * stored before the checkpoint that contains their cause; a crash between the two repeats alerts with the same ids,
 * which the store takes once.
 */
export function createEngine(deps: EngineDeps): Engine {
  const { store } = deps;
  const partitions = new Map<string, Partition>();
  const restored = new Map<string, JsonValue>();
  let pending = 0;

  const { checkpoint, damaged } = store.checkpoints.loadNewest();
  const saved = checkpoint === undefined ? undefined : decodeState(checkpoint.state);
  let parts = deps.parts;
  let correlator = parts.correlator(saved?.correlator);
  for (const [key, snapshot] of saved?.lateness ?? []) restored.set(key, snapshot);
  for (const { source, partition, offset } of checkpoint?.positions ?? []) open(source, partition).next = offset;

  function open(source: string, partition: number): Partition {
    const key = keyOf(source, partition);
    let entry = partitions.get(key);
    if (entry === undefined) {
      entry = { lateness: createLateness(deps.allowedLateness, restored.get(key)), next: 0n };
      partitions.set(key, entry);
    }
    return entry;
  }

  const correlate = (records: readonly CorrelateRecord[]): AlertDocument[] => {
    const alerts: AlertDocument[] = [];
    const fresh = new Map<string, JsonObject>();
    const latest = (episode: string): JsonObject | undefined => fresh.get(episode) ?? store.alerts.latest('episode', episode);
    for (const record of records) {
      for (const firing of correlator.apply(record, deps.observeNote)) {
        const alert = parts.toAlert(firing, latest);
        if (alert === undefined) continue;
        alerts.push(alert);
        fresh.set(episodeOf(alert), alert.document);
      }
    }
    return alerts;
  };

  /** Stores what a step made; returns the alerts that were new. */
  const keep = (alerts: readonly AlertDocument[], deadLetters: readonly DeadLetter[]): readonly AlertDocument[] => {
    if (alerts.length === 0 && deadLetters.length === 0) return [];
    const added = new Set(
      store.transaction(() => {
        store.deadLetters.append(deadLetters);
        return store.alerts.append(alerts, deps.sinks);
      }),
    );
    return alerts.filter(({ id }) => added.has(id));
  };

  const control = (record: CorrelateRecord): readonly AlertDocument[] => {
    const alerts = correlate([record]);
    deps.observeAlerts(alerts);
    return keep(alerts, []);
  };

  const save = (more?: () => void): void => {
    const lateness = [...partitions].map(([key, entry]) => [key, entry.lateness.snapshot()] as const);
    const positions: Position[] = [...partitions].map(([key, { next }]) => ({ ...placeOf(key), offset: next }));
    store.transaction(() => {
      more?.();
      store.ledger.append(deps.seal());
      store.checkpoints.save({ ruleset: parts.digest, state: encodeState({ lateness, correlator: correlator.snapshot() }), positions });
    });
    pending = 0;
  };

  return {
    step(source, batch) {
      if (batch.awaits !== undefined) {
        const awaited = batch.awaits.map((partition) => [source, partition] as const);
        return control({ kind: 'sources', partitions: awaited, awake: true });
      }
      const entry = open(source, batch.partition);
      const { records } = batch;
      const before = entry.lateness.newest();
      const ingested = parts.ingest(records, deps.normalizerOf(source), entry.lateness);
      const last = records.at(-1);
      const appendedAt = last?.appendedAt ?? 0;
      const lost = batch.gap !== undefined && before !== undefined;
      const alerts = correlate([
        ...(lost ? [{ kind: 'lost' as const, source, partition: batch.partition, from: before }] : []),
        ...ingested.matches.map((match) => ({ kind: 'match' as const, match })),
        ...(records.length > 0 || batch.end ? timeOf(source, batch.partition, entry, appendedAt, batch.end ?? false, true) : []),
      ]);
      const added = keep(alerts, ingested.deadLetters);
      if (batch.next !== undefined) entry.next = batch.next;
      else if (last !== undefined) entry.next = last.offset + 1n;
      pending += batch.records.length;
      deps.observe({ source, batch, ingested, alerts });
      return added;
    },
    idle(source, partition) {
      const [record] = timeOf(source, partition, open(source, partition), 0, true, false);
      return record === undefined ? [] : control(record);
    },
    end() {
      const times = [...partitions.values()].flatMap(({ lateness }) => lateness.newest() ?? []);
      const newest = times.reduce<bigint | undefined>((most, time) => (most === undefined || time > most ? time : most), undefined);
      const alerts = control({ kind: 'end', newest });
      return { alerts, cut: correlator.cut() };
    },
    act() {
      const actions = store.actions.pending();
      const silences = store.silences.untold();
      const attestations = store.attestations.untold();
      if (actions.length + silences.length + attestations.length === 0) return [];
      for (const change of silences) deps.observeSilence(change);
      for (const attestation of attestations) deps.observeAttestation(attestation);
      const made: AlertDocument[] = [];
      const fresh = new Map<string, JsonObject>();
      for (const action of actions) {
        const before = fresh.get(action.alert) ?? store.alerts.latest('alert', action.alert);
        if (before === undefined) continue;
        const alert = actionDocument(before, action, deps.tenant);
        deps.observeAction(action, before, alert.document);
        fresh.set(action.alert, alert.document);
        made.push(alert);
      }
      deps.observeAlerts(made);
      save(() => {
        store.alerts.append(made, deps.sinks);
        store.actions.applied(actions.map(({ seq }) => seq));
        store.silences.told(silences.map(({ seq }) => seq));
        store.attestations.told(attestations.map(({ seq }) => seq));
      });
      return made;
    },
    replay(records) {
      const outcomes = records.map((record) => {
        const { lateness } = open(record.source, record.partition);
        return { record, ingested: parts.ingest([record], deps.normalizerOf(record.source), lateness) };
      });
      const matches = outcomes.flatMap(({ ingested }) => ingested.matches);
      const alerts = correlate(matches.map((match) => ({ kind: 'match' as const, match })));
      deps.observeAlerts(alerts);
      for (const { record, ingested } of outcomes) deps.observeReplay(record, ingested.deadLetters.length === 0);
      let added: readonly string[] = [];
      save(() => {
        for (const { record, ingested } of outcomes) store.deadLetters.settle(record, ingested.deadLetters);
        added = store.alerts.append(alerts, deps.sinks);
      });
      return {
        alerts: alerts.filter(({ id }) => added.includes(id)),
        read: outcomes.filter(({ ingested }) => ingested.deadLetters.length === 0).length,
      };
    },
    checkpoint: save,
    activate(next) {
      const snapshot = correlator.snapshot();
      parts = next;
      correlator = next.correlator(snapshot);
    },
    positions(source) {
      const found = new Map<number, bigint>();
      for (const [key, { next }] of partitions) if (placeOf(key).source === source) found.set(placeOf(key).partition, next);
      return found;
    },
    newest(source, partition) {
      const time = partitions.get(keyOf(source, partition))?.lateness.newest();
      return time === undefined ? undefined : Number(time / NANOS_PER_MS);
    },
    pending: () => pending,
    damagedCheckpoints: damaged,
    resumed: checkpoint !== undefined,
    stats: () => correlator.stats(),
    losses: () => correlator.losses(),
    open: () => correlator.open(),
  };
}

/** How far time has come in a source partition; before its first event only that it rests. */
function timeOf(
  source: string,
  partition: number,
  { lateness }: Partition,
  appendedAt: number,
  idle: boolean,
  ended: boolean,
): readonly CorrelateRecord[] {
  const [time, newest] = [lateness.watermark(), lateness.newest()];
  if (time === undefined && !idle) return [];
  return [{ kind: 'watermark', source, partition, time, newest, appendedAt, idle, ended: idle && ended }];
}

function placeOf(key: string): { source: string; partition: number } {
  const slash = key.indexOf('/');
  return { source: key.slice(slash + 1), partition: Number(key.slice(0, slash)) };
}

function episodeOf({ id, document }: AlertDocument): string {
  return String(nested(document, 'wardline.alert.episode') ?? nested(document, 'wardline.alert.id') ?? id);
}

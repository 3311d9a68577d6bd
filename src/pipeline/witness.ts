import type { AlertAction } from '../alert/actions.ts';
import type { Settings } from '../config/settings.ts';
import type { Note } from '../correlate/correlator.ts';
import { originText, type RawRecord } from '../event/raw-record.ts';
import { NANOS_PER_MS, type Nanos, parseIsoTime } from '../event/time.ts';
import type { Ledger } from '../evidence/ledger.ts';
import { BASELINE_LEARNING } from '../evidence/observation.ts';
import type { Ruleset } from '../rule/load.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { VERSION } from '../shared/version.ts';
import type { AlertDocument, Delivery } from '../sink/sink.ts';
import type { Attestation } from '../store/attestations.ts';
import type { SourceReset } from '../store/partitions.ts';
import { type SilenceChange, type SilenceRecord, silenceJson } from '../store/silences.ts';
import type { CanaryStep } from './canaries.ts';
import type { StepReport } from './engine.ts';

/** Tells the evidence ledger what the engine did; the one place where the two meet. */
export type Witness = {
  /** `tables`: digest of the tables events are enriched with; the settings say their files, this what was in them. */
  activate(ruleset: Ruleset, settings: Settings, tables: string | undefined, at: number): void;
  step(report: StepReport): void;
  alerts(alerts: readonly AlertDocument[]): void;
  /** What was not decided, and which budgets were reached: intervals of event time that were not, or not fully, evaluated. */
  note(note: Note): void;
  action(action: AlertAction, before: JsonObject, after: JsonObject): void;
  silence(change: SilenceChange): void;
  attested(attestation: Attestation): void;
  replayed(record: RawRecord, read: boolean, at: number): void;
  /** Told before it takes effect. */
  reset(reset: SourceReset): void;
  delivered(sink: string, outcomes: readonly Delivery[], at: number): void;
  shutdown(at: number, reason: string): void;
  canary(step: CanaryStep): void;
  seal(): readonly { readonly seq: number }[];
  /** Where the chain stands, for people. */
  head(): { readonly entries: number; readonly head: string; readonly at: string };
  events(): number;
  deadLetters(): number;
};

const HOUR_MS = 3_600_000;

/** How each kind of source shows that nothing is missing. */
const PROOFS: Readonly<Record<Settings['sources'][number]['kind'], 'offsets' | 'bytes' | 'none'>> = {
  kafka: 'offsets',
  'otlp-http': 'offsets',
  http: 'offsets',
  file: 'bytes',
  stdin: 'none',
  // A sender learns nothing of what was lost on the way.
  syslog: 'none',
  snmp: 'none',
};

export function createWitness(ledger: Ledger, sources: Settings['sources']): Witness {
  const kinds = new Map(sources.map(({ name, kind }) => [name, kind]));
  let events = 0;
  let deadLetters = 0;
  // A group that is new is no fault of its rule, and a flood of new groups must not fill the ledger: one entry per rule and hour.
  const learning = new Map<string, number>();
  const toldOfLearning = ({ rule, window }: Extract<Note, { readonly kind: 'undecided' }>): boolean => {
    const from = toMs(window.start);
    if (from < (learning.get(rule) ?? Number.NEGATIVE_INFINITY)) return true;
    learning.set(rule, from + HOUR_MS);
    return false;
  };
  const observeAlerts = (alerts: readonly AlertDocument[]): void => {
    if (alerts.length > 0) ledger.observe({ kind: 'alerts', alerts: alerts.map(alertFacts) });
  };
  return {
    activate(ruleset, settings, tables, at) {
      const rules = [...ruleset.byId.values()].map(({ id, logicDigest, meta }) => ({
        id,
        digest: logicDigest,
        level: meta.level,
        controls: meta.controls,
        state: 'active' as const,
      }));
      const config = sha256Hex(canonicalJson(tables === undefined ? plain(settings) : { settings: plain(settings), tables }));
      ledger.observe({ kind: 'activation', at, ruleset: ruleset.digest, engine: VERSION, config, rules });
      if (ruleset.exceptions.length > 0)
        ledger.observe({ kind: 'exceptions', at, ruleset: ruleset.digest, exceptions: ruleset.exceptions.map(activeException) });
    },
    step({ source, batch, ingested, alerts }) {
      const { partition, records, gap, next, end } = batch;
      const at = records.at(-1)?.appendedAt ?? 0;
      if (gap !== undefined) ledger.observe({ kind: 'gap', at, source, partition, from: gap.from, to: gap.to, cause: gap.cause });
      const proof = PROOFS[kinds.get(source) ?? 'stdin'];
      ledger.observe({
        kind: 'batch',
        source,
        partition,
        proof,
        ...(next === undefined ? {} : { next }),
        ended: end ?? false,
        counts: ingested.counts,
      });
      for (const { record, reason } of ingested.deadLetters) {
        ledger.observe({
          kind: 'dead-letter',
          source,
          partition,
          offset: record.offset,
          reason,
          sha256: sha256Hex(record.bytes ?? new Uint8Array()),
        });
      }
      if (ingested.excepted.length > 0) ledger.observe({ kind: 'excepted', matches: ingested.excepted });
      observeAlerts(alerts);
      events += ingested.counts.events;
      deadLetters += ingested.deadLetters.length;
    },
    alerts: observeAlerts,
    note(note) {
      const at = toMs(note.time);
      if (note.kind === 'pressure') ledger.observe({ kind: 'eviction', at, rule: note.rule, count: note.evicted, from: at, to: undefined });
      else if (note.kind === 'bounded')
        ledger.observe({ kind: 'eviction', at, rule: note.rule, count: note.dropped, from: at, to: toMs(note.window.end) });
      else if (note.reason === 'learning' && toldOfLearning(note)) return;
      else
        ledger.observe({
          kind: 'rule-fault',
          at,
          rule: note.rule,
          cause: note.reason === 'silent' ? 'source silent' : BASELINE_LEARNING,
          from: toMs(note.window.start),
          to: toMs(note.window.end),
        });
    },
    action({ kind, actor, address, at, alert, comment, disposition }, before, after) {
      ledger.observe({
        kind: 'audit',
        at,
        actor,
        address: address ?? 'command line',
        action: `alert.${kind}`,
        object: alert,
        before: sha256Hex(canonicalJson(before)),
        after: sha256Hex(canonicalJson(after)),
        reason: [disposition, comment].filter((part) => part !== undefined).join(': '),
      });
    },
    silence({ kind, actor, at, reason, before, after }) {
      const digest = (silence: SilenceRecord): string => sha256Hex(canonicalJson(silenceJson(silence)));
      ledger.observe({
        kind: 'audit',
        at,
        actor,
        address: 'command line',
        action: `silence.${kind}`,
        object: after.id,
        before: before === undefined ? undefined : digest(before),
        after: digest(after),
        reason,
      });
    },
    attested({ id, by, statement, from, until, note, at }) {
      ledger.observe({ kind: 'attestation', at, id, by, statement, from, until, note });
    },
    replayed(record, read, at) {
      ledger.observe({
        kind: 'audit',
        at,
        actor: 'operator',
        address: 'command line',
        action: 'dead-letter.replay',
        object: originText({ ...record, index: 0 }),
        before: sha256Hex(record.bytes ?? new Uint8Array()),
        after: undefined,
        reason: read ? 'read' : 'still not readable',
      });
    },
    reset({ source, topic, actor, at, reason }) {
      ledger.observe({
        kind: 'audit',
        at,
        actor,
        address: 'command line',
        action: 'source.reset',
        object: `${source}/${topic}`,
        before: undefined,
        after: undefined,
        reason,
      });
    },
    delivered(sink, outcomes, at) {
      // A step that a receiver is not told of is no delivery; one that it no longer wants is kept, as one to be repeated.
      const told = outcomes.flatMap(({ id, outcome }) =>
        outcome === 'skipped' ? [] : [{ id, outcome: outcome === 'gone' ? ('retry' as const) : outcome }],
      );
      if (told.length > 0) ledger.observe({ kind: 'delivery', at, sink, outcomes: told });
    },
    shutdown: (at, reason) => ledger.observe({ kind: 'shutdown', at, reason }),
    canary: (step) => ledger.observe({ kind: 'canary', ...step }),
    seal: () => ledger.seal(),
    head() {
      const { size, chain, at } = ledger.head();
      return { entries: size, head: chain, at };
    },
    events: () => events,
    deadLetters: () => deadLetters,
  };
}

const toMs = (time: Nanos): number => Number(time / NANOS_PER_MS);

function alertFacts({ id, document }: AlertDocument) {
  const { event, rule, wardline } = document as { event: JsonObject; rule: JsonObject; wardline: { alert: JsonObject } };
  return {
    id,
    rule: String(rule['id']),
    stage: String(wardline.alert['stage']),
    time: parseIsoTime(String(document['@timestamp']))?.time ?? 0n,
    createdAt: Date.parse(String(event['created'])),
  };
}

/** Settings as plain JSON for their digest: secrets print as redacted, durations as text. */
function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))) as JsonValue;
}

function activeException({ id, digest, rules, owner, ticket, reason, starts, expires, effect }: Ruleset['exceptions'][number]) {
  return {
    id,
    digest,
    rules,
    owner,
    ticket,
    reason,
    starts: Number(starts / NANOS_PER_MS),
    expires: Number(expires / NANOS_PER_MS),
    effect,
  };
}

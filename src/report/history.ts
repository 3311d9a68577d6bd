import type { Body, EntryKind, LedgerEntry } from '../evidence/entry.ts';
import type { LedgerHead } from '../evidence/ledger.ts';
import { BASELINE_LEARNING } from '../evidence/observation.ts';
import { createChainVerifier } from '../evidence/verify.ts';
import { type AlertLog, createAlertLog } from './alert-log.ts';
import { addGap, addLosses, addPopulation, addPosition, emptySource, get, partitionOf, type SourceHistory } from './source-history.ts';

export type KnownRule = Body<'rules'>['rules'][number];
export type RuleFault = { readonly rule: string; readonly cause: 'rule-error' | 'state-limit'; readonly from: number; readonly to: number };
export type SinkHistory = { stored: number; duplicate: number; rejected: number; retries: number };
export type Canary = { readonly id: string; readonly slot: string; injectedMs: number | undefined; seenMs: number | undefined };
export type Downtime = { readonly from: number; readonly to: number | undefined; readonly clean: boolean };

/** What a ledger says, folded for questions about intervals of event time. */
export type History = {
  readonly head: LedgerHead;
  readonly fault: string | undefined;
  readonly sources: ReadonlyMap<string, SourceHistory>;
  /** Ruleset -> rules. A rule listed in different states counts with the worst. */
  readonly rulesets: ReadonlyMap<string, ReadonlyMap<string, KnownRule>>;
  readonly activations: readonly (Body<'activation'> & { readonly seq: number; readonly at: string })[];
  /** Rule -> minute -> count. */
  readonly matches: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly opened: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly alerts: AlertLog;
  readonly sinks: ReadonlyMap<string, SinkHistory>;
  readonly ruleFaults: readonly RuleFault[];
  readonly canaries: readonly Canary[];
  readonly attestations: readonly Body<'attestation'>[];
  readonly audits: readonly Body<'audit'>[];
  readonly downtimes: readonly Downtime[];
};

const STATE_RANK = { active: 0, disabled: 1, error: 2 } as const;

/** Reads a chain from its beginning, verifying it on the way; after a break nothing more is read. */
export function readHistory(entries: Iterable<unknown>): History {
  const verifier = createChainVerifier();
  const fold = createFold();
  let fault: string | undefined;
  for (const value of entries) {
    const broken = verifier.entry(value);
    if (broken !== undefined) {
      fault = `entry ${broken.seq}: ${broken.message}`;
      break;
    }
    fold.add(value as LedgerEntry);
  }
  return { ...fold.done(), head: verifier.head(), fault };
}

function createFold() {
  const sources = new Map<string, SourceHistory>();
  const rulesets = new Map<string, Map<string, KnownRule>>();
  const activations: History['activations'][number][] = [];
  const matches = new Map<string, Map<number, number>>();
  const opened = new Map<string, Map<number, number>>();
  const alerts = createAlertLog();
  const sinks = new Map<string, SinkHistory>();
  const ruleFaults: RuleFault[] = [];
  const canaries = new Map<string, Canary>();
  const attestations: Body<'attestation'>[] = [];
  const audits: Body<'audit'>[] = [];
  const downtimes: Downtime[] = [];
  let stoppedMs: number | undefined;
  let lastMs: number | undefined;

  const sourceOf = (name: string): SourceHistory => get(sources, name, () => emptySource(name));

  const addDelivery = ({ sink, retries, rows }: Body<'delivery'>): void => {
    const counts = get(sinks, sink, () => ({ stored: 0, duplicate: 0, rejected: 0, retries: 0 }));
    counts.retries += retries;
    for (const [id, outcome, ms] of rows) {
      counts[outcome]++;
      if (outcome !== 'rejected') alerts.receive(id, sink, ms);
    }
  };

  const addAlerts = ({ rows }: Body<'alerts'>): void => {
    for (const [minute, rule, stage, id, createdMs] of rows) {
      if (alerts.add(id, rule, minute, createdMs) && stage === 'opened') increase(get(opened, rule, newCounts), minute, 1);
    }
  };

  const addRules = ({ ruleset, rules }: Body<'rules'>): void => {
    const known = get(rulesets, ruleset, () => new Map<string, KnownRule>());
    for (const rule of rules) {
      const before = known.get(rule.id);
      if (before === undefined || STATE_RANK[rule.state] > STATE_RANK[before.state]) known.set(rule.id, rule);
    }
  };

  const activate = (body: Body<'activation'>, { seq, at }: LedgerEntry): void => {
    activations.push({ ...body, seq, at });
    const from = stoppedMs ?? lastMs;
    if (body.start && from !== undefined && activations.length > 1)
      downtimes.push({ from, to: Date.parse(at), clean: stoppedMs !== undefined });
    stoppedMs = undefined;
  };

  const on: { readonly [K in EntryKind]: (body: Body<K>, entry: LedgerEntry) => void } = {
    rules: addRules,
    activation: activate,
    population: (body) => addPopulation(sourceOf(body.source), body),
    losses: (body) => addLosses(sourceOf(body.source), body),
    position: (body) => addPosition(sourceOf(body.source), body),
    gap: (body) => addGap(sourceOf(body.source), body),
    'caught-up': ({ source, partition, at }) => {
      partitionOf(sourceOf(source), partition).caughtUpMs = Date.parse(at);
    },
    silence: ({ source, since, cause }) => void sourceOf(source).silences.push({ from: Date.parse(since), to: undefined, cause }),
    resumed({ source, at }) {
      const open = sourceOf(source).silences.findLast((silence) => silence.to === undefined);
      if (open !== undefined) open.to = Date.parse(at);
    },
    matches({ rows }) {
      for (const [minute, rule, count] of rows) increase(get(matches, rule, newCounts), minute, count);
    },
    alerts: addAlerts,
    delivery: addDelivery,
    eviction: (body) => void ruleFaults.push({ ...faultOf(body), cause: 'state-limit' }),
    'rule-fault'(body) {
      if (body.cause !== BASELINE_LEARNING) ruleFaults.push({ ...faultOf(body), cause: 'rule-error' });
    },
    canary({ id, slot, step, at }) {
      const canary = get(canaries, JSON.stringify([id, slot]), (): Canary => ({ id, slot, injectedMs: undefined, seenMs: undefined }));
      if (step === 'injected') canary.injectedMs ??= Date.parse(at);
      else canary.seenMs ??= Date.parse(at);
    },
    attestation: (body) => void attestations.push(body),
    audit: (body) => void audits.push(body),
    shutdown(_, { at }) {
      stoppedMs = Date.parse(at);
    },
    'dead-letters': () => undefined,
    exceptions: () => undefined,
    excepted: () => undefined,
  };

  return {
    add(entry: LedgerEntry): void {
      (on[entry.kind] as (body: LedgerEntry['body'], entry: LedgerEntry) => void)(entry.body, entry);
      lastMs = Date.parse(entry.at);
    },
    done: () => ({
      sources,
      rulesets,
      activations,
      matches,
      opened,
      alerts,
      sinks,
      ruleFaults,
      canaries: [...canaries.values()],
      attestations,
      audits,
      downtimes: stoppedMs === undefined ? downtimes : [...downtimes, { from: stoppedMs, to: undefined, clean: true }],
    }),
  };
}

const newCounts = (): Map<number, number> => new Map();

function faultOf({ rule, from, to }: Body<'eviction'> | Body<'rule-fault'>): Omit<RuleFault, 'cause'> {
  return { rule, from: Date.parse(from), to: to === null ? Number.POSITIVE_INFINITY : Date.parse(to) };
}

function increase(map: Map<number, number>, key: number, n: number): void {
  map.set(key, (map.get(key) ?? 0) + n);
}

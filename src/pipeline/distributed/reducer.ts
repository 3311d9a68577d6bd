import type { CorrelateRecord, Correlator, Note, RuleLosses } from '../../correlate/correlator.ts';
import type { Firing } from '../../correlate/firing.ts';
import type { RuleId } from '../../rule/ir/rule.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { AlertDocument } from '../../sink/sink.ts';
import type { Entry } from '../../transport/port.ts';
import type { NumberedBundle } from '../../transport/ruleset-log.ts';
import { createFilter, type Filter, type FilterState } from './filter.ts';
import { type ActionStep, createOperated } from './operated.ts';
import { type AlertRecord, decodeMatchRecord, type MatchRecord } from './records.ts';
import { decodeReducerState, encodeReducerState } from './reducer-state.ts';

/** What of a ruleset the correlate stage needs. */
export type CorrelateParts = {
  readonly correlator: (snapshot: Uint8Array | undefined) => Correlator;
  /** `latest`: an episode as it stands where operators acted on it. */
  readonly toAlert: (firing: Firing, latest: (episode: string) => JsonObject | undefined) => AlertDocument | undefined;
  readonly tenant: string;
  /** The logic digest of a rule that is active; undefined: it is not. */
  readonly logicOf: (rule: RuleId) => string | undefined;
};

/** `stale`: matches of rules that no active or retiring set has; a worker slept through two activations. */
export type ReducerCounters = { matches: number; repeated: number; other: number; stale: number };

/** A partition of correlation: state and outputs are a function of the records in offset order. No clock, no random. */
export type PartitionReducer = {
  /** The alerts of one record, in one order and numbered, so that a replay gives the same coordinates. */
  apply(entry: Entry): readonly AlertRecord[];
  /** Offset of the next record. */
  next(): bigint;
  /** Digest of the rules that hold; undefined before the first activation. */
  ruleset(): string | undefined;
  /** What rules could not use, or let go, since their state began. */
  losses(): readonly RuleLosses[];
  snapshot(): Uint8Array;
  readonly counters: Readonly<ReducerCounters>;
};

export type ReducerDeps = {
  /** Rules that were loaded before: of every digest in `digestsOf` of the state, and of activations among the records. */
  readonly partsOf: (digest: string) => CorrelateParts;
  readonly say: (note: Note) => void;
  /** Told of every action that is taken up. */
  readonly acted?: (step: ActionStep) => void;
  readonly filterOf?: (state?: FilterState) => Filter;
  /** The rules to begin with where neither a state nor a record says them. */
  readonly first?: NumberedBundle | undefined;
};

type Active = { readonly seq: number; readonly digest: string; readonly parts: CorrelateParts; readonly correlator: Correlator };

/**
 * Rules change by an activation record. What both sets have in common (by rule and logic) goes on with its state. What only
 * the old one has is kept beside it until every source partition is read by the new one, so that no match falls between.
 */
export function createPartitionReducer(
  { partsOf, say, acted, filterOf = createFilter, first }: ReducerDeps,
  from: bigint,
  state: Uint8Array | undefined,
): PartitionReducer {
  const saved = state === undefined ? undefined : decodeReducerState(state);
  const filter = filterOf(saved?.filter);
  const operated = createOperated(saved?.operated);
  const told = new Map<string, number>(saved?.told ?? []);
  const restored = (one: { seq: number; digest: string; correlator: Uint8Array } | undefined): Active | undefined => {
    if (one === undefined) return undefined;
    const parts = partsOf(one.digest);
    return { seq: one.seq, digest: one.digest, parts, correlator: parts.correlator(one.correlator) };
  };
  let active = restored(saved?.active);
  let retiring = restored(saved?.retiring);
  const counters: ReducerCounters = { matches: 0, repeated: 0, other: 0, stale: 0 };
  let next = from;

  const activate = (seq: number, digest: string): void => {
    if (active !== undefined && seq <= active.seq) return;
    const parts = partsOf(digest);
    retiring = active;
    active = { seq, digest, parts, correlator: parts.correlator(retiring?.correlator.snapshot()) };
  };
  if (saved === undefined && first !== undefined) activate(first.seq, first.bundle);
  const heard = (source: string, partition: number, seq: number): void => {
    const key = `${partition}/${source}`;
    told.set(key, Math.max(told.get(key) ?? 0, seq));
    const current = active?.seq ?? 0;
    if (retiring !== undefined && [...told.values()].every((one) => one >= current)) retiring = undefined;
  };

  const alertOf = (one: Active, firing: Firing): AlertDocument | undefined => {
    const alert = one.parts.toAlert(firing, operated.latest);
    if (alert !== undefined) operated.made(alert);
    return alert;
  };

  /** Both sets see all time; a rule that the new one has as it was speaks for it alone. */
  const both = (record: CorrelateRecord): AlertDocument[] => {
    const alerts: (AlertDocument | undefined)[] = [];
    const [now, old] = [active, retiring];
    if (now === undefined) return [];
    for (const firing of now.correlator.apply(record, say)) alerts.push(alertOf(now, firing));
    const own = (rule: RuleId): boolean => old !== undefined && now.parts.logicOf(rule) !== old.parts.logicOf(rule);
    const sayOwn = (note: Note): void => {
      if (own(note.rule)) say(note);
    };
    for (const firing of old?.correlator.apply(record, sayOwn) ?? [])
      if (old !== undefined && own(firing.rule)) alerts.push(alertOf(old, firing));
    return alerts.filter((alert) => alert !== undefined);
  };

  const apply = (record: MatchRecord): AlertDocument[] => {
    switch (record.kind) {
      case 'match': {
        const { rule, logic } = record.routed;
        if (active?.parts.logicOf(rule) !== logic && retiring?.parts.logicOf(rule) !== logic) {
          counters.stale++;
          return [];
        }
        if (!filter.takes(record)) {
          counters.repeated++;
          return [];
        }
        counters.matches++;
        return give(record.routed);
      }
      case 'sources':
        for (const [source, partition] of record.partitions) heard(source, partition, 0);
        return both({ kind: 'sources', partitions: record.partitions });
      case 'lost':
        return both({ kind: 'lost', source: record.place.source, partition: record.place.partition, from: record.from });
      case 'action': {
        // The place in the log is the number of the action: a replay makes the same document.
        const action = { ...record.action, seq: Number(next - 1n) };
        const step = active === undefined ? undefined : operated.act(record.id, action, record.latest, active.parts.tenant);
        if (step === undefined) return [];
        acted?.(step);
        return [step.after];
      }
      case 'activation':
        activate(record.seq, record.digest);
        return [];
      case 'watermark': {
        const { place, time, newest, idle, rules } = record;
        if (!filter.takesTime(place)) return [];
        const { source, partition } = place;
        const alerts = both({ kind: 'watermark', source, partition, time, newest, idle, ended: false });
        heard(source, partition, rules);
        return alerts;
      }
    }
  };

  /** A match for the sets that know it with this logic; rules of the old set may be fed by one that did not change. */
  const give = (routed: Extract<MatchRecord, { kind: 'match' }>['routed']): AlertDocument[] => {
    const [now, old] = [active, retiring];
    const isIn = (one: Active | undefined): one is Active => one?.parts.logicOf(routed.rule) === routed.logic;
    const record: CorrelateRecord = { kind: 'routed', routed };
    const alerts: (AlertDocument | undefined)[] = [];
    if (isIn(now)) for (const firing of now.correlator.apply(record, say)) alerts.push(alertOf(now, firing));
    if (isIn(old))
      for (const firing of old.correlator.apply(record, isIn(now) ? () => undefined : say))
        if (!isIn(now)) alerts.push(alertOf(old, firing));
    return alerts.filter((alert) => alert !== undefined);
  };

  return {
    apply({ offset, value }) {
      // A worker that slept longer than the log keeps its records has a hole in its state; the newest checkpoint has none.
      if (offset !== next)
        throw new WardlineError(
          'transport',
          `matches ${next} to ${offset - 1n} are missing; the partition is taken up again from its checkpoint`,
          { retryable: true },
        );
      next = offset + 1n;
      const record = decodeMatchRecord(value);
      if (record === undefined) {
        counters.other++;
        return [];
      }
      return apply(record)
        .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
        .map(({ id, document }, index) => ({ at: offset, index, id, document }));
    },
    next: () => next,
    ruleset: () => active?.digest,
    losses: () => active?.correlator.losses() ?? [],
    snapshot: () =>
      encodeReducerState({
        filter: filter.snapshot(),
        told: [...told],
        operated: operated.snapshot(),
        active: stored(active),
        retiring: stored(retiring),
      }),
    counters,
  };
}

const stored = (one: Active | undefined) => one && { seq: one.seq, digest: one.digest, correlator: one.correlator.snapshot() };

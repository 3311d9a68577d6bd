import { canonicalJson } from '../shared/canonical-json.ts';
import { sha256Hex } from '../shared/digest.ts';
import { WardlineError } from '../shared/errors.ts';
import type { JsonValue } from '../shared/json.ts';
import { type Body, entryHash, entryText, type LedgerEntry } from './entry.ts';
import { createExcepted, exceptionsBody } from './excepted.ts';
import { emptyLedgerState, type KnownPosition, type LedgerState, partitionKey, sortedPositions } from './ledger-state.ts';
import { appendLeaf, leafHash, rootOf } from './merkle.ts';
import type { ActiveRule, Jump, LedgerObservation } from './observation.ts';
import { addBatch, continuation, emptyPartition, type Partition, restorePartition, sealPartition } from './partition.ts';
import { createDrafts, type Draft, partsOf } from './rows.ts';
import { addSimple, isoMs, ledgerText, minuteOf } from './simple.ts';

/** Coordinates of dead letters written out per seal; more are counted in `omitted`. */
const MAX_DEAD_LETTERS = 1000;

type BatchObservation = Extract<LedgerObservation, { kind: 'batch' }>;
type JumpDraft = Omit<Jump, 'from' | 'to'> & { readonly from: bigint | undefined; readonly to: bigint | undefined };

/** Where the chain stands: what a signature covers. */
export type LedgerHead = {
  readonly size: number;
  /** Hash of the last entry; zeros when there is none. */
  readonly chain: string;
  /** RFC 6962 tree hash over the entries' bytes, lower-case hex. */
  readonly root: string;
  readonly at: string;
};

/**
 * The evidence of one engine: told what happened, it seals hash-chained entries. Pure: no clock, no I/O; the same
 * observations and seals give the same bytes.
 */
export interface Ledger {
  observe(observation: LedgerObservation): void;
  /** Entries since the last seal, to be stored in the transaction of the checkpoint. Empty when nothing happened. */
  seal(): readonly LedgerEntry[];
  /** Throws WardlineError `internal` while observations are unsealed: they would be lost. */
  state(): LedgerState;
  head(): LedgerHead;
}

export function createLedger(previous: LedgerState = emptyLedgerState()): Ledger {
  let { size, chain, at, activation, frontier } = previous;
  let dirty = false;
  let started = false;
  const partitions = new Map<string, Partition>();
  const sealed = new Map<string, KnownPosition>();
  for (const known of previous.positions) {
    const key = partitionKey(known.position);
    partitions.set(key, restorePartition(known.position, known.lastEver ?? undefined));
    sealed.set(key, known);
  }
  const drafts = createDrafts();
  const alerts: Body<'alerts'>['rows'] = [];
  const excepted = createExcepted();
  const deliveries = new Map<string, Body<'delivery'>>();
  const deadLetters: Body<'dead-letters'>['rows'] = [];
  let omitted = 0;

  const reach = (ms: number): void => {
    const time = isoMs(ms);
    if (time > at) at = time;
  };
  const partitionOf = (source: string, partition: number): Partition => {
    const key = partitionKey({ source, partition });
    let known = partitions.get(key);
    if (known === undefined) {
      known = emptyPartition(source, partition);
      partitions.set(key, known);
    }
    return known;
  };
  const ruleset = (): string => activation?.ruleset ?? '';
  const flush = (): void => {
    for (const [, partition] of [...partitions].sort(([a], [b]) => (a < b ? -1 : 1))) sealPartition(partition, ruleset(), drafts);
  };

  const gapDraft = (partition: Partition, { from, to, afterMinute, beforeMinute }: JumpDraft, cause: string): void => {
    if (from !== undefined && to !== undefined && to > from) partition.missing += to - from;
    if (to !== undefined && (partition.next === undefined || to > partition.next)) partition.next = to;
    partition.open = true;
    drafts.add('gap', {
      source: partition.source,
      partition: partition.partition,
      from: from?.toString() ?? null,
      to: to?.toString() ?? null,
      cause,
      afterMinute: afterMinute ?? null,
      beforeMinute: beforeMinute ?? null,
    });
  };
  /** Sealed first: the next position then begins with the first event after the gap. */
  const gap = (partition: Partition, from: bigint | undefined, to: bigint | undefined, cause: string): void => {
    sealPartition(partition, ruleset(), drafts);
    gapDraft(partition, { from, to, afterMinute: partition.lastEver, beforeMinute: undefined }, cause);
  };

  const follow = (partition: Partition, observation: BatchObservation): void => {
    const first = observation.from ?? observation.counts.firstOffset;
    const follows = continuation(partition, observation);
    if (follows === 'begun') gap(partition, undefined, first, 'before-start');
    if (follows === 'hole') gap(partition, partition.next, first, 'unexplained');
    if (follows === 'overlap') gap(partition, undefined, undefined, 'overlap');
  };
  const batch = (observation: BatchObservation): void => {
    const partition = partitionOf(observation.source, observation.partition);
    const { counts, proof = 'offsets' } = observation;
    if (continuation(partition, observation) === 'repeated') return;
    follow(partition, observation);
    const before = partition.lastEver;
    addBatch(partition, observation);
    if (counts.appendedAt !== undefined) reach(counts.appendedAt);
    if (proof === 'offsets' || proof === 'counter') for (const jump of counts.jumps) lose(partition, jump, before);
  };

  /** A hole inside a batch; what its neighbours are is known, unless no event follows it there. */
  const lose = (partition: Partition, jump: Jump, before: number | undefined): void => {
    if (jump.beforeMinute === undefined) sealPartition(partition, ruleset(), drafts);
    gapDraft(partition, { ...jump, afterMinute: jump.afterMinute ?? before }, 'unexplained');
  };

  const activate = (observation: Extract<LedgerObservation, { kind: 'activation' }>): void => {
    flush();
    const rules = observation.rules.map(ruleBody).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    const rulesDigest = sha256Hex(canonicalJson(rules as unknown as JsonValue));
    if (activation?.rulesDigest !== rulesDigest || activation.ruleset !== observation.ruleset) {
      for (const part of partsOf(rules)) drafts.add('rules', { ruleset: observation.ruleset, rules: part });
    }
    activation = {
      ruleset: observation.ruleset,
      engine: observation.engine,
      config: observation.config,
      rules: rules.length,
      rulesDigest,
      start: !started,
    };
    started = true;
    drafts.add('activation', activation);
  };

  const deliver = ({ sink, outcomes, at: ms }: Extract<LedgerObservation, { kind: 'delivery' }>): void => {
    const body = deliveries.get(sink) ?? { sink, retries: 0, rows: [] };
    deliveries.set(sink, body);
    for (const { id, outcome } of outcomes) {
      if (outcome === 'retry') body.retries++;
      else body.rows.push([id, outcome, Math.max(0, Math.trunc(ms))]);
    }
  };

  const deadLetter = (observation: Extract<LedgerObservation, { kind: 'dead-letter' }>): void => {
    const { source, partition, offset, reason, sha256 } = observation;
    if (deadLetters.length < MAX_DEAD_LETTERS) deadLetters.push([source, partition, offset.toString(), reason, sha256]);
    else omitted++;
  };

  const draftRows = (): void => {
    excepted.draft(drafts);
    drafts.rows('alerts', alerts.splice(0), (rows) => ({ rows }));
    const perSink = [...deliveries.values()].sort((a, b) => (a.sink < b.sink ? -1 : 1));
    for (const { sink, retries, rows } of perSink) {
      let left = retries;
      drafts.rows('delivery', rows, (part) => {
        const body = { sink, retries: left, rows: part };
        left = 0;
        return body;
      });
      if (rows.length === 0) drafts.add('delivery', { sink, retries, rows: [] });
    }
    deliveries.clear();
    drafts.rows('dead-letters', deadLetters.splice(0), (rows) => {
      const body = { rows, omitted };
      omitted = 0;
      return body;
    });
  };

  const chained = (draft: Draft): LedgerEntry => {
    const open = { seq: size, prev: chain, at, ...draft };
    const entry = { ...open, hash: entryHash(open) } as LedgerEntry;
    frontier = appendLeaf(frontier, size, leafHash(entryText(entry)));
    size++;
    chain = entry.hash;
    if (entry.kind === 'position') {
      const key = partitionKey(entry.body);
      sealed.set(key, { position: entry.body, lastEver: partitions.get(key)?.lastEver ?? null });
    }
    return entry;
  };

  return {
    observe(observation) {
      dirty = true;
      if ('at' in observation) reach(observation.at);
      switch (observation.kind) {
        case 'batch':
          batch(observation);
          break;
        case 'gap':
          gap(partitionOf(observation.source, observation.partition), observation.from, observation.to, observation.cause);
          break;
        case 'activation':
          activate(observation);
          break;
        case 'exceptions':
          flush();
          drafts.add('exceptions', exceptionsBody(observation.ruleset, observation.exceptions));
          break;
        case 'excepted':
          excepted.add(observation.matches);
          break;
        case 'delivery':
          deliver(observation);
          break;
        case 'dead-letter':
          deadLetter(observation);
          break;
        case 'alerts':
          for (const { id, rule, stage, time, createdAt } of observation.alerts) {
            alerts.push([minuteOf(time), rule, stage, id, Math.max(0, Math.trunc(createdAt))]);
          }
          break;
        case 'shutdown':
          flush();
          draftRows();
          addSimple(observation, drafts);
          break;
        default:
          addSimple(observation, drafts);
      }
    },
    seal() {
      flush();
      draftRows();
      dirty = false;
      return drafts.take().map(chained);
    },
    state() {
      if (dirty) throw new WardlineError('internal', 'the ledger has unsealed observations: seal before reading its state');
      return { size, chain, at, frontier, activation, positions: sortedPositions(sealed) };
    },
    head: () => ({ size, chain, root: rootOf(frontier), at }),
  };
}

function ruleBody({ id, digest, level, controls, state }: ActiveRule): Body<'rules'>['rules'][number] {
  return { id: ledgerText(id), digest, level, controls: controls.map(ledgerText).sort(), state };
}

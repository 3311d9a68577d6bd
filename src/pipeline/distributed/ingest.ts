import { createLateness } from '../../correlate/lateness.ts';
import type { LeftOut } from '../../correlate/route.ts';
import type { RawRecord } from '../../event/raw-record.ts';
import { NANOS_PER_MS, type Nanos } from '../../event/time.ts';
import type { LedgerObservation } from '../../evidence/observation.ts';
import type { Normalizer } from '../../normalize/normalizer.ts';
import type { Clock } from '../../shared/clock.ts';
import { sha256Hex } from '../../shared/digest.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { Logger } from '../../shared/logger.ts';
import {
  type Append,
  appendEach,
  appendEverywhere,
  type Entry,
  type LogWriter,
  type OwnedPartition,
  type Worker,
} from '../../transport/port.ts';
import type { Ingested } from '../ingest.ts';
import { encodeFact, type Fact } from './facts.ts';
import { encodeMatchRecord, type MatchRecord, type Place } from './records.ts';
import { newestOf, type Rulesets } from './rulesets.ts';

export type IngestDeps = {
  readonly source: string;
  /** Number of a partition of this source in positions and alerts. */
  readonly numberOf: (partition: number) => number;
  /** Every partition of every source of the deployment, as correlation knows them. */
  readonly all: readonly (readonly [source: string, partition: number])[];
  readonly rulesets: Rulesets;
  readonly normalizer: Normalizer;
  readonly matches: LogWriter;
  readonly deadLetters: (letters: Ingested['deadLetters']) => Promise<void>;
  readonly allowedLateness: Nanos;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly idleAfterMs: number;
  /** How often time and position are told, in records and ms. */
  readonly every: { readonly records: number; readonly ms: number };
  /** What the evidence ledger is told of a batch; absent: there is none. */
  readonly evidence?: IngestEvidence;
  /** Told of the rules whose group key a match lacks: it is sent to no partition of theirs. */
  readonly leftOut?: (rules: LeftOut) => void;
  /** `newestMs`: the newest event time of the partition that counted. */
  readonly count: (ingested: Ingested, records: readonly RawRecord[], partition: number, newestMs: number | undefined) => void;
};

export type IngestEvidence = {
  readonly facts: LogWriter;
  readonly observe: (partition: number, records: readonly RawRecord[], ingested: Ingested) => readonly LedgerObservation[];
};

/** What the group's commit says beside the offset; with it a restart decides lateness as the first run did. */
type Memory = {
  readonly incarnation: number;
  readonly lateness: JsonValue;
  readonly last: string | undefined;
  /** Number of the ruleset; undefined: none was chosen yet. */
  readonly rules: number | undefined;
};

/**
 * The owner of one partition of a source. What it appends to a partition of `wardline.matches` is in source order, without
 * holes, and begins at or below an offset that was committed after everything before it was acknowledged: one request at a
 * time for a partition, and the commit only after all. Repeats are for the filter of correlation to drop.
 */
export function ingestWorker(deps: IngestDeps): Worker {
  return async (owned) => {
    const run = await createRun(deps, owned);
    await run.hello();
    let quietSince = deps.clock.now();
    let told = deps.clock.now();
    let taken = 0;
    for await (const entries of owned.read(run.next())) {
      if (owned.revoked.aborted) return;
      const now = deps.clock.now();
      if (entries.length > 0) {
        quietSince = now;
        taken += await run.take(entries);
      }
      const idle = entries.length === 0 && now - quietSince >= deps.idleAfterMs;
      if (taken >= deps.every.records || (taken > 0 && now - told >= deps.every.ms) || (idle && !run.idle())) {
        await run.tellTime(idle);
        await run.commit();
        taken = 0;
        told = now;
      }
      if (run.behind()) await run.change();
    }
    if (taken > 0) {
      await run.tellTime(false);
      await run.commit();
    }
  };
}

async function createRun(deps: IngestDeps, owned: OwnedPartition) {
  const { source, matches, rulesets, logger } = deps;
  const partition = deps.numberOf(owned.partition);
  const start = await startOf(deps, owned);
  const lateness = createLateness(deps.allowedLateness, start.memory.lateness);
  let { next } = start;
  let { last } = start.memory;
  let idle = false;
  let gap = start.gap;
  const { incarnation } = start.memory;
  let seq = start.memory.rules ?? newestOf(rulesets);
  let rules = await rulesets.load(seq);
  const place = (): Place => ({ source, partition, incarnation, offset: next, index: 0 });
  const everywhere = (record: MatchRecord): Promise<void> => appendEverywhere(matches, [{ key: source, value: encodeMatchRecord(record) }]);

  const lost = async (): Promise<void> => {
    const from = lateness.newest();
    gap = false;
    if (from !== undefined) await everywhere({ kind: 'lost', place: place(), from });
  };

  const tellTime = async (resting: boolean): Promise<void> => {
    idle = resting;
    await everywhere({ kind: 'watermark', place: place(), time: lateness.watermark(), newest: lateness.newest(), idle, rules: seq });
  };
  let told = next;
  // Offsets that begin again would look as if they had been counted: to the ledger it is another partition.
  const inLedger = partition + (incarnation - 1) * INCARNATION;
  let observed: LedgerObservation[] = start.anew
    ? [{ kind: 'gap', at: deps.clock.now(), source, partition: inLedger, from: undefined, to: undefined, cause: 'topic made anew' }]
    : [];
  const tell = async (fact: Fact): Promise<void> => deps.evidence?.facts.append(0, [{ key: source, value: encodeFact(fact) }]);
  const commit = async (): Promise<void> => {
    const memory = { i: incarnation, n: lateness.snapshot(), d: last ?? null, r: seq };
    const offset = next;
    const some = observed.length > 0;
    if (some) await tell({ kind: 'range', source, partition, incarnation, from: told, next: offset, observed });
    await owned.commit({ offset, metadata: JSON.stringify(memory) });
    if (some) await tell({ kind: 'settled', source, partition, incarnation, next: offset });
    told = offset;
    observed = [];
  };

  return {
    next: () => next,
    idle: () => idle,
    tellTime,
    commit,
    async hello(): Promise<void> {
      await everywhere({ kind: 'sources', partitions: deps.all });
      // By which rules the first records were read is known before there is a match of them.
      if (start.memory.rules === undefined) await commit();
    },
    behind: () => rulesets.newest() > seq,
    /** From the accepted commit on, and from no other moment: a worker after this one reads the same records by the same rules. */
    async change(): Promise<void> {
      const wanted = rulesets.newest();
      const loaded = await rulesets.load(wanted);
      seq = wanted;
      await commit();
      rules = loaded;
      logger.info({ source, partition, from: String(next), ruleset: loaded.digest.slice(0, 12) }, 'reading by another ruleset');
      await tellTime(idle);
    },
    async take(entries: readonly Entry[]): Promise<number> {
      const fresh = entries.filter(({ offset }) => offset >= next);
      const [first] = fresh;
      if (first === undefined) return 0;
      if (first.offset > next) {
        logger.error({ source, partition, from: String(next), to: String(first.offset) }, 'records are missing: a gap');
        gap = true;
      }
      if (gap) await lost();
      const records = fresh.map((entry) => rawRecord(source, partition, entry));
      const ingested = rules.ingest(records, deps.normalizer, lateness);
      if (ingested.deadLetters.length > 0) await deps.deadLetters(ingested.deadLetters);
      for (const one of deps.evidence?.observe(inLedger, records, ingested) ?? []) observed.push(one);
      const byPartition = new Map<number, Append[]>();
      for (const match of ingested.matches) {
        const routing = rules.router.route(match);
        deps.leftOut?.(routing);
        for (const routed of routing.routed) {
          const target = rules.router.partitionOf(routed.rule, routed.group.key, matches.partitions);
          const { offset, index } = match.origin;
          const value = encodeMatchRecord({ kind: 'match', place: { source, partition, incarnation, offset, index }, routed });
          const list = byPartition.get(target);
          if (list === undefined) byPartition.set(target, [{ key: `${routed.rule} ${routed.group.key}`, value }]);
          else list.push({ key: `${routed.rule} ${routed.group.key}`, value });
        }
      }
      await appendEach(
        matches,
        [...byPartition].sort(([a], [b]) => a - b),
      );
      const newest = fresh.at(-1) as Entry;
      next = newest.offset + 1n;
      last = digestOf(newest);
      idle = false;
      const reached = lateness.newest();
      deps.count(ingested, records, partition, reached === undefined ? undefined : Number(reached / NANOS_PER_MS));
      return records.length;
    },
  };
}

const digestOf = ({ value }: Entry): string => sha256Hex(value ?? new Uint8Array()).slice(0, 16);

function rawRecord(source: string, partition: number, { offset, appendedAt, value, headers }: Entry): RawRecord {
  return { source, partition, offset, appendedAt, bytes: value, headers: headers ?? NO_HEADERS };
}

const INCARNATION = 1_000_000_000;
const FRESH: Memory = { incarnation: 1, lateness: null, last: undefined, rules: undefined };
const NO_HEADERS: ReadonlyMap<string, string> = new Map();

type Start = { readonly next: bigint; readonly memory: Memory; readonly gap: boolean; readonly anew?: boolean };

/**
 * Where to go on. A log that ends before the committed offset, or whose record before it is another than the one that was
 * read, was made anew: its offsets begin again, so the incarnation is raised, and what was in between is a gap.
 */
async function startOf({ source, logger }: IngestDeps, owned: OwnedPartition): Promise<Start> {
  const committed = await owned.committed();
  // Asked after it: another worker may tell a new offset in between, and a log that ends before it would look made anew.
  const { low, high } = await owned.bounds();
  if (committed === undefined) return { next: low, memory: FRESH, gap: false };
  const { offset } = committed;
  const memory = parseMemory(committed.metadata);
  const { partition } = owned;
  const before = memory.last !== undefined && low < offset && offset <= high ? await lastOf(owned, offset) : undefined;
  const anew = high < offset || (before !== undefined && before !== memory.last);
  if (anew) {
    logger.error({ source, partition, committed: String(offset), low: String(low), high: String(high) }, 'the topic was made anew: a gap');
    return { next: low, memory: { ...memory, incarnation: memory.incarnation + 1, last: undefined }, gap: true, anew: true };
  }
  if (low > offset) {
    logger.error({ source, partition, from: String(offset), to: String(low) }, 'records were removed before they were read: a gap');
    return { next: low, memory, gap: true };
  }
  return { next: offset, memory, gap: false };
}

/** What the record before an offset is; undefined: it is not there any more. */
async function lastOf(owned: OwnedPartition, offset: bigint): Promise<string | undefined> {
  for await (const entries of owned.read(offset - 1n)) {
    const entry = entries.find((one) => one.offset === offset - 1n);
    if (entry !== undefined) return digestOf(entry);
    if (entries.some((one) => one.offset >= offset) || owned.revoked.aborted) return undefined;
  }
  return undefined;
}

function parseMemory(metadata: string): Memory {
  try {
    const { i, n, d, r } = JSON.parse(metadata) as { i: number; n: JsonValue; d: string | null; r: number };
    return { incarnation: i, lateness: n, last: d ?? undefined, rules: r };
  } catch {
    return FRESH;
  }
}

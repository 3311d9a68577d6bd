import type { Body, Proof, Totals } from './entry.ts';
import type { BatchCounts, LedgerObservation } from './observation.ts';
import { addMatches, type Drafts, matchesDraft } from './rows.ts';

type BatchObservation = Extract<LedgerObservation, { kind: 'batch' }>;
type Row = Body<'population'>['rows'][number];
type Counters = Omit<Totals, 'missing' | 'deadLetters'>;

/** Counters and unsealed rows of one source partition. Memory between two seals grows with the distinct minutes seen. */
export type Partition = {
  readonly source: string;
  readonly partition: number;
  proof: Proof;
  next: bigint | undefined;
  ended: boolean;
  firstMinute: number | undefined;
  lastMinute: number | undefined;
  /** Minute of the last event of all time, in offset order; sealed positions carry it on. */
  lastEver: number | undefined;
  readonly leading: Map<string, number>;
  readonly counters: { -readonly [K in keyof Counters]: number };
  missing: bigint;
  readonly deadLetters: Map<string, number>;
  readonly rows: Map<string, Row>;
  readonly losses: Map<string, Body<'losses'>['rows'][number]>;
  readonly matches: Map<string, Body<'matches'>['rows'][number]>;
  /** Something changed since the last position. */
  open: boolean;
};

export function emptyPartition(source: string, partition: number): Partition {
  return {
    source,
    partition,
    proof: 'offsets',
    next: undefined,
    ended: false,
    firstMinute: undefined,
    lastMinute: undefined,
    lastEver: undefined,
    leading: new Map(),
    counters: { records: 0, decoded: 0, dead: 0, discarded: 0, unaccounted: 0, events: 0, unparsed: 0, late: 0 },
    missing: 0n,
    deadLetters: new Map(),
    rows: new Map(),
    losses: new Map(),
    matches: new Map(),
    open: false,
  };
}

/** Continues where a sealed position stopped. */
export function restorePartition(body: Body<'position'>, lastEver: number | undefined): Partition {
  const { records, decoded, dead, discarded, unaccounted, events, unparsed, late } = body.totals;
  return {
    ...emptyPartition(body.source, body.partition),
    proof: body.proof,
    next: body.next === null ? undefined : BigInt(body.next),
    ended: body.ended,
    lastEver,
    leading: new Map(Object.entries(body.leading)),
    counters: { records, decoded, dead, discarded, unaccounted, events, unparsed, late },
    missing: BigInt(body.totals.missing),
    deadLetters: new Map(Object.entries(body.totals.deadLetters)),
  };
}

/**
 * How the offsets of a batch follow on: `begun` starts above 0 and nobody knows what came before, `repeated` were all
 * counted before, `hole` leaves some unread, `overlap` cannot be split any more and must be marked.
 */
export type Continuation = 'next' | 'begun' | 'repeated' | 'hole' | 'overlap';

export function continuation(partition: Partition, { counts, proof = 'offsets', from }: BatchObservation): Continuation {
  const { next } = partition;
  // Between lines of a file may lie bytes that are no record: there only the source can say where it began to read.
  const first = proof === 'bytes' ? (from ?? next) : counts.firstOffset;
  const { lastOffset } = counts;
  if (proof === 'none' || first === undefined || lastOffset === undefined) return 'next';
  if (next === undefined) return first > 0n ? 'begun' : 'next';
  if (lastOffset < next) return 'repeated';
  if (first === next) return 'next';
  return first > next ? 'hole' : 'overlap';
}

const add = (map: Map<string, number>, key: string, n: number): void => void map.set(key, (map.get(key) ?? 0) + n);

/** Adds the counts of a batch that follows on. */
export function addBatch(partition: Partition, { counts, proof, next, ended }: BatchObservation): void {
  partition.open = true;
  partition.proof = proof ?? 'offsets';
  partition.ended = ended ?? false;
  const after = next ?? (counts.lastOffset === undefined ? undefined : counts.lastOffset + 1n);
  if (after !== undefined) partition.next = after;
  for (const key of Object.keys(partition.counters) as (keyof Counters)[]) partition.counters[key] += counts[key];
  for (const [reason, n] of counts.deadLetters) add(partition.deadLetters, reason, n);
  for (const loss of counts.losses) addLoss(partition, loss);
  addRows(partition, counts);
  addMatches(partition.matches, counts.matches);
}

function addLoss(partition: Partition, { minute = partition.lastEver, reason, count }: BatchCounts['losses'][number]): void {
  if (minute === undefined) {
    add(partition.leading, reason, count);
    return;
  }
  const key = `${minute}/${reason}`;
  const before = partition.losses.get(key);
  partition.losses.set(key, [minute, reason, (before?.[2] ?? 0) + count]);
}

function addRows(partition: Partition, counts: BatchCounts): void {
  if (counts.firstMinute === undefined || counts.lastMinute === undefined) return;
  for (const { minute, type, events, unparsed, late, first, last } of counts.rows) {
    const key = `${minute}/${type}`;
    const row = partition.rows.get(key);
    if (row === undefined) partition.rows.set(key, [minute, type, events, unparsed, late, first, last]);
    else {
      row[2] += events;
      row[3] += unparsed;
      row[4] += late;
      if (first < row[5]) row[5] = first;
      if (last > row[6]) row[6] = last;
    }
  }
  partition.firstMinute ??= counts.firstMinute;
  partition.lastMinute = counts.lastMinute;
  partition.lastEver = counts.lastMinute;
  // Dead letters that came before the very first event get its minute.
  for (const [reason, count] of partition.leading) addLoss(partition, { minute: counts.firstMinute, reason, count });
  partition.leading.clear();
}

/** Seals what changed: rows first, then the position that closes them. */
export function sealPartition(partition: Partition, ruleset: string, drafts: Drafts): void {
  if (!partition.open) return;
  const { source, partition: number } = partition;
  const rows = [...partition.rows.values()];
  drafts.rows('population', rows, (part) => ({ source, partition: number, ruleset, rows: part }));
  drafts.rows('losses', [...partition.losses.values()], (part) => ({ source, partition: number, rows: part }));
  matchesDraft(partition.matches, ruleset, drafts);
  drafts.add('position', {
    source,
    partition: number,
    proof: partition.proof,
    ruleset,
    next: partition.next?.toString() ?? null,
    firstMinute: partition.firstMinute ?? null,
    lastMinute: partition.lastMinute ?? null,
    leading: Object.fromEntries(partition.leading),
    ended: partition.ended,
    totals: { ...partition.counters, missing: partition.missing.toString(), deadLetters: Object.fromEntries(partition.deadLetters) },
  });
  partition.open = false;
  partition.firstMinute = undefined;
  partition.lastMinute = undefined;
  partition.rows.clear();
  partition.losses.clear();
  partition.matches.clear();
}

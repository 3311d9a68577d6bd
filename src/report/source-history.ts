import type { Body, Totals } from '../evidence/entry.ts';
import { createSeries, MINUTES_PER_DAY, type Series } from './series.ts';

/** A loss of unread offsets. Lost events lie between the event before and the event after; undefined = no such event. */
export type Gap = {
  readonly source: string;
  readonly partition: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly cause: string;
  readonly afterMinute: number | undefined;
  beforeMinute: number | undefined;
};

export type PartitionHistory = {
  readonly partition: number;
  proof: string;
  next: string | null;
  ended: boolean;
  caughtUpMs: number | undefined;
  lastMinute: number | undefined;
  totals: Totals;
  readonly openGaps: Gap[];
};

export type Loss = { readonly minute: number | null; readonly reason: string; count: number };
export type Silence = { readonly from: number; to: number | undefined; readonly cause: string };

export type SourceHistory = {
  readonly name: string;
  readonly partitions: Map<number, PartitionHistory>;
  readonly all: Series;
  readonly byType: Map<string, Series>;
  readonly losses: Map<string, Loss>;
  readonly gaps: Gap[];
  readonly silences: Silence[];
  /** Per day, which rulesets evaluated events of which minutes. */
  readonly rulesets: Map<number, Map<string, { first: number; last: number }>>;
};

/** The value of a key, made on first use. */
export function get<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}

export function emptySource(name: string): SourceHistory {
  return {
    name,
    partitions: new Map(),
    all: createSeries(),
    byType: new Map(),
    losses: new Map(),
    gaps: [],
    silences: [],
    rulesets: new Map(),
  };
}

export function partitionOf(source: SourceHistory, partition: number): PartitionHistory {
  return get(source.partitions, partition, () => ({
    partition,
    proof: 'offsets',
    next: null,
    ended: false,
    caughtUpMs: undefined,
    lastMinute: undefined,
    totals: {
      records: 0,
      decoded: 0,
      dead: 0,
      discarded: 0,
      unaccounted: 0,
      events: 0,
      unparsed: 0,
      late: 0,
      missing: '0',
      deadLetters: {},
    },
    openGaps: [],
  }));
}

export function addPopulation(source: SourceHistory, { ruleset, rows }: Body<'population'>): void {
  for (const [minute, type, events, unparsed, late, first, last] of rows) {
    source.all.add(minute, events, unparsed, late, first, last);
    get(source.byType, type, createSeries).add(minute, events, unparsed, late, first, last);
    const day = get(source.rulesets, Math.floor(minute / MINUTES_PER_DAY), () => new Map<string, { first: number; last: number }>());
    const range = get(day, ruleset, () => ({ first: minute, last: minute }));
    if (minute < range.first) range.first = minute;
    if (minute > range.last) range.last = minute;
  }
}

export function addLosses(source: SourceHistory, { rows }: Body<'losses'>): void {
  for (const [minute, reason, count] of rows) {
    get(source.losses, `${minute}/${reason}`, () => ({ minute, reason, count: 0 })).count += count;
  }
}

export function addPosition(source: SourceHistory, body: Body<'position'>): void {
  const partition = partitionOf(source, body.partition);
  partition.proof = body.proof;
  partition.next = body.next;
  partition.ended = body.ended;
  partition.totals = body.totals;
  if (body.lastMinute !== null) partition.lastMinute = body.lastMinute;
  if (body.firstMinute === null) return;
  for (const gap of partition.openGaps) gap.beforeMinute = body.firstMinute;
  partition.openGaps.length = 0;
}

export function addGap(source: SourceHistory, body: Body<'gap'>): void {
  const { from, to, cause, afterMinute, beforeMinute } = body;
  const gap: Gap = {
    source: source.name,
    partition: body.partition,
    from,
    to,
    cause,
    afterMinute: afterMinute ?? undefined,
    beforeMinute: beforeMinute ?? undefined,
  };
  source.gaps.push(gap);
  if (beforeMinute === null) partitionOf(source, body.partition).openGaps.push(gap);
}

import type { Nanos } from '../../event/time.ts';
import { type Passage, ROOMY } from '../kind.ts';
import { pack, unpack } from '../packed.ts';
import { COUNTS_BYTES, type CountTable, countOnce, countTable, MANY, timesOf } from '../sketches/count-table.ts';
import { type HashKey, hashOf } from '../sketches/keyed-hash.ts';
import { VALUE_BYTES } from '../values.ts';

/** A pane that is over, a 24th of the timespan: how many matches it had, its values as JSON, and how many of each. */
type Pane = {
  readonly number: number;
  readonly total: number;
  readonly values: string;
  readonly counts: string;
  readonly more?: CountTable;
};
/** The pane under way, those before it in the window, and what all of them have together. */
export type Counts = {
  pane: number | undefined;
  now: number;
  readonly counts: Map<string, number>;
  /** Values beyond those, by fingerprint. */
  more: CountTable | undefined;
  past: Pane[];
  total: number;
  readonly sums: Map<string, number>;
  /** The last pane in which values were counted by fingerprint, and the last one in which some were not counted. */
  crowded: number | undefined;
  cut: number | undefined;
};

/** The timespan has so many panes. */
export const PANES = 24;
/** Values counted by their text per pane; further ones are by fingerprint, and what finds no room there counts in the total alone and is not judged. Alerts say so while it lasts. */
const MAX_VALUES = 1000;

/** About what is kept beside the fingerprints. */
export const countsBytes = ({ counts, sums, past }: Counts): number =>
  VALUE_BYTES * (counts.size + sums.size) + past.reduce((sum, pane) => sum + pane.values.length + pane.counts.length, 0);

export const noCounts = (): Counts => ({
  pane: undefined,
  now: 0,
  counts: new Map(),
  more: undefined,
  past: [],
  total: 0,
  sums: new Map(),
  crowded: undefined,
  cut: undefined,
});

/** Counts a value in the pane under way and gives its matches in the window; undefined: there was no room to count it. */
export const countValue = (counted: Counts, key: string, hashKey: HashKey, time: Nanos, passage: Passage): number | undefined =>
  counted.crowded === undefined && counted.counts.size < MAX_VALUES
    ? countText(counted, key)
    : countAny(counted, key, hashKey, time, passage);

function countText({ counts, sums }: Counts, key: string): number {
  const sum = (sums.get(key) ?? 0) + 1;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  sums.set(key, sum);
  return sum;
}

/** Where panes of the window have more values than stand there by their text. */
function countAny(
  counted: Counts,
  key: string,
  hashKey: HashKey,
  time: Nanos,
  { dropped, estimated, room = ROOMY }: Passage,
): number | undefined {
  const hash = hashOf(key, hashKey);
  const byText = counted.counts.size < MAX_VALUES || counted.counts.has(key);
  if (!byText) {
    if (counted.more === undefined && room(COUNTS_BYTES)) counted.more = countTable();
    if (counted.more === undefined || !countOnce(counted.more, hash, room)) {
      dropped?.(1, time);
      counted.cut = counted.pane;
      return undefined;
    }
    counted.crowded = counted.pane;
    estimated?.(1);
  }
  let sum = byText ? countText(counted, key) : (counted.sums.get(key) ?? 0);
  for (const table of tablesOf(counted)) {
    const times = timesOf(table, hash);
    // So many that they were not counted on: no fewer than they may be.
    sum += times === MANY ? counted.total : times;
  }
  return Math.min(sum, counted.total);
}

const NO_TABLES: readonly CountTable[] = [];

export const tableBytes = (counted: Counts): number => tablesOf(counted).reduce((sum, { words }) => sum + words.length, 0);

const tablesOf = ({ crowded, past, more }: Counts): readonly CountTable[] =>
  crowded === undefined && more === undefined ? NO_TABLES : [...past.map((pane) => pane.more), more].filter((table) => table !== undefined);

/** What is not counted by its text in some pane of the window. */
export function crowdText({ crowded, cut }: Counts, number: number): string {
  const within = (pane: number | undefined): boolean => pane !== undefined && pane >= number - PANES;
  if (within(cut)) return '; further values of a pane were not counted';
  return within(crowded) ? `; past ${MAX_VALUES} values in a pane by fingerprint (misses at most 1 value in 200)` : '';
}

/** Begins a pane: the one before joins the past, and what left the window is taken off the sums. */
export function turn(counted: Counts, number: number): void {
  if (counted.pane !== undefined) {
    const sorted = [...counted.counts.keys()].sort();
    const written = JSON.stringify(sorted);
    const before = counted.past.at(-1)?.values;
    // Panes with the same values hold one text.
    const values = written === before ? before : written;
    const counts = pack(sorted.map((value) => counted.counts.get(value) ?? 0));
    counted.past.push({
      number: counted.pane,
      total: counted.now,
      values,
      counts,
      ...(counted.more === undefined ? {} : { more: counted.more }),
    });
    counted.more = undefined;
  }
  counted.counts.clear();
  counted.now = 0;
  counted.pane = number;
  if (counted.crowded !== undefined && counted.crowded < number - PANES) counted.crowded = undefined;
  const gone = counted.past.filter((pane) => pane.number < number - PANES);
  if (gone.length === 0) return;
  counted.past = counted.past.slice(gone.length);
  for (const { total, values, counts } of gone) {
    counted.total -= total;
    const names = JSON.parse(values) as readonly string[];
    unpack(counts).forEach((count, i) => {
      const value = names[i] as string;
      const left = (counted.sums.get(value) ?? 0) - count;
      if (left > 0) counted.sums.set(value, left);
      else counted.sums.delete(value);
    });
  }
}

export function clear(counted: Counts): void {
  Object.assign(counted, { pane: undefined, now: 0, more: undefined, past: [], total: 0, crowded: undefined, cut: undefined });
  counted.counts.clear();
  counted.sums.clear();
}

import { canonicalJson } from '../shared/canonical-json.ts';
import type { JsonValue } from '../shared/json.ts';
import type { Body, EntryKind } from './entry.ts';
import type { BatchCounts } from './observation.ts';

/** Rows of one entry stay below this many bytes: an entry must fit a transparency log (65,535). */
const MAX_ROWS_BYTES = 48_000;

export type Draft = { [K in EntryKind]: { readonly kind: K; readonly body: Body<K> } }[EntryKind];

/** Entries to be, in order. */
export type Drafts = {
  add<K extends EntryKind>(kind: K, body: Body<K>): void;
  /** Sorts rows, cuts them into parts that fit an entry each, and adds one draft per part. */
  rows<K extends EntryKind, R extends readonly (string | number | null)[]>(
    kind: K,
    rows: readonly R[],
    bodyOf: (part: R[]) => Body<K>,
  ): void;
  take(): readonly Draft[];
};

export function createDrafts(): Drafts {
  let drafts: Draft[] = [];
  const add: Drafts['add'] = (kind, body) => void drafts.push({ kind, body } as Draft);
  return {
    add,
    rows(kind, rows, bodyOf) {
      for (const part of partsOf([...rows].sort(compareRows))) add(kind, bodyOf(part));
    },
    take() {
      const taken = drafts;
      drafts = [];
      return taken;
    },
  };
}

/** By cell, null first, numbers by value, text by UTF-16 code units: the same on every machine. */
export function compareRows(a: readonly (string | number | null)[], b: readonly (string | number | null)[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? null, b[i] ?? null];
    if (x === y) continue;
    if (x === null || y === null) return x === null ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

/** Cuts a list into runs whose canonical JSON stays below the limit; a single larger item stands alone. */
export function partsOf<T>(items: readonly T[]): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let size = 0;
  for (const item of items) {
    const bytes = Buffer.byteLength(canonicalJson(item as JsonValue)) + 1;
    if (part.length > 0 && size + bytes > MAX_ROWS_BYTES) {
      parts.push(part);
      part = [];
      size = 0;
    }
    part.push(item);
    size += bytes;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

type MatchRows = Map<string, Body<'matches'>['rows'][number]>;

export function addMatches(into: MatchRows, matches: BatchCounts['matches']): void {
  for (const { minute, rule, count } of matches) {
    const key = `${minute}/${rule}`;
    into.set(key, [minute, rule, (into.get(key)?.[2] ?? 0) + count]);
  }
}

export function matchesDraft(rows: MatchRows, ruleset: string, drafts: Drafts): void {
  drafts.rows('matches', [...rows.values()], (part) => ({ ruleset, rows: part }));
}

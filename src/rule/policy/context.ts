import { type Nanos, parseIsoTime } from '../../event/time.ts';
import { canonicalJson } from '../../shared/canonical-json.ts';
import { sha256Hex } from '../../shared/digest.ts';
import { tryParseDuration } from '../../shared/duration.ts';
import { isObject, type JsonObject } from '../../shared/json.ts';
import { nearest } from '../../shared/nearest.ts';
import { isList, isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { FrontEnd } from '../front-end.ts';
import { CONTEXT_STORES, type ContextStoreName } from '../ir/condition.ts';
import type { ContextRecord, ContextTable, ContextTables } from '../ir/context.ts';
import { toJson } from '../json-rules/vocabulary.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf } from '../sigma/meta.ts';
import { reportUnknown } from './read.ts';

const KEYS = ['kind', 'store', 'as_of', 'max_age', 'records'] as const;
const RECORD_KEYS = ['key', 'from', 'until', 'reported_at', 'data'] as const;

/** Files of kind Context: records of a store (identities, devices, zones, grants, ...), shared with every policy. */
export const context: FrontEnd = {
  name: 'context',
  recognizes: (value: Plain) => isMap(value) && value['kind'] === 'Context',
  read(document, report) {
    readTable(document, report);
    return { shares: 'Context' };
  },
};

type Part = Omit<ContextTable, 'version'>;

/** One table per store out of all files; the oldest `as_of` and the shortest `max_age` speak for the whole. */
export function readContexts(documents: readonly SourceDocument[]): ContextTables {
  const quiet: ProblemReporter = { error() {}, warn() {} };
  const parts = documents.map((document) => readTable(document, quiet)).filter((part) => part !== undefined);
  const tables = new Map<ContextStoreName, ContextTable>();
  for (const [store, same] of Map.groupBy(parts, (part) => part.store)) {
    const records = same.flatMap((part) => part.records).sort(compareRecords);
    tables.set(store, {
      store,
      records,
      asOf: least(same.map(({ asOf }) => asOf)),
      maxAge: least(same.map(({ maxAge }) => maxAge)),
      version: sha256Hex(canonicalJson(records.map(asJson))),
    });
  }
  return tables;
}

const asJson = ({ key, from, until, reportedAt, data }: ContextRecord): JsonObject => ({
  key,
  from: String(from),
  until: String(until),
  reportedAt: String(reportedAt),
  data,
});

function compareRecords(a: ContextRecord, b: ContextRecord): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  const [left, right] = [a.from ?? 0n, b.from ?? 0n];
  return left < right ? -1 : left > right ? 1 : 0;
}

function least(times: readonly (Nanos | undefined)[]): Nanos | undefined {
  const given = times.filter((time) => time !== undefined);
  return given.length === 0 ? undefined : given.reduce((a, b) => (a < b ? a : b));
}

function readTable(document: SourceDocument, report: ProblemReporter): Part | undefined {
  const map = document.value as PlainMap;
  reportUnknown(map, KEYS, [], report);
  const name = textOf(map['store']);
  const store = CONTEXT_STORES.find((known) => known === name);
  if (store === undefined) {
    const close = nearest(name ?? '', CONTEXT_STORES);
    report.error(
      ['store'],
      'context/store',
      `"${name}" is no store; ${close ? `did you mean "${close}"?` : `one of ${CONTEXT_STORES.join(', ')}`}`,
    );
    return undefined;
  }
  const list = map['records'];
  if (!isList(list)) {
    report.error(['records'], 'context/records', 'records is a list of entries with key and data');
    return undefined;
  }
  const maxAgeText = textOf(map['max_age']);
  const maxAge = maxAgeText === undefined ? undefined : tryParseDuration(maxAgeText);
  if (maxAgeText !== undefined && maxAge === undefined)
    report.error(['max_age'], 'value/bad-duration', `"${maxAgeText}" is not a duration; write 5m or 1h`);
  const asOf = readTime(map['as_of'], ['as_of'], report);
  if (maxAge !== undefined && asOf === undefined)
    report.error(['max_age'], 'context/records', 'max_age counts from as_of; say when the records were true');
  const records = list.map((entry, i) => readRecord(entry, ['records', i], report)).filter((record) => record !== undefined);
  return { store, records, asOf, maxAge };
}

function readRecord(entry: Plain, path: DocumentPath, report: ProblemReporter): ContextRecord | undefined {
  if (!isMap(entry)) {
    report.error(path, 'context/records', 'a record is a map with key and data');
    return undefined;
  }
  reportUnknown(entry, RECORD_KEYS, path, report);
  const key = textOf(entry['key']);
  const data = toJson(entry['data'] ?? {});
  if (key === undefined || !isObject(data)) {
    report.error(path, 'context/records', 'a record has a key, and data is a map');
    return undefined;
  }
  const time = (name: string): Nanos | undefined => readTime(entry[name], [...path, name], report);
  return { key, data, from: time('from'), until: time('until'), reportedAt: time('reported_at') };
}

/** An instant of a file; undefined where there is none, or after a problem. */
export function readTime(value: Plain | undefined, path: DocumentPath, report: ProblemReporter): Nanos | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const parsed = parseIsoTime(day);
  if (parsed === undefined) report.error(path, 'value/bad-time', `"${text}" is no time; write 2026-11-02T09:00:00Z`);
  return parsed?.time;
}

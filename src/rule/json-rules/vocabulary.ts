import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { isMap, type Plain, type SourceDocument } from '../document.ts';
import type { References } from '../front-end.ts';
import { ADDED_OPERATORS } from '../ir/condition.ts';
import type { LookupFact } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { isLookup, readLookup } from './lookup.ts';
import { JSON_OPERATORS } from './operators.ts';

/** What rules may name besides fields of events: conditions, operators and facts of any file, as written. */
export type Vocabulary = {
  readonly conditions: ReadonlyMap<string, JsonValue>;
  readonly operators: ReadonlyMap<string, JsonValue>;
  readonly constants: ReadonlyMap<string, JsonValue>;
  /** Facts from outside. */
  readonly lookups: ReadonlyMap<string, LookupFact>;
};

/** Kinds of documents that are no rule and are shared between files, and the key that holds their names. */
const SHARED = { Conditions: 'conditions', Operators: 'operators', Facts: 'facts' } as const;
export type SharedKind = keyof typeof SHARED;

export const sharedKindOf = (value: Plain): SharedKind | undefined =>
  isMap(value) ? (Object.keys(SHARED) as SharedKind[]).find((kind) => kind === value['kind']) : undefined;

export function readVocabulary(references: References): Vocabulary {
  const facts = [...entriesOf(references.shared('Facts'), 'facts')];
  const quiet: ProblemReporter = { error() {}, warn() {} };
  const lookups = facts.filter(([, value]) => isLookup(value)).map(([name, value]) => readLookup(name, value, [], quiet));
  return {
    conditions: entriesOf(references.shared('Conditions'), 'conditions'),
    operators: entriesOf(references.shared('Operators'), 'operators'),
    constants: new Map(facts.filter(([, value]) => !isLookup(value))),
    lookups: new Map(lookups.filter((fact) => fact !== undefined).map((fact) => [fact.name, fact])),
  };
}

/** Reports what is wrong with a shared document by itself; trees are checked where they are used. */
export function checkShared(document: SourceDocument, kind: SharedKind, report: ProblemReporter): void {
  const key = SHARED[kind];
  const value = isMap(document.value) ? document.value[key] : undefined;
  if (!isMap(value)) {
    report.error([key], 'json-rules/shape', `a file of kind ${kind} has a map "${key}" by name`);
    return;
  }
  for (const [name, entry] of Object.entries(value)) {
    if (kind === 'Facts' && isLookup(toJson(entry))) readLookup(name, toJson(entry), [key, name, 'lookup'], report);
    if (kind === 'Operators' && [...JSON_OPERATORS, ...ADDED_OPERATORS].some((known) => known === name))
      report.error([key, name], 'ref/duplicate', `"${name}" is an operator already`, undefined, 'key');
    if (kind === 'Operators' && name.includes(':'))
      report.error([key, name], 'json-rules/shape', 'a name of an operator has no ":"; decorators stand before it', undefined, 'key');
  }
}

function entriesOf(documents: readonly SourceDocument[], key: string): ReadonlyMap<string, JsonValue> {
  const named = new Map<string, JsonValue>();
  for (const { value } of documents) {
    const entries = toJson(isMap(value) ? (value[key] ?? null) : null);
    if (isObject(entries)) for (const [name, entry] of Object.entries(entries)) named.set(name, entry);
  }
  return named;
}

/** Integers beyond 2^53 are compared as the text they are in events. */
export function toJson(value: Plain): JsonValue {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return (value as readonly Plain[]).map(toJson);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner as Plain)])) as JsonObject;
}

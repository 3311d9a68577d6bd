import type { Event } from '../../event/event.ts';
import { isoTime, type Nanos, parseIsoTime } from '../../event/time.ts';
import type { ContextStoreName, Fact } from '../../rule/ir/condition.ts';
import type { ContextRecord, ContextTable, ContextTables } from '../../rule/ir/context.ts';
import { valueAt } from '../../rule/json-rules/custom-operator.ts';
import type { JsonValue } from '../../shared/json.ts';
import { compileNetwork } from '../networks.ts';

/** Which store a verdict asked, which version of it, and as of when. */
export type ContextUse = { readonly store: ContextStoreName; readonly version: string; readonly asOf: string };

/** Values of facts as of the time of an event. */
export type ContextReader = {
  /** Undefined = unknown: nothing is there, or the store is too old to be believed. */
  value(fact: Fact, event: Event): JsonValue | undefined;
  /** The store behind a fact, to say what a verdict rests on. */
  use(fact: Fact, event: Event): ContextUse | undefined;
};

/** Look-ups in the records of the ruleset: no I/O, and the same for every replay of the same ruleset. */
export function createContextReader(tables: ContextTables): ContextReader {
  const finders = new Map([...tables].map(([store, table]) => [store, createFinder(store, table)]));
  return {
    value(fact, event) {
      if (fact.kind === 'constant') return fact.value;
      if (fact.kind === 'event') return valueAt(event.field(fact.field), fact.keys);
      if (fact.kind !== 'context') return undefined;
      const table = tables.get(fact.store);
      const find = finders.get(fact.store);
      if (table === undefined || find === undefined || isStale(table, event.time)) return undefined;
      const key = keyOf(fact, event);
      if (key === undefined) return undefined;
      const record = find(key, event.time);
      if ((fact.store === 'grant' || fact.store === 'exception') && fact.keys.join('.') === 'active') return isActive(record);
      return record === undefined ? undefined : partOf(record, fact.keys, event.time);
    },
    use(fact, event) {
      const table = fact.kind === 'context' ? tables.get(fact.store) : undefined;
      return table && { store: table.store, version: table.version.slice(0, 12), asOf: isoTime(event.time) };
    },
  };
}

/** A store that is at hand knows who has no grant and no exception; everywhere else a record that is missing says nothing. */
const isActive = (record: ContextRecord | undefined): boolean => record !== undefined && record.data['active'] !== false;

function isStale({ asOf, maxAge }: ContextTable, time: Nanos): boolean {
  return asOf !== undefined && maxAge !== undefined && time - asOf > maxAge;
}

type ContextFact = Extract<Fact, { kind: 'context' }>;

/** Fields of an event that name the record of each store, the first that is there; `params.of` names another. */
const KEY_FIELDS: Readonly<Record<ContextStoreName, readonly string[]>> = {
  identity: ['user.id', 'user.name', 'wardline.access.subject.id'],
  device: ['device.id', 'host.id'],
  asset: ['wardline.access.resource.id', 'wardline.access.resource.service'],
  zone: ['source.ip'],
  service: ['wardline.access.subject.spiffe', 'service.name'],
  grant: ['user.id', 'user.name', 'wardline.access.subject.id'],
  revision: [],
  exception: [],
};

function keyOf({ store, params }: ContextFact, event: Event): string | undefined {
  if (store === 'revision') return String(params['set']);
  const of = params['of'];
  if (store === 'exception' && of === undefined) return String(params['id']);
  const fields = typeof of === 'string' ? [of] : KEY_FIELDS[store];
  for (const field of fields) {
    const value = event.field(field);
    if (typeof value === 'string' || typeof value === 'number')
      return store === 'grant' ? `${value}|${String(params['role'])}` : String(value);
  }
  return undefined;
}

/** A part of a record; `ageMs` beside a `reported_at` is how old the report was at the event, in milliseconds. */
function partOf(record: ContextRecord, keys: ContextFact['keys'], time: Nanos): JsonValue | undefined {
  const found = valueAt(record.data, keys);
  const last = keys.at(-1);
  if (found !== undefined || (last !== 'ageMs' && last !== 'reported_at')) return found ?? undefined;
  const written = valueAt(record.data, [...keys.slice(0, -1), 'reported_at']);
  const reportedAt = typeof written === 'string' ? parseIsoTime(written)?.time : record.reportedAt;
  if (reportedAt === undefined) return undefined;
  return last === 'reported_at' ? isoTime(reportedAt) : Number((time - reportedAt) / 1_000_000n);
}

type Find = (key: string, time: Nanos) => ContextRecord | undefined;

function createFinder(store: ContextStoreName, { records }: ContextTable): Find {
  if (store === 'zone') return zoneFinder(records);
  const byKey = Map.groupBy(records, ({ key }) => key);
  return (key, time) => current(byKey.get(key), time);
}

/** Of several records the one that began last, if it has not ended. */
function current(records: readonly ContextRecord[] | undefined, time: Nanos): ContextRecord | undefined {
  const begun = records?.findLast(({ from }) => from === undefined || from <= time);
  return begun === undefined || (begun.until !== undefined && begun.until <= time) ? undefined : begun;
}

/** The longest prefix that holds the address wins. */
function zoneFinder(records: readonly ContextRecord[]): Find {
  const networks = [...Map.groupBy(records, ({ key }) => key)]
    .map(([network, same]) => ({ same, bits: Number(network.split('/')[1] ?? 0), inside: compileNetwork(network) }))
    .sort((a, b) => b.bits - a.bits);
  return (address, time) => {
    for (const { inside, same } of networks) {
      const record = inside(address) ? current(same, time) : undefined;
      if (record !== undefined) return record;
    }
    return undefined;
  };
}

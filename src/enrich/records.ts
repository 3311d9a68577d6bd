import ipaddr from 'ipaddr.js';
import type { FieldSource } from '../event/field-source.ts';
import { WardlineError } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { createNetworks, type Networks } from './networks.ts';
import { readRows } from './rows.ts';

/** Rows about hosts or users, by every key they have. */
export type RecordTable = {
  readonly byKey: ReadonlyMap<string, JsonObject>;
  readonly networks: Networks<JsonObject>;
  /** Every column of any row. */
  readonly columns: readonly string[];
};

export type RecordKind = 'asset' | 'identity';

const KEYS: Readonly<Record<RecordKind, readonly string[]>> = {
  asset: ['ip', 'host', 'hostname', 'name', 'mac', 'id'],
  identity: ['name', 'user', 'id', 'email'],
};
/** What is looked up, in this order: the first key that is known decides. */
const LOOKUPS: Readonly<Record<RecordKind, readonly string[]>> = {
  asset: ['host.id', 'host.name', 'host.hostname', 'host.mac', 'host.ip', 'destination.ip'],
  identity: ['user.id', 'user.email', 'user.name', 'source.user.name'],
};
const NAME = /^[a-z_][\w.@-]{0,127}$/i;

/** Reads a table of assets or identities; throws with file and line where a row has no key. */
export function readRecords(kind: RecordKind, path: string, text: string): RecordTable {
  const byKey = new Map<string, JsonObject>();
  const networks: (readonly [string, JsonObject])[] = [];
  const columns = new Set<string>();
  for (const { row, line } of readRows(path, text)) {
    const keys = KEYS[kind].flatMap((name) => listOf(row[name]));
    if (keys.length === 0) throw new WardlineError('settings', `${path}:${line}: a row needs one of the columns ${KEYS[kind].join(', ')}`);
    for (const name of Object.keys(row)) if (NAME.test(name)) columns.add(name);
    for (const key of keys) {
      if (kind === 'asset' && key.includes('/')) networks.push([networkOf(path, line, key), row]);
      else if (!byKey.has(keyOf(key))) byKey.set(keyOf(key), row);
    }
  }
  return { byKey, networks: createNetworks(networks), columns: [...columns].sort() };
}

function networkOf(path: string, line: number, text: string): string {
  if (!ipaddr.isValidCIDR(text)) throw new WardlineError('settings', `${path}:${line}: "${text}" is no network`);
  return text;
}

/** A value may name several: `10.0.0.1;10.0.0.2`, or a list in JSON. */
function listOf(value: JsonValue | undefined): readonly string[] {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(String);
  return value === undefined || value === null
    ? []
    : String(value)
        .split(';')
        .map((one) => one.trim())
        .filter(Boolean);
}

const keyOf = (text: string): string => text.toLowerCase();

/** `CORP\alice` and `alice@corp.example` are also alice. */
function spellings(kind: RecordKind, text: string): readonly string[] {
  if (kind === 'asset') return [keyOf(text)];
  const bare = text.replace(/^.*\\/s, '').replace(/@.*$/s, '');
  return bare === text ? [keyOf(text)] : [keyOf(text), keyOf(bare)];
}

/** `wardline.asset.*` or `wardline.identity.*`; a column named like an ECS field fills that field where the event has none. */
export function recordFields(
  kind: RecordKind,
  tables: readonly RecordTable[],
  sourceOf: (field: string) => FieldSource,
): Record<string, FieldSource> {
  const find = (values: readonly (JsonValue | undefined)[]): JsonObject | undefined => {
    for (const value of values) {
      for (const text of listOf(value)) {
        for (const { byKey, networks } of tables) {
          for (const key of spellings(kind, text)) {
            const row = byKey.get(key);
            if (row !== undefined) return row;
          }
          const row = networks.find(text);
          if (row !== undefined) return row;
        }
      }
    }
    return undefined;
  };
  const reads = LOOKUPS[kind].map(sourceOf);
  const fields: Record<string, FieldSource> = {};
  for (const column of new Set(tables.flatMap(({ columns }) => columns))) {
    const apply = (values: readonly (JsonValue | undefined)[]) => find(values)?.[column];
    fields[column.includes('.') ? column : `wardline.${kind}.${column}`] = { kind: 'compute', reads, apply };
  }
  return fields;
}

import { canonicalJson } from '../shared/canonical-json.ts';
import { isObject, type JsonValue } from '../shared/json.ts';
import { PREDICATE_TYPE, STATEMENT_TYPE } from './bundle.ts';
import type { LedgerHead } from './ledger.ts';

/** What a manifest says: the head of the log, who signed, and the SHA-256 of every other file by name. */
export type Manifest = {
  readonly text: string;
  readonly head: LedgerHead;
  /** Id of the key: SHA-256 of the raw public key. */
  readonly key: string;
  readonly origin: string;
  readonly digests: ReadonlyMap<string, string>;
};

/** Text of a file when it is UTF-8; a byte order mark stays and is not JSON. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A JSON value whose bytes are its canonical form. */
export function canonicalValue(bytes: Uint8Array): JsonValue | undefined {
  const text = textOf(bytes);
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** An object with exactly these keys. */
export function exactly<K extends string>(value: unknown, ...keys: readonly K[]): Readonly<Record<K, JsonValue>> | undefined {
  if (!isObject(value) || Object.keys(value).sort().join() !== [...keys].sort().join()) return undefined;
  return value as Record<K, JsonValue>;
}

export const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

/** Reads a manifest in the one form `writeBundle` writes; undefined otherwise. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  const statement = exactly(canonicalValue(bytes), '_type', 'predicate', 'predicateType', 'subject');
  const predicate = exactly(statement?.predicate, 'head', 'key', 'origin');
  if (statement?._type !== STATEMENT_TYPE || statement.predicateType !== PREDICATE_TYPE || predicate === undefined) return undefined;
  const { head, key, origin } = predicate;
  const digests = parseSubject(statement.subject);
  if (!isHead(head) || !isHash(key) || typeof origin !== 'string' || digests === undefined) return undefined;
  return { text: textOf(bytes) ?? '', head, key, origin, digests };
}

function parseSubject(subject: JsonValue): ReadonlyMap<string, string> | undefined {
  if (!Array.isArray(subject)) return undefined;
  const digests = new Map<string, string>();
  let previous = '';
  for (const value of subject as readonly JsonValue[]) {
    const item = exactly(value, 'digest', 'name');
    const sha256 = exactly(item?.digest, 'sha256')?.sha256;
    if (typeof item?.name !== 'string' || !isHash(sha256) || item.name <= previous) return undefined;
    previous = item.name;
    digests.set(item.name, sha256);
  }
  return digests;
}

function isHead(value: unknown): value is LedgerHead {
  const head = exactly(value, 'at', 'chain', 'root', 'size');
  return typeof head?.at === 'string' && isHash(head.chain) && isHash(head.root) && Number.isSafeInteger(head.size);
}

import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { printable } from '../../shared/table.ts';

export const OSCAL_VERSION = '1.2.1';
/** Namespace of the props that are ours. */
export const PROP_NS = 'urn:wardline:oscal:1';

// Version 5 UUID of the name "urn:wardline" in the URL namespace of RFC 9562.
const ROOT = uuidOf('6ba7b811-9dad-11d1-80b4-00c04fd430c8', 'urn:wardline');

/** UUID version 5: SHA-1 over namespace and name. Equal names give equal UUIDs on every machine. */
export function uuidOf(namespace: string, name: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.subarray(0, 16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The UUID of an object by its place: tenant-wide names first. */
export function uuid(...path: readonly string[]): string {
  return uuidOf(ROOT, JSON.stringify(path));
}

/** One line of text that is not empty and has no blanks at its ends. */
export function line(text: string): string {
  const clean = printable(text).trim();
  return clean === '' ? '-' : clean;
}

export function prop(name: string, value: string | number): JsonObject {
  return { name, ns: PROP_NS, value: line(String(value)) };
}

/** An object without the members that are undefined or an empty list: OSCAL has no empty lists. */
export function compact(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return Object.fromEntries(kept) as JsonObject;
}

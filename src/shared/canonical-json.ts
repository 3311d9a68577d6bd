import type { JsonValue } from './json.ts';

/**
 * JSON with sorted keys and no white space: equal values give equal bytes (RFC 8785 for the values we use).
 * Keys are sorted by UTF-16 code units, numbers printed as ECMAScript prints them.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const object = value as { readonly [key: string]: JsonValue };
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

import type { JsonValue } from './json.ts';

/**
 * JSON with sorted keys and no white space: equal values give equal bytes (RFC 8785 for the values we use).
 * Keys are sorted by UTF-16 code units, numbers printed as ECMAScript prints them.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return isFlat(value) ? JSON.stringify(value) : `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const object = value as { readonly [key: string]: JsonValue };
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

/** No object anywhere below, so no key to sort: the runtime writes the same text, without a string per element. */
function isFlat(values: readonly JsonValue[]): boolean {
  return values.every((value) => (Array.isArray(value) ? isFlat(value) : typeof value !== 'object' || value === null));
}

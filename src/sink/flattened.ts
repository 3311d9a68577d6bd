import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

/** Fields of the alert template of type `flattened`, which refuses a whole document for one NUL in a value. */
export const FLATTENED: readonly (readonly string[])[] = [['labels'], ['wardline', 'policy'], ['wardline', 'alert', 'group']];

/**
 * The document with every NUL of its flattened fields shown as U+FFFD. Whoever can write a NUL into a user name could
 * otherwise keep the alert about him out of the index. Other fields keep theirs: their types take it.
 */
export function withoutNul(document: JsonObject): JsonObject {
  if (!JSON.stringify(document).includes('\\u0000')) return document;
  return FLATTENED.reduce((whole, path) => changedAt(whole, path) as JsonObject, document);
}

function changedAt(value: JsonValue, [key, ...rest]: readonly string[]): JsonValue {
  if (key === undefined) return cleaned(value);
  if (!isObject(value) || !Object.hasOwn(value, key)) return value;
  return { ...value, [key]: changedAt(value[key] as JsonValue, rest) };
}

function cleaned(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD');
  if (Array.isArray(value)) return value.map((item) => cleaned(item as JsonValue));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.replaceAll('\0', '\uFFFD'), cleaned(item as JsonValue)]));
}

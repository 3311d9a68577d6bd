import { isObject, type JsonObject, type JsonValue } from './json.ts';

/** A nested value of a document by dotted path; own keys only. */
export function at(document: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of path.split('.')) {
    if (value === undefined || !isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Dotted names back to nested objects; a name below a plain value is left out. */
export function unflatten(entries: readonly (readonly [string, JsonValue])[]): Record<string, JsonValue> {
  const root: Record<string, JsonValue> = {};
  for (const [name, value] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const keys = name.split('.');
    const node = parentOf(root, keys);
    if (node !== undefined) node[keys.at(-1) as string] = value;
  }
  return root;
}

function parentOf(root: Record<string, JsonValue>, keys: readonly string[]): Record<string, JsonValue> | undefined {
  let node = root;
  for (const key of keys.slice(0, -1)) {
    if (!Object.hasOwn(node, key)) node[key] = {};
    const inner = node[key];
    if (inner === undefined || !isObject(inner)) return undefined;
    node = inner as Record<string, JsonValue>;
  }
  return node;
}

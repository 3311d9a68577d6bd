import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { parsePlainPath } from './path.ts';

/** A leaf rewritten as the tree that its custom operator stands for, or why it cannot be. */
export type Expanded = { readonly tree: JsonValue } | { readonly why: string };

const MAX_DEPTH = 8;

/**
 * Puts the two sides of a leaf into the body of a custom operator: every leaf of the body asks the fact of the rule, and
 * `{"given": "$[0]"}` as its value is what the rule gave, or a part of it. No code: a name for a condition.
 */
export function expandOperator(leaf: JsonObject, body: JsonValue): Expanded {
  const { fact, path, params, value: given } = leaf as { readonly [key: string]: JsonValue };
  const about: JsonObject = {
    ...(fact === undefined ? {} : { fact }),
    ...(path === undefined ? {} : { path }),
    ...(params === undefined ? {} : { params }),
  };
  let why: string | undefined;
  const fill = (value: JsonValue | undefined): JsonValue => {
    if (value === undefined) return given ?? null;
    if (!isObject(value) || !Object.hasOwn(value, 'given')) return value;
    const found = part(given ?? null, value['given'] as JsonValue);
    if (found === undefined) why ??= `its value has no ${JSON.stringify(value['given'])}`;
    return found ?? null;
  };
  const walk = (node: JsonValue, depth: number): JsonValue => {
    if (!isObject(node) || depth > MAX_DEPTH) {
      why ??= 'its definition is no condition tree';
      return null;
    }
    if (Object.hasOwn(node, 'not')) return { not: walk(node['not'] as JsonValue, depth + 1) };
    for (const op of ['all', 'any'] as const) {
      const list = node[op];
      if (Array.isArray(list)) return { [op]: (list as readonly JsonValue[]).map((one) => walk(one, depth + 1)) };
    }
    if (Object.hasOwn(node, 'fact')) why ??= 'its definition names a fact; it asks the fact of the rule';
    return { ...node, ...about, value: fill(node['value']) };
  };
  const tree = walk(body, 0);
  return why === undefined ? { tree } : { why };
}

function part(given: JsonValue, path: JsonValue): JsonValue | undefined {
  const parsed = typeof path === 'string' ? parsePlainPath(path) : undefined;
  if (parsed?.ok !== true) return undefined;
  return valueAt(given, parsed.keys);
}

/** Follows keys and positions into a value; undefined where there is nothing. */
export function valueAt(value: JsonValue | undefined, keys: readonly (string | number)[]): JsonValue | undefined {
  let at = value;
  for (const key of keys) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (Array.isArray(at)) at = typeof key === 'number' ? (at as readonly JsonValue[])[key] : undefined;
    else at = Object.hasOwn(at, key) ? (at as JsonObject)[key] : undefined;
  }
  return at;
}

import { isObject, type JsonValue } from '../shared/json.ts';
import type { Accessor, FieldSource } from './field-source.ts';

/**
 * Turns a field source into a function. A key `a.b` written flat wins over nested `a` -> `b`, at every level; an array of
 * objects is read through, so that one path yields every element's value.
 */
export function createAccessor(source: FieldSource): Accessor {
  switch (source.kind) {
    case 'constant':
      return () => source.value;
    case 'path':
      return pathAccessor(source.keys);
    case 'first-of': {
      const accessors = source.sources.map(createAccessor);
      return (document) => {
        for (const accessor of accessors) {
          const value = accessor(document);
          if (value !== undefined) return value;
        }
        return undefined;
      };
    }
    case 'compute': {
      const accessors = source.reads.map(createAccessor);
      return (document) => source.apply(accessors.map((accessor) => accessor(document)));
    }
  }
}

function pathAccessor(keys: readonly string[]): Accessor {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return (document) => keyOf(document, only);
  // Flat spellings, longest first: ['a.b.c', ['a.b', 'c'], ['a', 'b', 'c']] and so on below each head.
  const heads = keys.map((_, i) => ({ head: keys.slice(0, keys.length - i).join('.'), rest: keys.slice(keys.length - i) }));
  const steps = heads.map(({ head, rest }) => ({ head, next: rest.length === 0 ? undefined : pathAccessor(rest) }));
  return (document) => {
    for (const { head, next } of steps) {
      const value = keyOf(document, head);
      if (value === undefined) continue;
      const found = next === undefined ? value : next(value);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function keyOf(value: JsonValue, key: string): JsonValue | undefined {
  if (isObject(value)) return Object.hasOwn(value, key) ? value[key] : undefined;
  if (!Array.isArray(value)) return undefined;
  const found: JsonValue[] = [];
  for (const element of value as readonly JsonValue[]) {
    const inner = keyOf(element, key);
    if (Array.isArray(inner)) found.push(...(inner as readonly JsonValue[]));
    else if (inner !== undefined) found.push(inner);
  }
  return found.length === 0 ? undefined : found;
}

import { newBag } from '../shared/bag.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

/** Top-level ECS objects that say who did what where; the rest of an event stays with the event. */
const ENTITIES = [
  'user',
  'host',
  'source',
  'destination',
  'process',
  'file',
  'registry',
  'url',
  'cloud',
  'service',
  'trace',
  'dns',
  'orchestrator',
  'organization',
  'related',
] as const;
/** Single fields beside them, by the object that they stand in. */
const OTHERS = [
  ['event', ['category', 'type', 'outcome']],
  ['wardline', ['policy', 'event', 'facts', 'facts_failed']],
] as const;
const MAX_FIELDS = 64;
const MAX_TEXT = 1024;

/** Dotted names by their parts; names of events are data, so there is an end to those that are remembered. */
export type FieldNames = { readonly name: string; readonly inner: Map<string, FieldNames>; readonly all: { count: number } };
const MAX_NAMES = 10_000;
export const noNames = (): FieldNames => ({ name: '', inner: new Map(), all: { count: 0 } });

function within({ name, inner, all }: FieldNames, key: string): FieldNames {
  const known = inner.get(key);
  if (known !== undefined) return known;
  const made = { name: name === '' ? key : `${name}.${key}`, inner: new Map(), all };
  if (all.count >= MAX_NAMES) return made;
  all.count++;
  inner.set(key, made);
  return made;
}

/**
 * The entity fields of an ECS document, flat by dotted name; arrays stay whole, long text is cut. `names` is what earlier
 * documents left: making the name of a field costs more than its value.
 */
export function entitiesOf(ecs: JsonObject, names: FieldNames = noNames()): Record<string, JsonValue> {
  const out = newBag<JsonValue>();
  let room = MAX_FIELDS;
  const walk = (value: JsonValue, at: FieldNames): void => {
    if (room <= 0 || value === null) return;
    if (isObject(value)) {
      for (const key in value) if (Object.hasOwn(value, key)) walk(value[key] as JsonValue, within(at, key));
    } else {
      out[at.name] = typeof value === 'string' && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
      room--;
    }
  };
  for (const name of ENTITIES) if (Object.hasOwn(ecs, name)) walk(ecs[name] as JsonValue, within(names, name));
  for (const [top, keys] of OTHERS) {
    const part = Object.hasOwn(ecs, top) ? ecs[top] : undefined;
    if (part === undefined || !isObject(part)) continue;
    for (const key of keys) if (Object.hasOwn(part, key)) walk(part[key] as JsonValue, within(within(names, top), key));
  }
  return out;
}

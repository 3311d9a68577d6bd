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
  [
    'event',
    [
      ['category', 'event.category'],
      ['type', 'event.type'],
      ['outcome', 'event.outcome'],
    ],
  ],
  [
    'wardline',
    [
      ['policy', 'wardline.policy'],
      ['event', 'wardline.event'],
      ['facts', 'wardline.facts'],
      ['facts_failed', 'wardline.facts_failed'],
    ],
  ],
] as const;
const MAX_FIELDS = 64;
const MAX_TEXT = 1024;

/** The entity fields of an ECS document, flat by dotted name; arrays stay whole, long text is cut. */
export function entitiesOf(ecs: JsonObject): Record<string, JsonValue> {
  const out = newBag<JsonValue>();
  let room = MAX_FIELDS;
  const walk = (value: JsonValue, name: string): void => {
    if (room <= 0 || value === null) return;
    if (isObject(value)) for (const [key, inner] of Object.entries(value)) walk(inner, `${name}.${key}`);
    else {
      out[name] = typeof value === 'string' && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
      room--;
    }
  };
  for (const name of ENTITIES) if (Object.hasOwn(ecs, name)) walk(ecs[name] as JsonValue, name);
  for (const [top, names] of OTHERS) {
    const part = ecs[top];
    if (part === undefined || !isObject(part)) continue;
    for (const [key, name] of names) if (Object.hasOwn(part, key)) walk(part[key] as JsonValue, name);
  }
  return out;
}

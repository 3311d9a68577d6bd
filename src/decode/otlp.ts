import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { Unwrapped } from './envelopes.ts';

/** Records of one scope of one resource, in the shape every reader of spans and log records makes. */
export type Leaves = {
  readonly resource: JsonObject | undefined;
  readonly scope: JsonObject | undefined;
  readonly items: readonly JsonObject[];
  readonly hint: 'otlp.span' | 'otlp.log';
};

/** Is this an OTLP/JSON export (opentelemetry-proto, Export...ServiceRequest)? Keys come in lowerCamelCase or as in the schema. */
export function isOtlp(value: JsonObject): boolean {
  return OTLP_KEYS.some((key) => Array.isArray(value[key]));
}

export const OTLP_KEYS = ['resourceSpans', 'resourceLogs', 'resourceMetrics', 'resource_spans', 'resource_logs', 'resource_metrics'];

/**
 * One document per span or log record: its own members with attributes as plain maps, ids as lower-case hex, and beside it
 * `resource` and `scope`. Metrics make no document. Whatever is not understood is left as it was; nothing here throws.
 */
export function otlpDocuments(value: JsonObject): readonly Unwrapped[] {
  return leafDocuments([
    ...leaves(value, 'resourceSpans', 'scopeSpans', 'spans', 'otlp.span'),
    ...leaves(value, 'resourceLogs', 'scopeLogs', 'logRecords', 'otlp.log'),
  ]);
}

/** Documents of spans and log records in their order; an exception that a span tells of is an event of its own behind it. */
export function leafDocuments(groups: readonly Leaves[]): readonly Unwrapped[] {
  const out: Unwrapped[] = [];
  for (const { resource, scope, items, hint } of groups) {
    const around = {
      resource: { attributes: resource?.['attributes'] ?? {} },
      scope: { name: scope?.['name'] ?? null, version: scope?.['version'] ?? null },
    };
    for (const item of items) {
      out.push({ value: { attributes: {}, ...item, ...around }, formatHint: hint });
      if (hint === 'otlp.span')
        for (const event of objects(item['events'])) if (isException(event)) out.push(exceptionOf(item, event, around));
    }
  }
  return out;
}

const isException = ({ name, attributes }: JsonObject): boolean => name === 'exception' && attributes !== undefined && isObject(attributes);

/** As the log record that newer conventions write for it (semantic conventions, exceptions in logs). */
function exceptionOf({ traceId, spanId }: JsonObject, { timeUnixNano, attributes }: JsonObject, around: JsonObject): Unwrapped {
  const body = isObject(attributes) ? attributes['exception.message'] : undefined;
  const value: Record<string, JsonValue> = { eventName: 'exception', severityNumber: 17, attributes: attributes ?? {}, ...around };
  for (const [key, part] of Object.entries({ timeUnixNano, traceId, spanId, body })) if (part !== undefined) value[key] = part;
  return { value, formatHint: 'otlp.log' };
}

function* leaves(root: JsonObject, outer: string, middle: string, inner: string, hint: Leaves['hint']): Generator<Leaves> {
  for (const entry of objects(member(root, outer))) {
    const resource = { attributes: attributeMap(member(member(entry, 'resource'), 'attributes')) };
    for (const scopeEntry of objects(member(entry, middle))) {
      const scope = member(scopeEntry, 'scope');
      const items = objects(member(scopeEntry, inner)).map(normalized);
      yield { resource, scope: scope !== undefined && isObject(scope) ? scope : undefined, items, hint };
    }
  }
}

/** Members in the names of the JSON form, ids as hex, attributes as maps. */
function normalized(item: JsonObject): JsonObject {
  const out: Record<string, JsonValue> = Object.create(null);
  for (const [key, value] of Object.entries(item)) out[lowerCamel(key)] = value;
  if (out['attributes'] !== undefined) out['attributes'] = attributeMap(out['attributes']);
  for (const key of ['traceId', 'spanId', 'parentSpanId']) {
    const id = hexId(out[key]);
    if (id === undefined) delete out[key];
    else out[key] = id;
  }
  for (const key of TIMES) if (out[key] === '0' || out[key] === 0) delete out[key];
  if (out['body'] !== undefined) out['body'] = anyValue(out['body']);
  for (const key of ['events', 'links']) if (Array.isArray(out[key])) out[key] = objects(out[key]).map(normalized);
  return out;
}

const TIMES = ['timeUnixNano', 'observedTimeUnixNano', 'startTimeUnixNano', 'endTimeUnixNano'];
const lowerCamel = (key: string): string =>
  key.includes('_') ? key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : key;
const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isObject) : [];
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return value !== undefined && isObject(value) ? (value[key] ?? value[snake(key)]) : undefined;
}

/** `[{key, value}]` to a map; the last of equal keys wins. */
function attributeMap(value: JsonValue | undefined): JsonObject {
  const out: Record<string, JsonValue> = Object.create(null);
  for (const entry of objects(value)) {
    const { key } = entry;
    if (typeof key === 'string') out[key] = anyValue(entry['value']);
  }
  return out;
}

/** AnyValue (opentelemetry-proto common.proto): one of seven kinds; 64-bit integers arrive as text or number. */
function anyValue(value: JsonValue | undefined): JsonValue {
  if (value === undefined || !isObject(value)) return value ?? null;
  for (const kind of ['stringValue', 'boolValue', 'doubleValue', 'bytesValue'] as const) {
    const plain = member(value, kind);
    if (plain !== undefined) return plain;
  }
  const integer = member(value, 'intValue');
  if (integer !== undefined) return typeof integer === 'string' && Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  const list = member(value, 'arrayValue');
  if (list !== undefined) return objects(member(list, 'values')).map(anyValue);
  const map = member(value, 'kvlistValue');
  if (map !== undefined) return attributeMap(Array.isArray(map) ? map : member(map, 'values'));
  return null;
}

/** Hex of either case, or base64 as some exporters write; all zero means there is none. */
function hexId(value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const hex = /^(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32})$/.test(value) ? value.toLowerCase() : Buffer.from(value, 'base64').toString('hex');
  return /^0*$/.test(hex) ? undefined : hex;
}

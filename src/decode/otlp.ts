import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { Unwrapped } from './envelopes.ts';

/** Is this an OTLP/JSON export of spans or log records (opentelemetry-proto, ExportTraceServiceRequest)? */
export function isOtlp(value: JsonObject): boolean {
  return Array.isArray(value['resourceSpans']) || Array.isArray(value['resourceLogs']);
}

/**
 * One document per span or log record: its own members with attributes as plain maps, ids as lower-case hex, and beside it
 * `resource` and `scope`. Whatever is not understood is left as it was; nothing here throws.
 */
export function otlpDocuments(value: JsonObject): readonly Unwrapped[] {
  return [
    ...leaves(value, 'resourceSpans', 'scopeSpans', 'spans', 'otlp.span'),
    ...leaves(value, 'resourceLogs', 'scopeLogs', 'logRecords', 'otlp.log'),
  ];
}

function* leaves(root: JsonObject, outer: string, middle: string, inner: string, formatHint: string): Generator<Unwrapped> {
  for (const resourceEntry of objects(root[outer])) {
    const resource = { attributes: attributeMap(member(resourceEntry['resource'], 'attributes')) };
    for (const scopeEntry of objects(resourceEntry[middle])) {
      const scope = { name: member(scopeEntry['scope'], 'name') ?? null, version: member(scopeEntry['scope'], 'version') ?? null };
      for (const item of objects(scopeEntry[inner])) {
        yield { value: { ...normalized(item), resource, scope }, formatHint };
      }
    }
  }
}

function normalized(item: JsonObject): JsonObject {
  const out: Record<string, JsonValue> = { ...item, attributes: attributeMap(item['attributes']) };
  for (const key of ['traceId', 'spanId', 'parentSpanId']) {
    const id = hexId(item[key]);
    if (id === undefined) delete out[key];
    else out[key] = id;
  }
  if (item['body'] !== undefined) out['body'] = anyValue(item['body']);
  if (Array.isArray(item['events'])) {
    out['events'] = objects(item['events']).map((event) => ({ ...event, attributes: attributeMap(event['attributes']) }));
  }
  return out;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isObject) : [];
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return value !== undefined && isObject(value) ? value[key] : undefined;
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
    const plain = value[kind];
    if (plain !== undefined) return plain;
  }
  const { intValue, arrayValue, kvlistValue } = value;
  if (intValue !== undefined) return typeof intValue === 'string' && Number.isSafeInteger(Number(intValue)) ? Number(intValue) : intValue;
  if (arrayValue !== undefined) return objects(member(arrayValue, 'values')).map(anyValue);
  if (kvlistValue !== undefined) return attributeMap(Array.isArray(kvlistValue) ? kvlistValue : member(kvlistValue, 'values'));
  return null;
}

/** Hex of either case, or base64 as some exporters write; all zero means there is none. */
function hexId(value: JsonValue | undefined): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const hex = /^(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32})$/.test(value) ? value.toLowerCase() : Buffer.from(value, 'base64').toString('hex');
  return /^0*$/.test(hex) ? undefined : hex;
}

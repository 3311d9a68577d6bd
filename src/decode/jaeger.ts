import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { Unwrapped } from './envelopes.ts';
import { leafDocuments } from './otlp.ts';
import { childAndLinks, padded, SPAN_KINDS, statusOf, timesOf } from './span.ts';
import {
  base64,
  boolean,
  double,
  type FieldKind,
  identifier,
  int64,
  LENGTH,
  type MessageTable,
  nested,
  repeated,
  text,
  WireReader,
} from './wire.ts';

/**
 * Jaeger spans as OTLP spans: the api_v2 protobuf message of Kafka topics, its JSON form, the form of the query API and of
 * Jaeger's Elasticsearch indices (jaeger-idl model.proto; jaegertracing model/json).
 */
type Tag = { readonly key: string; readonly value: JsonValue };
type Parts = {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly name: JsonValue | undefined;
  readonly references: readonly { readonly traceId: string | undefined; readonly spanId: string | undefined; readonly isChild: boolean }[];
  readonly startMicros: bigint | undefined;
  readonly startNanos?: bigint | undefined;
  readonly durationNanos: bigint | undefined;
  readonly tags: readonly Tag[];
  readonly logs: readonly { readonly timeNanos: bigint | undefined; readonly fields: readonly Tag[] }[];
  readonly service: JsonValue | undefined;
  readonly processTags: readonly Tag[];
};

/** Keys an answer of the query API has; one with other keys is something else. */
const ANSWER_KEYS = new Set(['data', 'total', 'limit', 'offset', 'errors']);

export function isJaeger(value: JsonObject): boolean {
  if (isTrace(value) || isUiSpan(value)) return true;
  const { data } = value;
  return (
    Array.isArray(data) &&
    data.length > 0 &&
    data.every((one) => isObject(one) && isTrace(one)) &&
    Object.keys(value).every((key) => ANSWER_KEYS.has(key))
  );
}

const isTrace = (value: JsonObject): boolean =>
  Array.isArray(value['spans']) && typeof value['processes'] === 'object' && value['processes'] !== null;
/** A span by itself: of an index, or the JSON form of the protobuf message. */
const isUiSpan = (value: JsonObject): boolean =>
  typeof value['operationName'] === 'string' && (typeof value['traceID'] === 'string' || typeof value['traceId'] === 'string');

export function jaegerDocuments(value: JsonObject): readonly Unwrapped[] {
  if (Array.isArray(value['data'])) return list(value['data']).flatMap(traceDocuments);
  return isTrace(value)
    ? traceDocuments(value)
    : documentsOf([isProtoJson(value) ? fromProtoJson(value) : fromUi(value, member(value, 'process'))]);
}

function traceDocuments(trace: JsonObject): readonly Unwrapped[] {
  const processes = trace['processes'] as JsonObject;
  return documentsOf(list(trace['spans']).map((span) => fromUi(span, member(processes, String(span['processID'])) ?? span['process'])));
}

/** One protobuf span as the Kafka exporter writes it. Throws DecodeError. */
export function jaegerProtobuf(bytes: Uint8Array): readonly Unwrapped[] {
  const reader = new WireReader(bytes);
  return documentsOf([fromProtobuf(reader.message(reader.length, SPAN, 1))]);
}

function documentsOf(spans: readonly Parts[]): readonly Unwrapped[] {
  return leafDocuments(
    spans.map((span) => ({
      resource: {
        attributes: mapOfTags([...span.processTags, ...(span.service === undefined ? [] : [{ key: 'service.name', value: span.service }])]),
      },
      scope: scopeOf(span.tags),
      items: [spanOf(span)],
      hint: 'otlp.span' as const,
    })),
  );
}

const SCOPE_TAGS: ReadonlyMap<string, string> = new Map([
  ['otel.scope.name', 'name'],
  ['otel.scope.version', 'version'],
  ['otel.library.name', 'name'],
  ['otel.library.version', 'version'],
]);
/** Tags that say what an OTLP span says in members of its own. */
const MEMBER_TAGS = new Set(['span.kind', 'otel.status_code', 'otel.status_description', ...SCOPE_TAGS.keys()]);

function scopeOf(tags: readonly Tag[]): JsonObject {
  const scope: Record<string, JsonValue> = {};
  for (const { key, value } of tags) {
    const name = SCOPE_TAGS.get(key);
    if (name !== undefined) scope[name] = value;
  }
  return scope;
}

function spanOf(span: Parts): JsonObject {
  const tags = mapOfTags(span.tags);
  const { parentSpanId, links } = childAndLinks(span.traceId, span.references);
  const startNanos = span.startNanos ?? (span.startMicros === undefined ? undefined : span.startMicros * 1000n);
  const kind = SPAN_KINDS.get(String(tags['span.kind']).toUpperCase());
  const members = {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId,
    name: span.name,
    kind,
    ...timesOf(startNanos, span.durationNanos),
    status: statusOf(tags),
    links,
    events: span.logs.length === 0 ? undefined : span.logs.map(eventOf),
  };
  const out: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(members)) if (value !== undefined) out[key] = value as JsonValue;
  out['attributes'] = mapOfTags(span.tags.filter(({ key }) => !MEMBER_TAGS.has(key)));
  return out;
}

function eventOf({ timeNanos, fields }: Parts['logs'][number]): JsonObject {
  const { event, ...attributes } = mapOfTags(fields);
  return { ...(timeNanos === undefined ? {} : { timeUnixNano: String(timeNanos) }), name: event ?? '', attributes };
}

function mapOfTags(tags: readonly Tag[]): Record<string, JsonValue> {
  const map: Record<string, JsonValue> = Object.create(null);
  for (const { key, value } of tags) map[key] = value;
  return map;
}

/** The query API and the indices: hex ids, microseconds, tags with their type beside them. */
function fromUi(span: JsonObject, process: JsonValue | undefined): Parts {
  return {
    traceId: padded(span['traceID'] ?? span['traceId'], 32),
    spanId: padded(span['spanID'] ?? span['spanId'], 16),
    name: span['operationName'],
    references: [
      ...list(span['references']).map((one) => ({
        traceId: padded(one['traceID'], 32),
        spanId: padded(one['spanID'], 16),
        isChild: one['refType'] === 'CHILD_OF',
      })),
      ...(typeof span['parentSpanID'] === 'string'
        ? [{ traceId: padded(span['traceID'], 32), spanId: padded(span['parentSpanID'], 16), isChild: true }]
        : []),
    ],
    startMicros: whole(span['startTime']),
    durationNanos: timesThousand(whole(span['duration'])),
    tags: uiTags(span['tags']),
    logs: list(span['logs']).map((log) => ({ timeNanos: timesThousand(whole(log['timestamp'])), fields: uiTags(log['fields']) })),
    service: member(process, 'serviceName'),
    processTags: uiTags(member(process, 'tags')),
  };
}

function uiTags(value: JsonValue | undefined): readonly Tag[] {
  return list(value).flatMap(({ key, value: inner, type }) => {
    if (typeof key !== 'string') return [];
    // The indices keep numbers and booleans as text.
    if (type === 'bool' && typeof inner === 'string') return [{ key, value: inner === 'true' }];
    if ((type === 'int64' || type === 'float64') && typeof inner === 'string' && String(Number(inner)) === inner)
      return [{ key, value: Number(inner) }];
    return [{ key, value: inner ?? null }];
  });
}

/** In the JSON form of protobuf ids are base64 and times are text. */
const isProtoJson = (value: JsonObject): boolean => typeof value['startTime'] === 'string' && value['startTime'].includes('T');

function fromProtoJson(span: JsonObject): Parts {
  const tags = (value: JsonValue | undefined): readonly Tag[] =>
    list(value).map((tag) => ({
      key: String(tag['key'] ?? ''),
      value: tag['vStr'] ?? tag['vBool'] ?? tag['vInt64'] ?? tag['vFloat64'] ?? tag['vBinary'] ?? '',
    }));
  return {
    traceId: fromBase64(span['traceId']),
    spanId: fromBase64(span['spanId']),
    name: span['operationName'],
    references: list(span['references']).map((one) => ({
      traceId: fromBase64(one['traceId']),
      spanId: fromBase64(one['spanId']),
      isChild: one['refType'] === undefined || one['refType'] === 'CHILD_OF' || one['refType'] === 0,
    })),
    startMicros: undefined,
    startNanos: isoNanos(span['startTime']),
    durationNanos: secondsText(span['duration']),
    tags: tags(span['tags']),
    logs: list(span['logs']).map((log) => ({ timeNanos: isoNanos(log['timestamp']), fields: tags(log['fields']) })),
    service: member(span['process'], 'serviceName'),
    processTags: tags(member(span['process'], 'tags')),
  };
}

function fromProtobuf(span: JsonObject): Parts {
  const tags = (value: JsonValue | undefined): readonly Tag[] =>
    list(value).map((tag) => ({ key: String(tag['key'] ?? ''), value: tag['value'] ?? '' }));
  return {
    traceId: padded(span['traceId'], 32),
    spanId: padded(span['spanId'], 16),
    name: span['operationName'],
    references: list(span['references']).map((one) => ({
      traceId: padded(one['traceId'], 32),
      spanId: padded(one['spanId'], 16),
      isChild: (one['refType'] ?? 0) === 0,
    })),
    startMicros: undefined,
    startNanos: protoNanos(span['startTime']),
    durationNanos: protoNanos(span['duration']) ?? 0n,
    tags: tags(span['tags']),
    logs: list(span['logs']).map((log) => ({ timeNanos: protoNanos(log['timestamp']), fields: tags(log['fields']) })),
    service: member(span['process'], 'serviceName'),
    processTags: tags(member(span['process'], 'tags')),
  };
}

/** A tag's value stands in one of five fields, named by its type; what is absent is the zero of it. */
const TAG_VALUES: MessageTable = new Map<number, readonly [string, FieldKind]>([
  [1, ['key', text]],
  [2, ['type', int64]],
  [3, ['0', text]],
  [4, ['1', boolean]],
  [5, ['2', int64]],
  [6, ['3', double]],
  [7, ['4', base64]],
]);
const ZEROES: readonly JsonValue[] = ['', false, 0, 0, ''];
const tag: FieldKind = {
  wire: LENGTH,
  read: (reader, depth) => {
    const found = reader.message(reader.end(), TAG_VALUES, depth);
    const type = Number(found['type'] ?? 0);
    return { key: found['key'] ?? '', value: found[String(type)] ?? ZEROES[type] ?? '' };
  },
};
const TIME: MessageTable = new Map([
  [1, ['seconds', int64]],
  [2, ['nanos', int64]],
]);
const REFERENCE: MessageTable = new Map([
  [1, ['traceId', identifier]],
  [2, ['spanId', identifier]],
  [3, ['refType', int64]],
]);
const PROCESS: MessageTable = new Map([
  [1, ['serviceName', text]],
  [2, ['tags', repeated(tag)]],
]);
const LOG: MessageTable = new Map([
  [1, ['timestamp', nested(() => TIME)]],
  [2, ['fields', repeated(tag)]],
]);
const SPAN: MessageTable = new Map([
  [1, ['traceId', identifier]],
  [2, ['spanId', identifier]],
  [3, ['operationName', text]],
  [4, ['references', repeated(nested(() => REFERENCE))]],
  [6, ['startTime', nested(() => TIME)]],
  [7, ['duration', nested(() => TIME)]],
  [8, ['tags', repeated(tag)]],
  [9, ['logs', repeated(nested(() => LOG))]],
  [10, ['process', nested(() => PROCESS)]],
]);

function protoNanos(value: JsonValue | undefined): bigint | undefined {
  if (value === undefined || !isObject(value)) return undefined;
  return BigInt(String(value['seconds'] ?? 0)) * 1_000_000_000n + BigInt(String(value['nanos'] ?? 0));
}

function isoNanos(value: JsonValue | undefined): bigint | undefined {
  const m = typeof value === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(value) : null;
  const ms = m === null ? Number.NaN : Date.parse(`${m[1]}Z`);
  return m === null || Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt((m[2] ?? '').padEnd(9, '0'));
}

function secondsText(value: JsonValue | undefined): bigint | undefined {
  const m = typeof value === 'string' ? /^(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value) : null;
  return m === null ? undefined : BigInt(m[1] as string) * 1_000_000_000n + BigInt((m[2] ?? '').padEnd(9, '0'));
}

function fromBase64(value: JsonValue | undefined): string | undefined {
  const hex = typeof value === 'string' ? Buffer.from(value, 'base64').toString('hex') : '';
  return /^0*$/.test(hex) ? undefined : hex;
}

function whole(value: JsonValue | undefined): bigint | undefined {
  return (typeof value === 'number' || typeof value === 'string') && /^\d{1,18}$/.test(String(value)) ? BigInt(value) : undefined;
}

const timesThousand = (value: bigint | undefined): bigint | undefined => (value === undefined ? undefined : value * 1000n);

function list(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isObject) : [];
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return value !== undefined && isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

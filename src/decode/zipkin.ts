import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import type { Unwrapped } from './envelopes.ts';
import { leafDocuments } from './otlp.ts';
import { padded, SPAN_KINDS, statusOf, timesOf } from './span.ts';
import {
  boolean,
  FIXED64,
  type FieldKind,
  identifier,
  int64,
  LENGTH,
  type MessageTable,
  mapOf,
  nested,
  repeated,
  text,
  WireReader,
} from './wire.ts';

/** A Zipkin v2 span (zipkin-api, zipkin2-api.yaml): no other format has these three together. */
export function isZipkin(value: JsonObject): boolean {
  return (
    typeof value['traceId'] === 'string' &&
    typeof value['id'] === 'string' &&
    /^[0-9a-f]{1,16}$/.test(value['id']) &&
    ['localEndpoint', 'remoteEndpoint', 'annotations', 'duration', 'timestamp'].some((key) => Object.hasOwn(value, key)) &&
    !Object.hasOwn(value, 'spanId')
  );
}

/** A Zipkin span as an OTLP span. */
export function zipkinDocuments(span: JsonObject): readonly Unwrapped[] {
  const tags = objectOr(span['tags']);
  const local = objectOr(span['localEndpoint']);
  const start = micros(span['timestamp']);
  const duration = micros(span['duration']);
  const members: Readonly<Record<string, JsonValue | undefined>> = {
    traceId: padded(span['traceId'], 32),
    spanId: padded(span['id'], 16),
    parentSpanId: padded(span['parentId'], 16),
    name: typeof span['name'] === 'string' ? span['name'] : '',
    kind: SPAN_KINDS.get(String(span['kind'])),
    ...timesOf(start, duration),
    status: statusOf(tags),
    events: eventsOf(span['annotations']),
  };
  const item: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(members)) if (value !== undefined) item[key] = value;
  const attributes: Record<string, JsonValue> = Object.assign(Object.create(null), tags);
  for (const [key, value] of Object.entries(remoteOf(objectOr(span['remoteEndpoint'])))) attributes[key] ??= value;
  // The server's half of a span that client and server share under one id.
  if (span['shared'] === true) attributes['zipkin.shared'] = true;
  item['attributes'] = attributes;
  const resource: Record<string, JsonValue> = {};
  if (typeof local['serviceName'] === 'string') resource['service.name'] = local['serviceName'];
  const address = local['ipv4'] ?? local['ipv6'];
  if (typeof address === 'string') resource['host.ip'] = address;
  return leafDocuments([{ resource: { attributes: resource }, scope: undefined, items: [item], hint: 'otlp.span' }]);
}

/** The other end by the names of the semantic conventions. */
function remoteOf({ serviceName, ipv4, ipv6, port }: JsonObject): Record<string, JsonValue> {
  const out: Record<string, JsonValue> = {};
  if (typeof serviceName === 'string') out['peer.service'] = serviceName;
  const address = ipv4 ?? ipv6;
  if (typeof address === 'string') out['network.peer.address'] = address;
  if (typeof port === 'number') out['network.peer.port'] = port;
  return out;
}

function eventsOf(value: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return (value as readonly JsonValue[]).filter(isObject).map((annotation) => {
    const time = micros(annotation['timestamp']);
    return { ...(time === undefined ? {} : { timeUnixNano: String(time) }), name: String(annotation['value'] ?? ''), attributes: {} };
  });
}

/** Nanoseconds of a number of microseconds. */
function micros(value: JsonValue | undefined): bigint | undefined {
  return (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d{0,17}$/.test(String(value))
    ? BigInt(value) * 1000n
    : undefined;
}

const objectOr = (value: JsonValue | undefined): JsonObject => (value !== undefined && isObject(value) ? value : {});

/** A list of spans in protobuf (zipkin-api zipkin.proto). Throws DecodeError. */
export function zipkinProtobuf(bytes: Uint8Array): readonly Unwrapped[] {
  const reader = new WireReader(bytes);
  const { spans } = reader.message(reader.length, LIST_OF_SPANS, 1);
  return ((spans as readonly JsonObject[] | undefined) ?? []).flatMap((span) => {
    const kind = KINDS[Number(span['kind'] ?? 0)];
    return zipkinDocuments(kind === undefined ? span : { ...span, kind });
  });
}

/** Not the numbers of OTLP. */
const KINDS = [undefined, 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'];

const fixedMicros: FieldKind = { wire: FIXED64, read: (reader) => String(reader.fixed64()) };
const address: FieldKind = {
  wire: LENGTH,
  read: (reader) => {
    const bytes = reader.bytes();
    if (bytes.length === 4) return [...bytes].join('.');
    return bytes.length === 16 ? (bytes.toString('hex').match(/.{4}/g) ?? []).join(':') : undefined;
  },
};
const ENDPOINT: MessageTable = new Map([
  [1, ['serviceName', text]],
  [2, ['ipv4', address]],
  [3, ['ipv6', address]],
  [4, ['port', int64]],
]);
const ANNOTATION: MessageTable = new Map([
  [1, ['timestamp', fixedMicros]],
  [2, ['value', text]],
]);
const TAG: MessageTable = new Map([
  [1, ['key', text]],
  [2, ['value', text]],
]);
const SPAN: MessageTable = new Map([
  [1, ['traceId', identifier]],
  [2, ['parentId', identifier]],
  [3, ['id', identifier]],
  [4, ['kind', int64]],
  [5, ['name', text]],
  [6, ['timestamp', fixedMicros]],
  [7, ['duration', int64]],
  [8, ['localEndpoint', nested(() => ENDPOINT)]],
  [9, ['remoteEndpoint', nested(() => ENDPOINT)]],
  [10, ['annotations', repeated(nested(() => ANNOTATION))]],
  [11, ['tags', mapOf(() => TAG)]],
  [13, ['shared', boolean]],
]);
const LIST_OF_SPANS: MessageTable = new Map([[1, ['spans', repeated(nested(() => SPAN))]]]);

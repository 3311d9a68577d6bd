import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { Unwrapped } from './envelopes.ts';
import { type Leaves, leafDocuments } from './otlp.ts';
import {
  base64,
  boolean,
  DecodeError,
  double,
  type FieldKind,
  fixed32,
  identifier,
  int64,
  LENGTH,
  MAX_MESSAGE_DEPTH,
  type MessageTable,
  mapOf,
  nanos,
  nested,
  repeated,
  text,
  uint32,
  WireReader,
} from './wire.ts';

/** AnyValue (opentelemetry-proto common.proto) as plain JSON: 64-bit integers exact, bytes as base64. */
const anyValue: FieldKind = { wire: LENGTH, read: readAny };

function readAny(reader: WireReader, depth: number): JsonValue {
  if (depth > MAX_MESSAGE_DEPTH) throw new DecodeError(`values nested deeper than ${MAX_MESSAGE_DEPTH} levels`, reader.position);
  let value: JsonValue = null;
  reader.fields(reader.end(), (field, wire) => {
    const kind = ANY_KINDS.get(field);
    if (kind === undefined || kind.wire !== wire) return false;
    value = kind.read(reader, depth + 1, undefined) ?? null;
    return true;
  });
  return value;
}

const PAIR: MessageTable = new Map([
  [1, ['key', text]],
  [2, ['value', anyValue]],
]);
const attributes = mapOf(() => PAIR);
const LIST: MessageTable = new Map([[1, ['values', repeated(anyValue)]]]);
const MAP: MessageTable = new Map([[1, ['values', attributes]]]);

/** The values of a message that holds nothing else. */
function inner(table: () => MessageTable, empty: () => JsonValue): FieldKind {
  return { wire: LENGTH, read: (reader, depth) => reader.message(reader.end(), table(), depth)['values'] ?? empty() };
}

const ANY_KINDS: ReadonlyMap<number, FieldKind> = new Map([
  [1, text],
  [2, boolean],
  [3, int64],
  [4, double],
  [
    5,
    inner(
      () => LIST,
      () => [],
    ),
  ],
  [
    6,
    inner(
      () => MAP,
      () => ({}),
    ),
  ],
  [7, base64],
]);

const RESOURCE: MessageTable = new Map([[1, ['attributes', attributes]]]);
const SCOPE: MessageTable = new Map([
  [1, ['name', text]],
  [2, ['version', text]],
  [3, ['attributes', attributes]],
]);
const LOG_RECORD: MessageTable = new Map([
  [1, ['timeUnixNano', nanos]],
  [2, ['severityNumber', uint32]],
  [3, ['severityText', text]],
  [5, ['body', anyValue]],
  [6, ['attributes', attributes]],
  [7, ['droppedAttributesCount', uint32]],
  [8, ['flags', fixed32]],
  [9, ['traceId', identifier]],
  [10, ['spanId', identifier]],
  [11, ['observedTimeUnixNano', nanos]],
  [12, ['eventName', text]],
]);
const EVENT: MessageTable = new Map([
  [1, ['timeUnixNano', nanos]],
  [2, ['name', text]],
  [3, ['attributes', attributes]],
]);
const LINK: MessageTable = new Map([
  [1, ['traceId', identifier]],
  [2, ['spanId', identifier]],
  [3, ['traceState', text]],
  [4, ['attributes', attributes]],
  [6, ['flags', fixed32]],
]);
const STATUS: MessageTable = new Map([
  [2, ['message', text]],
  [3, ['code', uint32]],
]);
const SPAN: MessageTable = new Map([
  [1, ['traceId', identifier]],
  [2, ['spanId', identifier]],
  [3, ['traceState', text]],
  [4, ['parentSpanId', identifier]],
  [5, ['name', text]],
  [6, ['kind', uint32]],
  [7, ['startTimeUnixNano', nanos]],
  [8, ['endTimeUnixNano', nanos]],
  [9, ['attributes', attributes]],
  [10, ['droppedAttributesCount', uint32]],
  [11, ['events', repeated(nested(() => EVENT))]],
  [12, ['droppedEventsCount', uint32]],
  [13, ['links', repeated(nested(() => LINK))]],
  [14, ['droppedLinksCount', uint32]],
  [15, ['status', nested(() => STATUS)]],
  [16, ['flags', fixed32]],
]);
/** ExportLogsServiceRequest and ExportTraceServiceRequest differ in their leaves alone. */
const SIGNALS = {
  logs: { hint: 'otlp.log', leaf: LOG_RECORD },
  traces: { hint: 'otlp.span', leaf: SPAN },
} as const;
export type Signal = keyof typeof SIGNALS;

/** An OTLP export in protobuf: one document per span or log record, in its order. Throws DecodeError. */
export function otlpProtobuf(bytes: Uint8Array, signal: Signal): readonly Unwrapped[] {
  const reader = new WireReader(bytes);
  const { hint, leaf } = SIGNALS[signal];
  const groups: Leaves[] = [];
  const each = (end: number, visit: (field: number) => void): void =>
    reader.fields(end, (field, wire) => {
      if (wire !== LENGTH || field > 2) return false;
      visit(field);
      return true;
    });
  each(reader.length, (field) => {
    if (field !== 1) return reader.skip(LENGTH);
    let resource: JsonObject | undefined;
    const own: { scope: JsonObject | undefined; items: JsonObject[] }[] = [];
    each(reader.end(), (part) => {
      if (part === 1) resource = reader.message(reader.end(), RESOURCE, 1);
      else {
        const group: { scope: JsonObject | undefined; items: JsonObject[] } = { scope: undefined, items: [] };
        own.push(group);
        each(reader.end(), (inner) => {
          if (inner === 1) group.scope = reader.message(reader.end(), SCOPE, 2);
          else group.items.push(reader.message(reader.end(), leaf, 2));
        });
      }
    });
    for (const { scope, items } of own) groups.push({ resource, scope, items, hint });
  });
  return leafDocuments(groups);
}

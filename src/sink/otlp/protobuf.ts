import protobuf from 'protobufjs/minimal.js';
import type { AnyValue, ExportRequest, KeyValue, LogRecord } from './log-record.ts';

type Writer = protobuf.Writer;
type Put<T> = (writer: Writer, value: T) => Writer;

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

const tag = (writer: Writer, field: number, wire: number): Writer => writer.uint32((field << 3) | wire);
const text = (writer: Writer, field: number, value: string): Writer => tag(writer, field, LENGTH).string(value.toWellFormed());
const message = <T>(writer: Writer, field: number, value: T, put: Put<T>): Writer => put(tag(writer, field, LENGTH).fork(), value).ldelim();
const each = <T>(writer: Writer, field: number, values: readonly T[], put: Put<T>): Writer => {
  for (const value of values) message(writer, field, value, put);
  return writer;
};
const nanos = (writer: Writer, field: number, value: string): Writer => {
  const bits = BigInt.asUintN(64, BigInt(value));
  return tag(writer, field, FIXED64)
    .fixed32(Number(bits & 0xffff_ffffn))
    .fixed32(Number(bits >> 32n));
};

const putValue: Put<AnyValue> = (writer, value) => {
  if ('stringValue' in value) return text(writer, 1, value.stringValue);
  if ('boolValue' in value) return tag(writer, 2, VARINT).bool(value.boolValue);
  if ('intValue' in value) return tag(writer, 3, VARINT).int64(Number(value.intValue));
  if ('doubleValue' in value) return tag(writer, 4, FIXED64).double(value.doubleValue);
  return message(writer, 5, value.arrayValue.values, (inner, values) => each(inner, 1, values, putValue));
};
const putPair: Put<KeyValue> = (writer, { key, value }) => message(text(writer, 1, key), 2, value, putValue);
const putRecord: Put<LogRecord> = (writer, record) => {
  nanos(writer, 1, record.timeUnixNano);
  tag(writer, 2, VARINT).uint32(record.severityNumber);
  text(writer, 3, record.severityText);
  message(writer, 5, record.body, putValue);
  each(writer, 6, record.attributes, putPair);
  tag(writer, 7, VARINT).uint32(record.droppedAttributesCount);
  nanos(writer, 11, record.observedTimeUnixNano);
  return text(writer, 12, record.eventName);
};

/** ExportLogsServiceRequest on the wire (opentelemetry-proto 1.x, logs_service.proto and logs.proto). */
export function encodeExportRequest({ resourceLogs }: ExportRequest): Uint8Array {
  const writer = protobuf.Writer.create();
  return each(writer, 1, resourceLogs, (logs, { resource, scopeLogs }) => {
    message(logs, 1, resource.attributes, (inner, attributes) => each(inner, 1, attributes, putPair));
    return each(logs, 2, scopeLogs, (inner, { scope, logRecords }) => {
      message(inner, 1, scope, (one, { name, version }) => text(text(one, 1, name), 2, version));
      return each(inner, 2, logRecords, putRecord);
    });
  }).finish();
}

/** How many records an ExportLogsServiceResponse says were refused; 0 for one that cannot be read. */
export function rejectedRecords(answer: Uint8Array): number {
  try {
    let rejected = 0;
    walk(protobuf.Reader.create(answer), 1, LENGTH, (outer) => {
      const end = outer.uint32() + outer.pos;
      walk(outer, 1, VARINT, (inner) => (rejected = Number(inner.int64())), end);
    });
    return rejected;
  } catch {
    return 0;
  }
}

/** Gives `take` every value of one field; skips all others. */
function walk(reader: protobuf.Reader, field: number, wire: number, take: (reader: protobuf.Reader) => void, end = reader.len): void {
  while (reader.pos < end) {
    const found = reader.uint32();
    if (found === ((field << 3) | wire)) take(reader);
    else reader.skipType(found & 7);
  }
}

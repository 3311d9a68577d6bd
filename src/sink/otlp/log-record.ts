import { parseIsoTime } from '../../event/time.ts';
import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { at } from '../../shared/nested.ts';
import { VERSION } from '../../shared/version.ts';
import { factsOf } from '../facts.ts';
import type { AlertDocument } from '../sink.ts';

/** SeverityNumber of the log data model: INFO, INFO2, WARN, ERROR, FATAL. */
const SEVERITIES = { informational: 9, low: 10, medium: 13, high: 17, critical: 21 } as const;
const MAX_ATTRIBUTES = 128;
const MAX_DEPTH = 16;

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } };
export type KeyValue = { readonly key: string; readonly value: AnyValue };

/** LogRecord of the OTLP data model in its JSON names. */
export type LogRecord = {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
};
export type ExportRequest = {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeLogs: readonly {
      readonly scope: { readonly name: string; readonly version: string };
      readonly logRecords: readonly LogRecord[];
    }[];
  }[];
};

/** ExportLogsServiceRequest in the JSON encoding: 64-bit integers are text. */
export function exportRequest(alerts: readonly AlertDocument[], serviceName: string): ExportRequest {
  return {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: serviceName } }] },
        scopeLogs: [{ scope: { name: 'wardline', version: VERSION }, logRecords: alerts.map(logRecord) }],
      },
    ],
  };
}

/** Event `wardline.alert`: the title is the body, the fields of the document are the attributes. */
function logRecord(alert: AlertDocument): LogRecord {
  const { id, level, title, time, document } = factsOf(alert);
  const attributes: KeyValue[] = [{ key: 'event.id', value: { stringValue: id } }];
  flatten(document, '', attributes, 0);
  return {
    timeUnixNano: nanos(time),
    observedTimeUnixNano: nanos(String(at(document, 'event.created') ?? time)),
    severityNumber: SEVERITIES[level],
    severityText: level,
    eventName: 'wardline.alert',
    body: { stringValue: title },
    attributes: attributes.slice(0, MAX_ATTRIBUTES),
    droppedAttributesCount: Math.max(0, attributes.length - MAX_ATTRIBUTES),
  };
}

const nanos = (time: string): string => String(parseIsoTime(time)?.time ?? 0n);

/** Leaves by dotted name; lists of objects, such as the evidence, as JSON text. Names that are there already stay. */
function flatten(object: JsonObject, prefix: string, into: KeyValue[], depth: number): void {
  for (const [key, value] of Object.entries(object)) {
    const name = `${prefix}${key}`;
    if (isObject(value) && depth < MAX_DEPTH) flatten(value, `${name}.`, into, depth + 1);
    else if (value !== null && name !== 'event.id') into.push({ key: name, value: anyValue(value) });
  }
}

function anyValue(value: JsonValue): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object')) {
    return { arrayValue: { values: value.filter((item) => item !== null).map(anyValue) } };
  }
  return { stringValue: JSON.stringify(value) };
}

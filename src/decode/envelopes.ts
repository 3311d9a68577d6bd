import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { CARRIER_KEYS, carriedBy } from './carriers.ts';
import { isJaeger, jaegerDocuments } from './jaeger.ts';
import { isOtlp, OTLP_KEYS, otlpDocuments } from './otlp.ts';
import { parseJson } from './parse-json.ts';
import { isZipkin, zipkinDocuments } from './zipkin.ts';

/** One document out of an envelope; the envelope may already say what it is. */
export type Unwrapped = {
  readonly value: JsonValue;
  readonly formatHint: string | undefined;
  /** The line, where it is one; the value is then `{ message }`. */
  readonly text?: string;
  /** What the envelope tells of it by the names of ECS. */
  readonly context?: JsonObject;
};

/** Keys at the top of a record that may hold several events; readers of undecoded bytes leave such records to the decoder. */
export const ENVELOPE_KEYS: readonly string[] = [
  'Records',
  'records',
  'alerts',
  ...CARRIER_KEYS,
  ...OTLP_KEYS,
  'traceId',
  'traceID',
  'processes',
];

const plain = (value: JsonValue): Unwrapped => ({ value, formatHint: undefined });

/** Takes the known envelopes (each with a key of `ENVELOPE_KEYS`, or with keys no format has) off one parsed record: what is inside comes out in its order, one or many. */
export function unwrap(value: JsonValue, layer = 0): readonly Unwrapped[] {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).flatMap((one) => carriedIn(one, layer) ?? single(one));
  if (!isObject(value)) return [plain(value)];
  if (isOtlp(value)) return otlpDocuments(value);
  if (isAlertmanager(value)) return alertmanagerAlerts(value);
  const carried = carriedIn(value, layer);
  if (carried !== undefined) return carried;
  // CloudTrail files and Azure diagnostics: every member of the list is an event of its own.
  for (const key of ['Records', 'records'] as const) {
    const inner = value[key];
    if (Array.isArray(inner) && isWholly(value, key, inner)) return (inner as readonly JsonValue[]).map(plain);
  }
  return single(value);
}

/** Carriers within one another. */
const MOST_LAYERS = 4;
const MOST_DEPTH = 64;

/** What a carrier holds, opened in turn; an event's own carrier says more of it than the one around that. */
function carriedIn(value: JsonValue, layer: number): readonly Unwrapped[] | undefined {
  if (layer >= MOST_LAYERS || !isObject(value)) return undefined;
  return carriedBy(value)?.flatMap(({ value: inner, context }) =>
    opened(inner, layer + 1).map((one) => ({ ...one, context: { ...context, ...one.context } })),
  );
}

/** A text is a document if it reads as one, else a line. */
function opened(inner: JsonValue, layer: number): readonly Unwrapped[] {
  if (typeof inner !== 'string') return unwrap(inner, layer);
  if (/^\s{0,16}\{/.test(inner)) {
    const parsed = parseJson(Buffer.from(inner), MOST_DEPTH);
    if ('value' in parsed) return unwrap(parsed.value, layer);
  }
  const text = inner.replace(/[\r\n]+$/, '');
  return [{ value: { message: text }, formatHint: undefined, text }];
}

/** A document by itself or of a list: spans of other systems are made the one kind of span. */
function single(value: JsonValue): readonly Unwrapped[] {
  if (!isObject(value)) return [plain(value)];
  if (isZipkin(value)) return zipkinDocuments(value);
  return isJaeger(value) ? jaegerDocuments(value) : [plain(value)];
}

function isWholly(value: JsonObject, key: string, inner: readonly JsonValue[]): boolean {
  return Object.keys(value).every((name) => name === key) && inner.length > 0;
}

/** The body that Prometheus Alertmanager sends to webhooks: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
function isAlertmanager(value: JsonObject): boolean {
  return value['version'] === '4' && Array.isArray(value['alerts']) && Object.hasOwn(value, 'groupKey') && Object.hasOwn(value, 'receiver');
}

/** Its alerts one by one, each with what the body says of all of them. */
function alertmanagerAlerts({ alerts, receiver, groupKey, groupLabels, externalURL }: JsonObject): readonly Unwrapped[] {
  const envelope = {
    receiver: receiver ?? null,
    groupKey: groupKey ?? null,
    groupLabels: groupLabels ?? {},
    externalURL: externalURL ?? null,
  };
  return (alerts as readonly JsonValue[]).map((alert) =>
    isObject(alert) ? { value: { ...alert, alertmanager: envelope }, formatHint: 'alertmanager' } : plain(alert),
  );
}

import { isoTime } from '../event/time.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, fixedRoute, integer, lookup, path, text } from './format.ts';
import { attribute, attributeFields } from './otel-attributes.ts';

const KINDS: Readonly<Record<string, string>> = {
  '1': 'internal',
  '2': 'server',
  '3': 'client',
  '4': 'producer',
  '5': 'consumer',
  SPAN_KIND_INTERNAL: 'internal',
  SPAN_KIND_SERVER: 'server',
  SPAN_KIND_CLIENT: 'client',
  SPAN_KIND_PRODUCER: 'producer',
  SPAN_KIND_CONSUMER: 'consumer',
};
const SPAN = { category: 'span', product: 'opentelemetry' };
const LOG = { category: 'log', product: 'opentelemetry' };
const FAILED = new Set<JsonValue>([2, '2', 'STATUS_CODE_ERROR']);
const OK = new Set<JsonValue>([1, '1', 'STATUS_CODE_OK']);
/** Severity numbers come in steps of four (opentelemetry-proto logs.proto). */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

const statusCode = attribute('http.response.status_code');
const spanKind = lookup(path('kind'), KINDS);
const isNanos = (value: JsonValue | undefined): value is string | number =>
  /^[1-9]\d{0,19}$/.test(String(value)) && typeof value !== 'object';

/** Nanoseconds between two decimal texts of nanoseconds. */
function elapsed(start: JsonValue | undefined, end: JsonValue | undefined): JsonValue | undefined {
  if (!isNanos(start) || !isNanos(end)) return undefined;
  const duration = BigInt(end) - BigInt(start);
  return duration >= 0n && duration <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(duration) : undefined;
}

const LAST_INSTANT = 253_402_300_799_000_000_000n;
const instant = (key: string) =>
  compute([path(key)], (value) => (isNanos(value) && BigInt(value) < LAST_INSTANT ? isoTime(BigInt(value)) : undefined));

function codeOf(status: JsonValue | undefined): JsonValue {
  return status !== undefined && isObject(status) ? (status['code'] ?? 0) : 0;
}

function spanOutcome(status: JsonValue | undefined, kind: JsonValue | undefined, http: JsonValue | undefined): string {
  const code = codeOf(status);
  if (FAILED.has(code) || (kind === 'server' && Number(http) >= 500)) return 'failure';
  return OK.has(code) ? 'success' : 'unknown';
}

/** Who called and who was called: the other end of a server is the client, that of a client is the server. */
const whenServer = (yes: boolean, ...names: readonly string[]) =>
  names.map((name) =>
    compute([spanKind, attribute(name)], (kind, value) => ((kind === 'server' || kind === 'consumer') === yes ? value : undefined)),
  );

const shared = {
  ...attributeFields,
  'event.kind': constant('event'),
  'event.module': constant('otlp'),
  'trace.id': path('traceId'),
  'span.id': path('spanId'),
  'http.request.method': firstOf(attribute('http.request.method_original'), attribute('http.request.method')),
  'http.response.status_code': integer(statusCode),
  'error.type': firstOf(attribute('error.type'), attribute('exception.type')),
  'user.name': firstOf(attribute('user.name'), attribute('enduser.id')),
  'source.ip': firstOf(
    address(attribute('client.address')),
    address(attribute('source.address')),
    ...whenServer(true, 'network.peer.address').map(address),
  ),
  'source.port': firstOf(integer(attribute('client.port')), integer(attribute('source.port'))),
  'destination.ip': firstOf(
    address(attribute('server.address')),
    address(attribute('destination.address')),
    ...whenServer(false, 'network.peer.address').map(address),
  ),
  'destination.domain': compute([attribute('server.address')], (value) =>
    typeof value === 'string' && !isAddress(value) ? value : undefined,
  ),
  'destination.port': firstOf(
    integer(attribute('server.port')),
    integer(attribute('destination.port')),
    ...whenServer(false, 'network.peer.port').map(integer),
  ),
  'otel.attributes': path('attributes'),
  'otel.resource.attributes': { kind: 'path', keys: ['resource', 'attributes'] } as const,
  'otel.scope': path('scope'),
};
const isAddress = (value: string): boolean => /^\d{1,3}(?:\.\d{1,3}){3}$/.test(value) || value.includes(':');

/** One span, of OTLP (opentelemetry-proto trace.proto), Jaeger or Zipkin: `decode` gives them one shape. */
export const otlpSpan: Format = {
  name: 'otlp.span',
  recognizes: (document) => typeof document['spanId'] === 'string' && Object.hasOwn(document, 'startTimeUnixNano'),
  discriminators: [],
  route: fixedRoute(SPAN),
  logsources: [SPAN],
  time: path('startTimeUnixNano'),
  fields: {
    ...shared,
    'event.action': path('name'),
    'event.category': compute([statusCode, attribute('db.system.name'), attribute('rpc.system')], (http, db, rpc) =>
      db !== undefined ? ['database'] : rpc !== undefined ? ['api'] : http !== undefined ? ['web'] : undefined,
    ),
    'event.start': instant('startTimeUnixNano'),
    'event.end': instant('endTimeUnixNano'),
    'event.duration': compute([path('startTimeUnixNano'), path('endTimeUnixNano')], elapsed),
    'event.outcome': compute([path('status'), spanKind, statusCode], spanOutcome),
    'event.reason': compute([path('status')], (status) => (status !== undefined && isObject(status) ? status['message'] : undefined)),
    'span.name': path('name'),
    'span.kind': spanKind,
    'span.status': compute([path('status')], (status) => (FAILED.has(codeOf(status)) ? 'error' : OK.has(codeOf(status)) ? 'ok' : 'unset')),
    'span.links': compute([path('links')], (links) => (Array.isArray(links) && links.length > 0 ? links.map(linkOf) : undefined)),
    'parent.id': path('parentSpanId'),
  },
};

function linkOf(link: JsonValue): JsonObject {
  const { traceId, spanId } = isObject(link) ? link : {};
  return { ...(traceId === undefined ? {} : { 'trace.id': traceId }), ...(spanId === undefined ? {} : { 'span.id': spanId }) };
}

/** What the logs of a program can tell of, by `telemetry.sdk.language` (OpenTelemetry semantic conventions, telemetry resource). */
const APPLICATIONS: Readonly<Record<string, readonly string[]>> = {
  java: ['jvm', 'spring', 'velocity'],
  nodejs: ['nodejs'],
  python: ['python', 'django'],
  ruby: ['ruby_on_rails'],
};
const LANGUAGE = { kind: 'path', keys: ['resource', 'attributes', 'telemetry.sdk.language'] } as const;
/** Errors of SQL stand in the logs of programs in any language. */
const logLabels = (language: JsonValue | undefined) => [
  LOG,
  ...['sql', ...(entryOf(APPLICATIONS, String(language)) ?? [])].map((product) => ({ category: 'application', product })),
];

/** One log record of an OTLP export (opentelemetry-proto logs.proto); trace and span id join it to its span. */
export const otlpLog: Format = {
  name: 'otlp.log',
  recognizes: (document) =>
    Object.hasOwn(document, 'body') && (Object.hasOwn(document, 'timeUnixNano') || Object.hasOwn(document, 'observedTimeUnixNano')),
  discriminators: [LANGUAGE],
  route: ([language]) => ({ labels: logLabels(language), known: {} }),
  logsources: [...logLabels(undefined), ...Object.keys(APPLICATIONS).flatMap((language) => logLabels(language).slice(2))],
  time: firstOf(
    compute([path('timeUnixNano')], (value) => (isNanos(value) ? value : undefined)),
    path('observedTimeUnixNano'),
  ),
  fields: {
    ...shared,
    'event.action': firstOf(path('eventName'), attribute('event.name')),
    'event.severity': integer(path('severityNumber')),
    'log.level': firstOf(
      text(path('severityText'), (value) => (value === '' ? undefined : value.toLowerCase())),
      text(path('severityNumber'), (value) => (/^\d{1,2}$/.test(value) ? LEVELS[Math.floor((Number(value) - 1) / 4)] : undefined)),
    ),
    message: compute([path('body')], (body) =>
      typeof body === 'string' ? body : body === undefined || body === null ? undefined : JSON.stringify(body),
    ),
  },
};

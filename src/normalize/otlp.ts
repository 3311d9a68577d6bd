import { isObject, type JsonValue } from '../shared/json.ts';
import { address, compute, constant, type Format, firstOf, fixedRoute, integer, lookup, path, text } from './format.ts';

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

const attribute = (name: string) => ({ kind: 'path', keys: ['attributes', name] }) as const;
const resource = (name: string) => ({ kind: 'path', keys: ['resource', 'attributes', name] }) as const;
const statusCode = firstOf(attribute('http.response.status_code'), attribute('http.status_code'));

/** Nanoseconds between two decimal texts of nanoseconds. */
function elapsed(start: JsonValue | undefined, end: JsonValue | undefined): JsonValue | undefined {
  if (!isNanos(start) || !isNanos(end)) return undefined;
  const duration = BigInt(end) - BigInt(start);
  return duration >= 0n && duration <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(duration) : undefined;
}
const isNanos = (value: JsonValue | undefined): value is string | number => /^\d{1,20}$/.test(String(value)) && typeof value !== 'object';

function spanOutcome(status: JsonValue | undefined, kind: JsonValue | undefined, http: JsonValue | undefined): string {
  const code = status !== undefined && isObject(status) ? (status['code'] ?? 0) : 0;
  if (FAILED.has(code) || (kind === 'server' && Number(http) >= 500)) return 'failure';
  return OK.has(code) ? 'success' : 'unknown';
}

const shared = {
  'event.module': constant('otlp'),
  'trace.id': path('traceId'),
  'span.id': path('spanId'),
  'service.name': resource('service.name'),
  'service.version': resource('service.version'),
  'service.environment': firstOf(resource('deployment.environment.name'), resource('deployment.environment')),
  'host.name': resource('host.name'),
  'url.full': firstOf(attribute('url.full'), attribute('http.url')),
  'url.path': firstOf(attribute('url.path'), attribute('http.target')),
  'http.request.method': firstOf(attribute('http.request.method'), attribute('http.method')),
  'http.response.status_code': integer(statusCode),
  'user.name': firstOf(attribute('user.name'), attribute('enduser.id')),
  'user.id': attribute('user.id'),
  'source.ip': firstOf(address(attribute('client.address')), address(attribute('http.client_ip')), address(attribute('net.peer.ip'))),
  'destination.domain': firstOf(attribute('server.address'), attribute('net.peer.name')),
  'destination.port': firstOf(integer(attribute('server.port')), integer(attribute('net.peer.port'))),
};

/** One span of an OTLP export (opentelemetry-proto trace.proto). */
export const otlpSpan: Format = {
  name: 'otlp.span',
  recognizes: (document) => typeof document['spanId'] === 'string' && Object.hasOwn(document, 'startTimeUnixNano'),
  discriminators: [],
  route: fixedRoute(SPAN),
  logsources: [SPAN],
  time: path('startTimeUnixNano'),
  fields: {
    ...shared,
    'event.kind': constant('event'),
    'event.action': path('name'),
    'event.category': compute([statusCode, attribute('db.system'), attribute('rpc.system')], (http, db, rpc) =>
      db !== undefined ? ['database'] : rpc !== undefined ? ['api'] : http !== undefined ? ['web'] : undefined,
    ),
    'event.duration': compute([path('startTimeUnixNano'), path('endTimeUnixNano')], elapsed),
    'event.outcome': compute([path('status'), lookup(path('kind'), KINDS), statusCode], spanOutcome),
    'span.name': path('name'),
    'span.kind': lookup(path('kind'), KINDS),
    'parent.id': path('parentSpanId'),
  },
};

/** One log record of an OTLP export (opentelemetry-proto logs.proto). */
export const otlpLog: Format = {
  name: 'otlp.log',
  recognizes: (document) =>
    Object.hasOwn(document, 'body') && (Object.hasOwn(document, 'timeUnixNano') || Object.hasOwn(document, 'observedTimeUnixNano')),
  discriminators: [],
  route: fixedRoute(LOG),
  logsources: [LOG],
  time: firstOf(
    compute([path('timeUnixNano')], (value) => (isNanos(value) && String(value) !== '0' ? value : undefined)),
    path('observedTimeUnixNano'),
  ),
  fields: {
    ...shared,
    'event.kind': constant('event'),
    'event.action': path('eventName'),
    'log.level': text(path('severityText'), (value) => value.toLowerCase()),
    message: compute([path('body')], (body) => (typeof body === 'string' ? body : undefined)),
  },
};

import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, integer, path, text } from '../format.ts';
import { syslogFields } from '../linux/syslog.ts';
import { hostOfUrl, requestParts, urlFields } from './request.ts';

// HAProxy configuration manual, section 8.2: default, TCP, HTTP and error formats.
// A health check or a client behind a socket has no address.
const ENDS = '(\\S{1,255}?):(\\d{1,5}) \\[(\\d{1,2}/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?)\\] (\\S{1,255})';
const CONNECTIONS = '(\\d{1,10})/(\\d{1,10})/(\\d{1,10})/(\\d{1,10})/\\+?(\\d{1,10}) (\\d{1,10})/(\\d{1,10})';
const NUMBER = '([+-]?\\d{1,10})';
const HTTP = new RegExp(
  `^${ENDS} (\\S{1,255}?)/(\\S{1,255})(?: (\\S{1,255}))? ${[NUMBER, NUMBER, NUMBER, NUMBER, NUMBER].join('/')} (-?\\d{1,3}) \\+?(\\d{1,20}) (\\S{1,4096}) (\\S{1,4096}) (\\S{4}) ${CONNECTIONS}(?: \\{([^}]{0,8192})\\})?(?: \\{([^}]{0,8192})\\})?(?: "([^"]{0,16384})"?)?`,
);
const TCP = new RegExp(`^${ENDS} (\\S{1,255}?)/(\\S{1,255}) ${[NUMBER, NUMBER, NUMBER].join('/')} \\+?(\\d{1,20}) (\\S{2}) ${CONNECTIONS}`);
const ERROR = new RegExp(`^${ENDS}: (.{1,4096})$`, 's');
const CONNECT = /^Connect from (\S{1,255}?):(\d{1,5}) to (\S{1,255}?):(\d{1,5}) \((\S{1,255}?)\/(\w{1,16})\)/;

type Names = readonly string[];
const ends: Names = ['client', 'client_port', 'accepted', 'frontend'];
const connections: Names = [
  'active',
  'frontend_connections',
  'backend_connections',
  'server_connections',
  'retries',
  'server_queue',
  'backend_queue',
];
const FORMS: readonly (readonly [form: string, pattern: RegExp, names: Names])[] = [
  [
    'http',
    HTTP,
    [
      ...ends,
      'backend',
      'server',
      'host',
      'request_wait',
      'queue_wait',
      'connect_wait',
      'response_wait',
      'total',
      'status',
      'bytes',
    ].concat(['request_cookie', 'response_cookie', 'termination'], connections, ['request_headers', 'response_headers', 'request']),
  ],
  ['tcp', TCP, [...ends, 'backend', 'server', 'queue_wait', 'connect_wait', 'total', 'bytes', 'termination', ...connections]],
  ['error', ERROR, [...ends, 'error']],
  ['connect', CONNECT, ['client', 'client_port', 'server_ip', 'server_port', 'frontend', 'mode']],
];

function parse({ syslog, body }: TextLine, named: boolean): JsonObject | undefined {
  const own = syslog !== undefined && /^haproxy/i.test(String(syslog['program'] ?? ''));
  for (const [form, pattern, names] of FORMS) {
    if (!own && !named && (form === 'error' || form === 'connect')) break;
    const found = pattern.exec(body);
    if (found === null) continue;
    const parts: Record<string, JsonValue> = { ...syslog, form, message: body };
    names.forEach((name, i) => {
      const value = found[i + 1];
      if (value !== undefined) parts[name] = value;
    });
    return form === 'http' ? { ...parts, ...requestParts(String(parts['request'] ?? '')) } : parts;
  }
  return own ? { ...syslog, form: 'notice', message: body } : undefined;
}

const headers = (name: string) =>
  text(path(name), (value) => {
    const list = value.split('|').filter(Boolean);
    return list.length === 0 ? undefined : list;
  });
const nanos = text(path('total'), (ms) => (Number(ms) < 0 ? undefined : Number(ms) * 1_000_000));
const byForm = (table: Readonly<Record<string, JsonValue>>) => text(path('form'), (form) => entryOf(table, form));
const label = { category: 'proxy', product: 'haproxy' };

/** HAProxy: HTTP, TCP, default and error format, behind a syslog head or alone. */
export const haproxy: Format = {
  name: 'haproxy',
  recognizes: () => false,
  parse,
  discriminators: [path('form')],
  route: ([form]) => ({ labels: form === 'http' ? [label, { category: 'webserver', product: 'haproxy' }] : [label], known: {} }),
  logsources: [label, { category: 'webserver', product: 'haproxy' }],
  // The proxy's own time has the year and milliseconds; the head's does not.
  time: path('accepted', 'timestamp'),
  fields: {
    ...syslogFields,
    message: compute([path('form'), path('message')], (form, message) => (form === 'notice' || form === 'error' ? message : undefined)),
    'event.module': constant('haproxy'),
    'event.dataset': constant('haproxy.log'),
    'event.category': byForm({ http: ['web'], tcp: ['network'], connect: ['network', 'web'], error: ['network', 'web'] }),
    'event.type': byForm({ connect: ['connection'], error: ['error'] }),
    'event.outcome': compute([path('status')], (status) =>
      status === undefined ? undefined : Number(status) > 0 && Number(status) < 400 ? 'success' : 'failure',
    ),
    'event.duration': nanos,
    'error.message': path('error'),
    'source.address': text(path('client'), (client) => (client === '-' ? undefined : client)),
    'source.ip': address(path('client')),
    'source.port': integer(path('client_port')),
    'destination.address': path('host', 'server_ip'),
    'destination.domain': path('host'),
    'destination.ip': address(path('server_ip')),
    'destination.port': integer(path('server_port')),
    ...urlFields(path('target')),
    'url.domain': firstOf(text(path('target'), hostOfUrl), path('host')),
    'http.request.method': path('method'),
    'http.version': path('version'),
    'http.response.status_code': integer(path('status')),
    'http.response.bytes': compute([path('form'), path('bytes')], (form, bytes) =>
      form === 'http' && /^\d+$/.test(String(bytes)) ? Number(bytes) : undefined,
    ),
    'haproxy.mode': path('mode'),
    'haproxy.source': compute([path('form'), path('client')], (form, client) => (form === 'connect' ? client : undefined)),
    'haproxy.frontend_name': path('frontend'),
    'haproxy.backend_name': path('backend'),
    'haproxy.server_name': path('server'),
    'haproxy.bytes_read': integer(path('bytes')),
    'haproxy.termination_state': path('termination'),
    'haproxy.server_queue': integer(path('server_queue')),
    'haproxy.backend_queue': integer(path('backend_queue')),
    'haproxy.connection_wait_time_ms': integer(path('connect_wait')),
    'haproxy.total_waiting_time_ms': integer(path('queue_wait')),
    'haproxy.connections.active': integer(path('active')),
    'haproxy.connections.frontend': integer(path('frontend_connections')),
    'haproxy.connections.backend': integer(path('backend_connections')),
    'haproxy.connections.server': integer(path('server_connections')),
    'haproxy.connections.retries': integer(path('retries')),
    'haproxy.http.request.time_wait_ms': integer(path('request_wait')),
    'haproxy.http.request.time_wait_without_data_ms': integer(path('response_wait')),
    'haproxy.http.request.captured_cookie': path('request_cookie'),
    'haproxy.http.request.captured_headers': headers('request_headers'),
    'haproxy.http.request.raw_request_line': path('request'),
    'haproxy.http.response.captured_cookie': path('response_cookie'),
    'haproxy.http.response.captured_headers': headers('response_headers'),
  },
};

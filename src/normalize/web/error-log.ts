import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject } from '../../shared/json.ts';
import { address, constant, type Format, firstOf, fixedRoute, integer, path, text } from '../format.ts';
import { requestParts, urlFields } from './request.ts';

// `[time] [module:level] [pid 1:tid 2] [client 10.0.0.1:33] text` of httpd 2.4; 2.2 has neither module nor process.
const APACHE =
  /^\[([A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4})\] \[(?:([\w-]{0,64}):)?(\w{1,16})\](?: \[pid (\d{1,10})(?::tid (\d{1,20}))?\])?(?: \[client ([^\]]{1,255})\])? (.*)$/s;
const CLIENT = /^(?:\[([0-9a-fA-F:.]+)\]|(.{1,255}?))(?::(\d{1,5}))?$/;
const NGINX = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(\w{1,16})\] (\d{1,10})#(\d{1,10}): (?:\*(\d{1,20}) )?(.*)$/s;

function parseApache({ body }: TextLine): JsonObject | undefined {
  const line = APACHE.exec(body);
  if (line === null) return undefined;
  const [, timestamp = '', module, level = '', pid, thread, client, message = ''] = line;
  const [, six, four, port] = client === undefined ? [] : (CLIENT.exec(client) ?? []);
  const from = six ?? (four !== undefined && four.split(':').length > 2 ? client : four);
  return {
    ...{ timestamp, level },
    ...(module ? { module } : {}),
    ...(pid === undefined ? {} : { pid }),
    ...(thread === undefined ? {} : { thread }),
    ...(from === undefined ? {} : { client: from }),
    ...(port === undefined || from === client ? {} : { port }),
    message,
  };
}

function parseNginx({ body }: TextLine): JsonObject | undefined {
  const line = NGINX.exec(body);
  if (line === null) return undefined;
  const [, timestamp = '', level = '', pid = '', thread = '', connection, message = ''] = line;
  const part = (name: string): string | undefined => new RegExp(`, ${name}: "?([^",]{1,2048})`).exec(message)?.[1];
  const request = part('request');
  return {
    ...{ timestamp, level, pid, thread },
    ...(connection === undefined ? {} : { connection }),
    ...Object.fromEntries(
      (['client', 'server', 'upstream', 'host', 'referrer'] as const).flatMap((name) => {
        const value = part(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    ...(request === undefined ? {} : requestParts(request)),
    message,
  };
}

const SEVERE = /^(?:error|crit|critical|alert|emerg)$/i;

const common: Format['fields'] = {
  'event.kind': constant('event'),
  'event.category': constant(['web']),
  'log.level': path('level'),
  'process.pid': integer(path('pid')),
  'process.thread.id': text(path('thread'), (id) => (Number.isSafeInteger(Number(id)) ? Number(id) : id)),
  'source.address': path('client'),
  'source.ip': address(path('client')),
  'source.port': integer(path('port')),
  message: path('message'),
};

/** Error log of Apache httpd. */
export const apacheError: Format = {
  name: 'apache.error',
  recognizes: () => false,
  parse: parseApache,
  discriminators: [],
  route: fixedRoute({ product: 'apache', service: 'apache' }),
  logsources: [{ product: 'apache', service: 'apache' }],
  time: path('timestamp'),
  fields: {
    ...common,
    'event.module': constant('apache'),
    'event.type': text(path('level'), (level) => [SEVERE.test(level) ? 'error' : 'info']),
    'apache.error.module': path('module'),
    'file.path': text(
      path('message'),
      (message) =>
        /(?:File does not exist|script not found or unable to stat|not found or unable to stat): (.{1,2048}?)(?:, referer: .*)?$/.exec(
          message,
        )?.[1],
    ),
    'http.request.referrer': text(path('message'), (message) => /, referer: (\S{1,2048})$/.exec(message)?.[1]),
    'error.code': text(path('message'), (message) => /^(AH\d{5}):/.exec(message)?.[1]),
  },
};

/** Error log of nginx. */
export const nginxError: Format = {
  name: 'nginx.error',
  recognizes: () => false,
  parse: parseNginx,
  discriminators: [],
  route: fixedRoute({ product: 'nginx', service: 'nginx' }),
  logsources: [{ product: 'nginx', service: 'nginx' }],
  time: path('timestamp'),
  fields: {
    ...common,
    ...urlFields(path('target')),
    'event.module': constant('nginx'),
    'event.type': text(path('level'), (level) => [SEVERE.test(level) ? 'error' : 'info']),
    'nginx.error.connection_id': integer(path('connection')),
    'url.domain': text(path('host'), (host) => host.replace(/:\d{1,5}$/, '')),
    'server.domain': firstOf(path('server')),
    'http.request.method': path('method'),
    'http.version': path('version'),
    'http.request.referrer': path('referrer'),
  },
};

import type { TextLine } from '../../decode/text-line.ts';
import { tokensOf } from '../../decode/tokens.ts';
import type { RouteLabel } from '../../event/event.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, firstOf, fixedRoute, integer, path, text } from '../format.ts';
import { requestParts, urlFields } from './request.ts';
import { userAgentFields } from './user-agent.ts';

// Common and combined log format. What stands before the time differs: a virtual host, a list of forwarding addresses.
const LINE =
  /^(.{1,2048}?) \[(\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "((?:[^"\\]|\\.){0,16384})" (\d{3}|-) (\d{1,20}|-)(?: |$)/;
// `%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b` of Apache httpd's ssl_request_log.
const SSL_LINE =
  /^\[(\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] (\S{1,255}) (\S{1,32}) (\S{1,64}) "((?:[^"\\]|\\.){0,16384})" (\d{1,20}|-)/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$/;
const HOST_PORT = /^(.{1,255}?)(?::(\d{1,5}))?$/;

const present = (value: string | undefined): value is string => value !== undefined && value !== '-' && value !== '';
const given = (values: Readonly<Record<string, string | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => present(entry[1])));

/** The parts of a line in common or combined format; `rest` is what stands behind them, word by word. */
export function parseAccess({ body }: TextLine): (JsonObject & { readonly rest: readonly string[] }) | undefined {
  const line = LINE.exec(body);
  if (line === null) return undefined;
  const [all, prefix = '', timestamp = '', request = '', status, bytes] = line;
  const before = prefix.replaceAll('"', '').split(/\s+/).filter(Boolean);
  if (before.length < 2) return undefined;
  const [referrer, agent, ...rest] = tokensOf(body.slice(all.length));
  return {
    timestamp,
    ...ends(before.length > 2 ? before.slice(0, -2) : before.slice(0, 1)),
    ...given({ user: before.length > 2 ? before.at(-1) : undefined, status, bytes, referrer, agent }),
    ...(present(request) ? { request, ...requestParts(request) } : {}),
    message: body,
    rest,
  };
}

/** Who asked and, where it stands first, which virtual host was asked. */
function ends(words: readonly string[]): JsonObject {
  const [head = ''] = words;
  // The name before the addresses is the host that was asked; a comma says it belongs to the list.
  const named = words.length > 1 && !head.endsWith(',');
  const list = (named ? words.slice(1) : words).map((word) => word.replace(/,$/, '')).flatMap((word) => word.split(','));
  const addresses = list.filter((word) => ADDRESS.test(word));
  const [client = ''] = addresses.length > 0 ? addresses : list;
  const passed = addresses.length > 0 ? addresses : list.filter((word) => /^\w+$/.test(word));
  const from = {
    client,
    ...(passed.length === 0 ? {} : { addresses: passed }),
    ...(addresses.length === 0 ? { client_name: client } : {}),
  };
  if (!named) return from;
  const [, host = head, port] = HOST_PORT.exec(head) ?? [];
  return { ...from, ...(ADDRESS.test(host) ? { host_ip: host } : { host }), ...(port === undefined ? {} : { port }) };
}

function parseSsl({ body }: TextLine): JsonObject | undefined {
  const line = SSL_LINE.exec(body);
  if (line === null) return undefined;
  const [, timestamp = '', client = '', protocol, cipher, request = '', bytes] = line;
  return { timestamp, client, ...given({ protocol, cipher, bytes }), request, ...requestParts(request), message: body };
}

const PRIVATE = /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|f[cd]|fe80:|::1$)/i;

/** Of the addresses a request went through, the first that is not of a private network; else the first. */
export function publicFirst(list: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(list)) return undefined;
  const all = list as readonly string[];
  return all.find((one) => !PRIVATE.test(one)) ?? all[0];
}

export const accessFields: Format['fields'] = {
  'event.kind': constant('event'),
  'event.category': constant(['web']),
  'event.outcome': compute([path('status')], (status) => (status === undefined ? undefined : Number(status) < 400 ? 'success' : 'failure')),
  'source.address': firstOf(compute([path('addresses')], publicFirst), path('client')),
  'source.ip': address(firstOf(compute([path('addresses')], publicFirst), path('client'))),
  'source.domain': path('client_name'),
  'destination.domain': path('host'),
  'destination.ip': path('host_ip'),
  'destination.port': integer(path('port')),
  'url.domain': path('host'),
  'user.name': path('user'),
  ...urlFields(path('target')),
  'http.request.method': path('method'),
  'http.version': path('version'),
  'http.response.status_code': integer(path('status')),
  'http.response.body.bytes': integer(path('bytes')),
  'http.request.referrer': path('referrer'),
  ...userAgentFields('agent'),
};

type Server = {
  readonly name: string;
  readonly module: string;
  readonly labels: readonly RouteLabel[];
  readonly parse: NonNullable<Format['parse']>;
  readonly fields: Format['fields'];
};

const accessFormat = ({ name, module, labels, parse, fields }: Server): Format => ({
  name,
  recognizes: () => false,
  parse,
  discriminators: [],
  route: fixedRoute(...labels),
  logsources: labels,
  time: path('timestamp'),
  fields: { ...accessFields, 'event.module': constant(module), ...fields },
});

const webserver = { category: 'webserver' };
const apache = { category: 'webserver', product: 'apache', service: 'apache' };
const nginx = { category: 'webserver', product: 'nginx', service: 'nginx' };

const tlsVersion = (value: string): JsonValue | undefined => /^(?:TLS|SSL)v([\d.]+)$/i.exec(value)?.[1];

/** Access log of Apache httpd: common, combined, with a virtual host, and of mod_ssl. */
export const apacheAccess: Format = accessFormat({
  name: 'apache.access',
  module: 'apache',
  labels: [apache],
  // The common formats are the same for all servers: only the settings say whose they are.
  parse: (line, named) => parseSsl(line) ?? (named ? parseAccess(line) : undefined),
  fields: {
    'apache.access.ssl.protocol': path('protocol'),
    'apache.access.ssl.cipher': path('cipher'),
    'tls.cipher': path('cipher'),
    'tls.version': text(path('protocol'), tlsVersion),
    'tls.version_protocol': text(path('protocol'), (value) => /^(TLS|SSL)v/i.exec(value)?.[1]?.toLowerCase()),
  },
});

/** Access log of nginx. */
export const nginxAccess: Format = accessFormat({
  name: 'nginx.access',
  module: 'nginx',
  labels: [nginx],
  parse: (line, named) => (named ? parseAccess(line) : undefined),
  fields: { 'event.type': constant(['access']), 'nginx.access.remote_ip_list': path('addresses') },
});

/** Access log of a web server that nothing names. */
export const webAccess: Format = accessFormat({
  name: 'web.access',
  module: 'web',
  labels: [webserver, apache, nginx],
  parse: parseAccess,
  fields: { 'event.type': constant(['access']) },
});

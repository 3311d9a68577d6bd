import type { JsonObject } from '../shared/json.ts';
import { address, compute, constant, type Format, fixedRoute, integer, path, text } from './format.ts';

const labels = [
  { category: 'webserver' },
  { category: 'webserver', product: 'apache', service: 'apache' },
  { category: 'webserver', product: 'nginx', service: 'nginx' },
];

// Common and combined log format; some servers put a virtual host or the address of a proxy's client first.
const LINE =
  /^(?:(\S{1,255}) )?(\S{1,255}) (\S{1,255}) (\S{1,255}) \[(\d{1,2}\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "((?:[^"\\]|\\.){0,16384})" (\d{3}|-) (\d{1,20}|-)(?: "((?:[^"\\]|\\.){0,16384})" "((?:[^"\\]|\\.){0,16384})")?/;
const REQUEST = /^([A-Z]{1,20}) (\S+)(?: HTTP\/([\d.]+))?$/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$/;

const present = (value: string | undefined): value is string => value !== undefined && value !== '-' && value !== '';

function parse(line: string): JsonObject | undefined {
  const found = LINE.exec(line);
  if (found === null) return undefined;
  const [, first, second = '', , user, timestamp = '', request = '', status = '', bytes, referrer, agent] = found;
  // With a name before it, the client is the part that is an address.
  const [host, client] = first !== undefined && !ADDRESS.test(second) && ADDRESS.test(first) ? [undefined, first] : [first, second];
  const parts = REQUEST.exec(request);
  return {
    timestamp,
    client,
    ...(present(host) ? { host } : {}),
    ...(present(user) ? { user } : {}),
    request,
    ...(parts === null
      ? {}
      : { method: parts[1] as string, target: parts[2] as string, ...(parts[3] === undefined ? {} : { version: parts[3] }) }),
    ...(present(status) ? { status } : {}),
    ...(present(bytes) ? { bytes } : {}),
    ...(present(referrer) ? { referrer } : {}),
    ...(present(agent) ? { agent } : {}),
    message: line,
  };
}

/** Access log lines of Apache httpd and nginx, in the common and the combined format. */
export const webAccess: Format = {
  name: 'web.access',
  recognizes: () => false,
  parse,
  discriminators: [],
  route: fixedRoute(...labels),
  logsources: labels,
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('web'),
    'event.category': constant(['web']),
    'event.type': constant(['access']),
    'event.outcome': compute([path('status')], (status) =>
      status === undefined ? undefined : Number(status) < 400 ? 'success' : 'failure',
    ),
    'source.address': path('client'),
    'source.ip': address(path('client')),
    'user.name': path('user'),
    'url.original': path('target'),
    'url.path': text(path('target'), (target) => decoded(target.split(/[?#]/)[0] as string)),
    'url.query': text(path('target'), (target) => /\?([^#]*)/.exec(target)?.[1]),
    'url.domain': path('host'),
    'url.extension': text(path('target'), (target) => /\.([A-Za-z0-9]{1,10})(?:[?#]|$)/.exec(target)?.[1]),
    'http.request.method': path('method'),
    'http.version': path('version'),
    'http.response.status_code': integer(path('status')),
    'http.response.body.bytes': integer(path('bytes')),
    'http.request.referrer': path('referrer'),
    'user_agent.original': path('agent'),
    message: path('message'),
  },
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import type { TextLine } from '../../decode/text-line.ts';
import { tokensOf } from '../../decode/tokens.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { envoyDecisionFields } from '../decision-points.ts';
import { address, compute, constant, type Format, firstOf, fixedRoute, integer, path, scaled, text } from '../format.ts';
import { accessFields, parseAccess } from './access.ts';
import { requestParts, urlFields } from './request.ts';
import { userAgentFields } from './user-agent.ts';

const proxy = { category: 'proxy' };
const webserver = { category: 'webserver' };

/** Behind the combined format: count, frontend (router), backend URL, milliseconds. */
function parseTraefik(line: TextLine): JsonObject | undefined {
  const access = /\d{1,10}ms\s*$/.test(line.body) ? parseAccess(line) : undefined;
  if (access === undefined || access.rest.length < 4) return undefined;
  const [count = '', frontend = '', backend = '', taken = ''] = access.rest.slice(-4);
  return { ...access, count, frontend, backend, taken: taken.replace(/ms$/, '') };
}

const traefikLabel = { category: 'proxy', product: 'traefik' };
const isName = (value: string): string | undefined => (value === '-' ? undefined : value);

/** Traefik access log in its common format. */
export const traefikAccess: Format = {
  name: 'traefik.access',
  recognizes: () => false,
  parse: parseTraefik,
  discriminators: [],
  route: fixedRoute(traefikLabel, webserver),
  logsources: [traefikLabel, webserver],
  time: path('timestamp'),
  fields: {
    ...accessFields,
    'event.module': constant('traefik'),
    'event.type': constant(['access']),
    'event.duration': scaled(path('taken'), 1_000_000),
    'traefik.access.request_count': integer(path('count')),
    'traefik.access.frontend_name': text(path('frontend'), isName),
    'traefik.access.backend_url': text(path('backend'), isName),
  },
};

// `[%START_TIME%] "%METHOD% %PATH% %PROTOCOL%" code flags ...`; Istio puts details and a reason before the counts.
const ENVOY =
  /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] "([^"]{0,16384})" (\d{1,3}) (\S{1,64}) (?:(\S{1,255}) (\S{1,255}) "([^"]{0,1024})" )?(\d{1,20}) (\d{1,20}) (\d{1,12}|-) (\d{1,12}|-) (.*)$/s;

function parseEnvoy({ body }: TextLine): JsonObject | undefined {
  const found = ENVOY.exec(body);
  if (found === null) return undefined;
  const [, start_time = '', request = '', code = '', flags = '', details, , failure, received = '', sent = '', duration = '', , tail = ''] =
    found;
  const [forwarded, agent, id, authority, upstream, cluster, , local, remote] = tokensOf(tail);
  const optional = { details, failure, forwarded, agent, id, authority, upstream, cluster, local, remote };
  return {
    ...{ start_time, response_code: code, response_flags: flags, bytes_received: received, bytes_sent: sent, duration },
    ...(request === '- - -' ? {} : requestParts(request.replace(/ HTTP\/(\S+)$/, ' HTTP/$1'))),
    ...Object.fromEntries(
      Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '-' && entry[1] !== ''),
    ),
    message: body,
  };
}

const endOf = (part: 1 | 2, ...names: readonly [string, ...string[]]) =>
  text(path(...names), (value) => {
    const found = /^\[?([0-9a-fA-F.:]{3,45}?)\]?:(\d{1,5})$/.exec(value.replace(/^\w+:\/\//, ''));
    return found === null ? undefined : part === 1 ? found[1] : Number(found[2]);
  });
const forwarded = compute([path('forwarded', 'x_forwarded_for')], (value): JsonValue | undefined =>
  typeof value === 'string' ? value.split(',')[0]?.trim() : undefined,
);
const envoyLabel = { category: 'proxy', product: 'envoy' };

/** Envoy access log: the default text format, Istio's, and Istio's as JSON. */
export const envoyAccess: Format = {
  name: 'envoy.access',
  recognizes: (document) => Object.hasOwn(document, 'response_flags') && Object.hasOwn(document, 'start_time'),
  parse: parseEnvoy,
  discriminators: [],
  route: fixedRoute(envoyLabel, webserver),
  logsources: [envoyLabel, webserver, proxy],
  time: path('start_time'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('envoy'),
    'event.category': constant(['web', 'network']),
    'event.type': constant(['access', 'connection']),
    // Code 0: the connection ended before there was a response.
    'event.outcome': compute([path('response_code')], (code) =>
      code === undefined ? undefined : Number(code) > 0 && Number(code) < 400 ? 'success' : 'failure',
    ),
    'event.duration': text(path('duration'), (ms) => (/^\d+$/.test(ms) ? Number(ms) * 1_000_000 : undefined)),
    'source.address': firstOf(forwarded, endOf(1, 'remote', 'downstream_remote_address')),
    'source.ip': address(firstOf(forwarded, endOf(1, 'remote', 'downstream_remote_address'))),
    'source.port': endOf(2, 'remote', 'downstream_remote_address'),
    'destination.address': endOf(1, 'upstream', 'upstream_host'),
    'destination.ip': address(endOf(1, 'upstream', 'upstream_host')),
    'destination.port': endOf(2, 'upstream', 'upstream_host'),
    ...urlFields(path('target', 'path')),
    'url.domain': text(path('authority'), (value) => value.replace(/:\d{1,5}$/, '')),
    'http.request.method': path('method'),
    'http.request.id': path('id', 'request_id'),
    'http.version': firstOf(
      path('version'),
      text(path('protocol'), (value) => /^HTTP\/([\d.]+)$/.exec(value)?.[1]),
    ),
    'http.response.status_code': text(path('response_code'), (code) => (Number(code) > 0 ? Number(code) : undefined)),
    'http.request.body.bytes': integer(path('bytes_received')),
    'http.response.body.bytes': integer(path('bytes_sent')),
    ...userAgentFields('agent', 'user_agent'),
    'envoy.access.response_flags': text(path('response_flags'), isName),
    'envoy.access.response_code_details': text(path('details', 'response_code_details'), isName),
    'envoy.access.upstream_cluster': text(path('cluster', 'upstream_cluster'), isName),
    'envoy.access.failure_reason': text(path('failure', 'upstream_transport_failure_reason'), isName),
    ...envoyDecisionFields,
  },
};

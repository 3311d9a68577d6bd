import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { compute, constant, decimal, type Format, fixedRoute, integer, path } from '../format.ts';
import { accessFields, parseAccess } from './access.ts';

// Behind the combined format: length, time, [upstream], [alternative], then four lists with ", " between, and the request id.
const TAIL =
  / (\d{1,20}) (\d{1,10}\.\d{3}) \[([^\]]{0,255})\] \[([^\]]{0,255})\] (\S{1,255}(?:, \S{1,255}){0,31}) ([\d-]{1,20}(?:, [\d-]{1,20}){0,31}) ([\d.-]{1,20}(?:, [\d.-]{1,20}){0,31}) ([\d-]{1,5}(?:, [\d-]{1,5}){0,31}) (\w{8,64})$/;

const listOf = (text: string | undefined): readonly string[] => (text ?? '').split(', ').filter((item) => item !== '-' && item !== '');

function parse(line: TextLine): JsonObject | undefined {
  const tail = TAIL.exec(line.body.slice(-8192).trimEnd());
  const access = tail === null ? undefined : parseAccess(line);
  if (tail === null || access === undefined) return undefined;
  const [, length = '', time = '', upstream = '', alternative = '', addresses, lengths, times, statuses, id = ''] = tail;
  return {
    ...access,
    ...{ length, time, upstream, alternative, id },
    upstream_addresses: listOf(addresses),
    upstream_lengths: listOf(lengths),
    upstream_times: listOf(times),
    upstream_statuses: listOf(statuses),
  };
}

const last = (name: string) =>
  compute([path(name)], (list) => (Array.isArray(list) && list.length > 0 ? Number((list as readonly JsonValue[]).at(-1)) : undefined));
/** All attempts at an upstream took this long together. */
const total = (name: string) =>
  compute([path(name)], (list) =>
    Array.isArray(list) && list.length > 0
      ? Math.round((list as readonly string[]).reduce((sum, one) => sum + (Number(one) || 0), 0) * 1000) / 1000
      : undefined,
  );
const lastAddress = (part: 1 | 2) =>
  compute([path('upstream_addresses')], (list) => {
    const found = /^\[?([0-9a-fA-F.:]+?)\]?:(\d{1,5})$/.exec(Array.isArray(list) ? String((list as readonly JsonValue[]).at(-1)) : '');
    return found === null ? undefined : part === 1 ? found[1] : Number(found[2]);
  });
const list = (name: string) =>
  compute([path(name)], (value) => (Array.isArray(value) && value.length > 0 ? (value as JsonValue) : undefined));

const label = { category: 'webserver', product: 'nginx', service: 'nginx' };
const prefix = 'nginx.ingress_controller';

/** Access log of the Kubernetes ingress controller of nginx, in its default format. */
export const nginxIngress: Format = {
  name: 'nginx.ingress_controller',
  recognizes: () => false,
  parse,
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('timestamp'),
  fields: {
    ...accessFields,
    'event.module': constant('nginx'),
    'event.type': constant(['info']),
    'http.request.id': path('id'),
    [`${prefix}.remote_ip_list`]: path('addresses'),
    [`${prefix}.http.request.id`]: path('id'),
    [`${prefix}.http.request.length`]: integer(path('length')),
    [`${prefix}.http.request.time`]: decimal(path('time')),
    [`${prefix}.upstream.name`]: path('upstream'),
    [`${prefix}.upstream.alternative_name`]: path('alternative'),
    [`${prefix}.upstream.ip`]: lastAddress(1),
    [`${prefix}.upstream.port`]: lastAddress(2),
    [`${prefix}.upstream_address_list`]: list('upstream_addresses'),
    [`${prefix}.upstream.response.length`]: last('upstream_lengths'),
    [`${prefix}.upstream.response.length_list`]: list('upstream_lengths'),
    [`${prefix}.upstream.response.time`]: total('upstream_times'),
    [`${prefix}.upstream.response.time_list`]: list('upstream_times'),
    [`${prefix}.upstream.response.status_code`]: last('upstream_statuses'),
    [`${prefix}.upstream.response.status_code_list`]: list('upstream_statuses'),
  },
};

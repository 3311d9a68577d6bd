import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, fixedRoute, integer, path, scaled, text } from '../format.ts';
import { ipsIn } from './zeek.ts';

// BIND 9 query log; dnsmasq; unbound; CoreDNS (log plug-in).
const BIND =
  /^(?:(\d{1,2}-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d{3}) )?(?:queries: )?(?:info: )?client (?:@0x[0-9a-f]{1,16} )?([0-9a-fA-F.:]{3,45})#(\d{1,5})(?: \((\S{1,255})\))?: (?:view (\S{1,64}): )?query: (\S{1,255}) (\S{1,16}) (\S{1,16}) ([+-]\S{0,32})(?: \(([0-9a-fA-F.:]{3,45})\))?/;
const DNSMASQ =
  /^(?:\d{1,10} [0-9a-fA-F.:]{3,45}\/\d{1,5} )?(?:query\[(\S{1,16})\] (\S{1,255}) from ([0-9a-fA-F.:]{3,45})|(reply|cached|forwarded|config|\/\S{1,255}) (\S{1,255}) (?:is|to) (\S{1,255}))$/;
const UNBOUND =
  /^\[\d{1,10}:\d{1,4}\] info: ([0-9a-fA-F.:]{3,45}) (\S{1,255}?)\.? ([A-Z0-9]{1,16}) ([A-Z]{2})(?: ([A-Z]{1,16}) (\d{1,5}\.\d{1,6}) ([01]) (\d{1,6}))?$/;
const COREDNS =
  /^(?:\[INFO\] )?\[?([0-9a-fA-F.:]{3,45}?)\]?:(\d{1,5}) - (\d{1,5}) "(\S{1,16}) (\S{1,16}) (\S{1,255}?)\.? (udp|tcp) (\d{1,6}) (true|false) (\d{1,6})" ([A-Z]{1,16}) (\S{1,64}) (\d{1,6}) ([\d.]{1,16})s/;
/** BIND writes `20-Nov-2026`. */
const spaced = (value: string | undefined): string | undefined => value?.replace(/^(\d+)-(\w+)-(\d+)/, '$1 $2 $3');

type Parts = Readonly<Record<string, string | undefined>>;
const READERS: readonly ((body: string) => Parts | undefined)[] = [
  (body) => {
    const found = BIND.exec(body);
    if (found === null) return undefined;
    const [, at, client, port, , view, name, kind, type, flags, server] = found;
    return { at: spaced(at), client, port, view, name, class: kind, type, flags, server, answer: 'query' };
  },
  (body) => {
    const found = DNSMASQ.exec(body);
    if (found === null) return undefined;
    const [, type, name, client, word, about, answer] = found;
    return word === undefined
      ? { type, name, client, answer: 'query' }
      : { name: about, answer: word === 'forwarded' ? 'query' : 'answer', data: answer, step: word };
  },
  (body) => {
    const found = UNBOUND.exec(body);
    if (found === null) return undefined;
    const [, client, name, type, kind, code, , , size] = found;
    return { client, name, type, class: kind, code, size, answer: code === undefined ? 'query' : 'answer' };
  },
  (body) => {
    const found = COREDNS.exec(body);
    if (found === null) return undefined;
    const [, client, port, id, type, kind, name, protocol, , , , code, , size, seconds] = found;
    return { client, port, id, type, class: kind, name, protocol, code, size, seconds, answer: 'answer' };
  },
];

function parse({ syslog, body }: TextLine): JsonObject | undefined {
  for (const read of READERS) {
    const parts = read(body);
    if (parts === undefined) continue;
    const known = Object.entries({ ...parts, at: parts['at'] }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { ...(syslog ?? {}), dns_log: Object.fromEntries(known), message: body };
  }
  return undefined;
}

const d = (name: string, ...more: readonly string[]) => path(`dns_log.${name}`, ...more);
const labels = [{ category: 'dns' }, { product: 'dns', service: 'dns', category: 'dns' }];

/** DNS query logs: BIND, dnsmasq, unbound and CoreDNS lines, and Amazon Route 53 Resolver query logs. */
export const dnsQuery: Format = {
  name: 'dns.query',
  recognizes: (document) =>
    Object.hasOwn(document, 'query_name') && Object.hasOwn(document, 'query_type') && Object.hasOwn(document, 'srcaddr'),
  parse,
  discriminators: [],
  route: fixedRoute(...labels),
  logsources: labels,
  // What public rules call the parts of a query.
  vendor: (field) => entryOf({ query: d('name', 'query_name'), record_type: d('type', 'query_type'), answer: d('data') }, field),
  time: d('at', 'timestamp', 'query_timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('dns'),
    'event.category': constant(['network']),
    'event.type': constant(['protocol', 'connection']),
    'event.action': d('step'),
    'event.duration': scaled(d('seconds'), 1e9),
    'event.outcome': text(d('code', 'rcode'), (code) => (code === 'NOERROR' ? 'success' : 'failure')),
    'host.hostname': path('hostname'),
    'host.name': path('hostname'),
    'process.name': path('program'),
    'process.pid': integer(path('pid')),
    'source.address': d('client', 'srcaddr'),
    'source.ip': address(d('client', 'srcaddr')),
    'source.port': integer(d('port', 'srcport')),
    'destination.ip': address(d('server')),
    'network.protocol': constant('dns'),
    'network.transport': text(d('protocol', 'transport'), (value) => value.toLowerCase()),
    'dns.id': d('id'),
    'dns.type': text(d('answer'), String),
    'dns.question.name': text(d('name', 'query_name'), (name) => name.replace(/(?<=.)\.$/, '').toLowerCase()),
    'dns.question.type': d('type', 'query_type'),
    'dns.question.class': d('class', 'query_class'),
    'dns.response_code': d('code', 'rcode'),
    'dns.resolved_ip': compute([d('data'), path('answers.Rdata')], (one, many) =>
      ipsIn([
        ...(one === undefined ? [] : [one]),
        ...(Array.isArray(many) ? (many as readonly JsonValue[]) : many === undefined ? [] : [many]),
      ]),
    ),
    'cloud.account.id': path('account_id'),
    'cloud.region': path('region'),
    'cloud.instance.id': path('srcids.instance'),
    message: path('message'),
  },
};

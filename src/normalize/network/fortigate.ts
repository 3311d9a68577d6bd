import { keyValues } from '../../decode/key-values.ts';
import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, integer, lookup, path, scaled, text } from '../format.ts';
import { userAgentFields } from '../web/user-agent.ts';
import { transportOf } from './ip-protocols.ts';

/** `eventtime` is in seconds in old releases, nanoseconds in new ones; date, time and tz are the fall back. */
function parse({ body }: TextLine): JsonObject | undefined {
  if (!/\bdevid="?[A-Z0-9-]{6,}/.test(body.slice(0, 1024)) || !/\blogid="?\d{5,}/.test(body.slice(0, 1024))) return undefined;
  const document = keyValues(body);
  const { date, time, tz } = document;
  const written = typeof date === 'string' && typeof time === 'string' ? `${date} ${time}${typeof tz === 'string' ? tz : ''}` : undefined;
  return { ...document, ...(written === undefined ? {} : { written }), message: document['msg'] ?? document['logdesc'] ?? body };
}

const firewall = { category: 'firewall' };
const labelsOf = (type: string, subtype: string) => [
  { product: 'fortigate', service: type },
  ...(type === 'traffic' ? [firewall] : []),
  ...(subtype === 'webfilter'
    ? [{ category: 'proxy' }]
    : subtype === 'virus'
      ? [{ category: 'antivirus' }]
      : subtype === 'dns'
        ? [{ category: 'dns' }]
        : []),
];
const DENIED = /^(?:deny|denied|block|blocked|dropped|drop|reset|failure|failed|server-rst|client-rst|timeout)$/i;

/** Fortinet FortiGate: traffic, security (UTM) and event logs as key value pairs. */
export const fortigate: Format = {
  name: 'fortigate',
  recognizes: () => false,
  parse,
  discriminators: [path('type'), path('subtype')],
  route: ([type, subtype]) => ({ labels: labelsOf(String(type), String(subtype)), known: {} }),
  logsources: [
    ...['traffic', 'utm', 'event'].flatMap((type) => labelsOf(type, '')),
    ...['webfilter', 'virus', 'dns'].flatMap((subtype) => labelsOf('utm', subtype)),
  ],
  time: path('eventtime', 'written'),
  fields: {
    'event.kind': compute([path('type'), path('subtype')], (type, subtype) =>
      type === 'utm' && /^(?:ips|virus|anomaly)$/.test(String(subtype)) ? 'alert' : 'event',
    ),
    'event.module': constant('fortinet'),
    'event.dataset': constant('fortinet.fortigate'),
    'event.code': path('logid'),
    'event.action': path('action'),
    'event.reason': path('reason', 'logdesc'),
    'event.category': compute([path('type'), path('subtype'), path('action')], categories),
    'event.type': text(path('action'), (action) =>
      DENIED.test(action) ? ['denied'] : /^(?:accept|close|pass|passthrough|permit)/i.test(action) ? ['allowed'] : undefined,
    ),
    'event.outcome': text(path('status', 'action'), (value) =>
      DENIED.test(value) ? 'failure' : /^(?:success|accept|close|pass|passthrough|permit|tunnel-up)/i.test(value) ? 'success' : undefined,
    ),
    'event.duration': scaled(path('duration'), 1e9),
    'log.level': path('level'),
    'observer.vendor': constant('Fortinet'),
    'observer.product': constant('FortiGate'),
    'observer.type': constant('firewall'),
    'observer.name': path('devname'),
    'observer.serial_number': path('devid'),
    'observer.ingress.interface.name': path('srcintf'),
    'observer.egress.interface.name': path('dstintf'),
    'source.address': path('srcip', 'remip'),
    'source.ip': address(path('srcip', 'remip')),
    'source.port': integer(path('srcport')),
    'source.bytes': integer(path('sentbyte')),
    'source.packets': integer(path('sentpkt')),
    'source.mac': path('srcmac'),
    'source.nat.ip': address(path('transip')),
    'destination.address': path('dstip'),
    'destination.ip': address(path('dstip')),
    'destination.port': integer(path('dstport')),
    'destination.bytes': integer(path('rcvdbyte')),
    'destination.packets': integer(path('rcvdpkt')),
    'destination.domain': path('hostname'),
    'network.transport': text(path('proto'), (value) => transportOf(value)),
    'network.protocol': text(path('service'), (value) => value.toLowerCase()),
    'network.application': path('app'),
    'network.direction': lookup(path('direction'), { incoming: 'inbound', outgoing: 'outbound' }),
    'dns.question.name': path('qname'),
    'dns.question.type': path('qtype'),
    'url.domain': path('hostname'),
    'url.path': path('url'),
    ...userAgentFields('agent'),
    'rule.id': path('policyid'),
    'rule.name': path('policyname', 'attack', 'virus'),
    'rule.category': path('catdesc'),
    'user.name': path('user', 'unauthuser'),
    'group.name': path('group'),
    'file.name': path('filename'),
    message: path('message'),
    'fortinet.firewall.type': path('type'),
    'fortinet.firewall.subtype': path('subtype'),
    'fortinet.firewall.severity': path('severity', 'crlevel'),
    'fortinet.firewall.vd': path('vd'),
    'fortinet.firewall.sessionid': path('sessionid'),
  },
};

function categories(type: JsonValue | undefined, subtype: JsonValue | undefined, action: JsonValue | undefined): JsonValue {
  if (type === 'utm')
    return subtype === 'virus'
      ? ['malware', 'network']
      : /^(?:ips|anomaly)$/.test(String(subtype))
        ? ['intrusion_detection', 'network']
        : ['network'];
  if (type === 'event')
    return subtype === 'user' || subtype === 'vpn' || action === 'login' || action === 'logout' ? ['authentication'] : ['configuration'];
  return ['network'];
}

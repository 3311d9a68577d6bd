import type { RouteLabel } from '../../event/event.ts';
import type { JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, integer, lookup, path, text } from '../format.ts';
import { urlFields } from '../web/request.ts';
import { userAgentFields } from '../web/user-agent.ts';
import { ipsIn } from './zeek.ts';

const CATEGORIES: Readonly<Record<string, RouteLabel>> = {
  dns: { category: 'dns' },
  http: { category: 'proxy' },
  flow: { category: 'firewall' },
  netflow: { category: 'firewall' },
};
const labelsOf = (type: string): readonly RouteLabel[] => {
  const category = entryOf(CATEGORIES, type);
  return [{ product: 'suricata', service: type }, ...(category === undefined ? [] : [category])];
};
const TYPES = ['alert', 'dns', 'http', 'tls', 'flow', 'netflow', 'fileinfo', 'ssh', 'smtp', 'smb', 'krb5', 'anomaly', 'drop', 'stats'];
const byType = (table: Readonly<Record<string, JsonValue>>, other: JsonValue) =>
  text(path('event_type'), (type) => entryOf(table, type) ?? other);

/** Suricata EVE JSON (eve.json). */
export const suricataEve: Format = {
  name: 'suricata.eve',
  recognizes: (document) =>
    typeof document['event_type'] === 'string' &&
    Object.hasOwn(document, 'timestamp') &&
    ['flow_id', 'src_ip', 'in_iface', 'stats'].some((key) => Object.hasOwn(document, key)),
  discriminators: [path('event_type')],
  route: ([type]) => ({ labels: labelsOf(String(type)), known: {} }),
  logsources: TYPES.flatMap(labelsOf),
  time: path('timestamp'),
  fields: {
    'event.kind': byType({ alert: 'alert', stats: 'metric' }, 'event'),
    'event.module': constant('suricata'),
    'event.category': byType(
      { alert: ['network', 'intrusion_detection'], http: ['network', 'web'], fileinfo: ['file'], stats: ['network'] },
      ['network'],
    ),
    'event.type': firstOf(
      // An intrusion prevention system says what it did with the packet.
      compute([path('event_type'), path('alert.action')], (type, action) =>
        type !== 'alert' ? undefined : action === 'blocked' ? ['denied'] : ['allowed'],
      ),
      byType({ drop: ['denied'], http: ['access', 'protocol'], dns: ['protocol'], tls: ['protocol'], stats: ['info'] }, ['connection']),
    ),
    'event.action': path('alert.action'),
    'event.severity': integer(path('alert.severity')),
    'event.outcome': compute([path('event_type'), path('http.status')], (type, status) =>
      type !== 'http' || status === undefined ? undefined : Number(status) < 400 ? 'success' : 'failure',
    ),
    'event.start': path('flow.start'),
    'event.end': path('flow.end'),
    'rule.id': text(path('alert.signature_id'), String),
    'rule.name': path('alert.signature'),
    'rule.category': path('alert.category'),
    'rule.version': text(path('alert.rev'), String),
    message: path('alert.signature', 'alert.category'),
    'source.address': path('src_ip'),
    'source.ip': address(path('src_ip')),
    'source.port': integer(path('src_port')),
    'source.bytes': integer(path('flow.bytes_toserver')),
    'source.packets': integer(path('flow.pkts_toserver')),
    'destination.address': path('dest_ip'),
    'destination.ip': address(path('dest_ip')),
    'destination.port': integer(path('dest_port')),
    'destination.bytes': integer(path('flow.bytes_toclient')),
    'destination.packets': integer(path('flow.pkts_toclient')),
    'network.transport': text(path('proto'), (value) => value.toLowerCase()),
    'network.protocol': firstOf(
      text(path('app_proto'), (value) => (value === 'failed' ? undefined : value.toLowerCase())),
      lookup(path('event_type'), { dns: 'dns', http: 'http', tls: 'tls', ssh: 'ssh', smtp: 'smtp', smb: 'smb' }),
    ),
    'network.community_id': path('community_id'),
    'observer.ingress.interface.name': path('in_iface'),
    'dns.id': text(path('dns.id'), String),
    'dns.type': path('dns.type'),
    'dns.question.name': path('dns.rrname', 'dns.query.rrname', 'dns.queries.rrname'),
    'dns.question.type': path('dns.rrtype', 'dns.query.rrtype', 'dns.queries.rrtype'),
    'dns.response_code': path('dns.rcode'),
    'dns.resolved_ip': compute(
      [path('dns.answers.rdata'), path('dns.grouped.A'), path('dns.grouped.AAAA'), path('dns.rdata')],
      (...lists) => ipsIn(lists.flatMap((one) => (Array.isArray(one) ? (one as readonly JsonValue[]) : one === undefined ? [] : [one]))),
    ),
    ...urlFields(path('http.url')),
    'url.domain': path('http.hostname'),
    'http.request.method': path('http.http_method'),
    'http.request.referrer': path('http.http_refer'),
    'http.response.status_code': integer(path('http.status')),
    'http.response.body.bytes': integer(path('http.length')),
    ...userAgentFields('http.http_user_agent'),
    'tls.client.server_name': path('tls.sni'),
    'tls.client.ja3': path('tls.ja3.hash'),
    'tls.server.ja3s': path('tls.ja3s.hash'),
    'tls.server.subject': path('tls.subject'),
    'tls.server.issuer': path('tls.issuerdn'),
    'tls.server.hash.sha1': text(path('tls.fingerprint'), (value) => value.replaceAll(':', '').toLowerCase()),
    'tls.version': text(path('tls.version'), (value) => /^TLSv? ?([\d.]+)$/.exec(value)?.[1]),
    'file.name': text(path('fileinfo.filename'), (value) => value.split('/').at(-1)),
    'file.path': path('fileinfo.filename'),
    'file.size': integer(path('fileinfo.size')),
    'file.hash.md5': path('fileinfo.md5'),
    'file.hash.sha1': path('fileinfo.sha1'),
    'file.hash.sha256': path('fileinfo.sha256'),
    'suricata.eve.event_type': path('event_type'),
    'suricata.eve.flow_id': text(path('flow_id'), String),
    'suricata.eve.tx_id': path('tx_id'),
    'suricata.eve.alert': path('alert'),
    'suricata.eve.flow': path('flow'),
  },
};

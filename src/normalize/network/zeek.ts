import type { RouteLabel } from '../../event/event.ts';
import type { FieldSource } from '../../event/field-source.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, integer, path, text } from '../format.ts';
import { urlFields } from '../web/request.ts';
import { userAgentFields } from '../web/user-agent.ts';
import { parseZeekTsv } from './zeek-tsv.ts';

/** Logs that do not name themselves, by fields only they have (Zeek's own `_path` and shippers' spellings come first). */
const BY_FIELD: readonly (readonly [log: string, field: string])[] = [
  ['conn', 'conn_state'],
  ['dns', 'qtype_name'],
  ['dns', 'rcode'],
  ['http', 'status_code'],
  ['http', 'uri'],
  ['ssl', 'cipher'],
  ['ssl', 'server_name'],
  ['x509', 'certificate.subject'],
  ['files', 'fuid'],
  ['notice', 'note'],
  ['weird', 'name'],
  ['rdp', 'cookie'],
  ['kerberos', 'request_type'],
  ['smb_files', 'action'],
  ['smb_mapping', 'share_type'],
  ['dce_rpc', 'endpoint'],
  ['ntlm', 'domainname'],
  ['ssh', 'auth_success'],
  ['smtp', 'helo'],
  ['dhcp', 'assigned_addr'],
];
const NAMED = path('_path', '@path', 'log.path', 'zeek_log');
const logOf: FieldSource = firstOf(
  NAMED,
  compute(
    BY_FIELD.map(([, field]) => path(field)),
    (...values) => BY_FIELD[values.findIndex((value) => value !== undefined)]?.[0] ?? 'unknown',
  ),
);

const SERVICES = [
  ...['conn', 'dns', 'http', 'ssl', 'x509', 'files', 'notice', 'weird', 'rdp', 'kerberos', 'smb_files', 'smb_mapping'],
  ...['dce_rpc', 'ntlm', 'ssh', 'smtp', 'dhcp', 'ftp', 'snmp', 'tunnel', 'software', 'pe'],
];
const CATEGORIES: Readonly<Record<string, readonly RouteLabel[]>> = {
  dns: [{ category: 'dns' }],
  http: [{ category: 'proxy' }],
  conn: [{ category: 'firewall' }],
};
const labelsOf = (service: string): readonly RouteLabel[] => [{ product: 'zeek', service }, ...(entryOf(CATEGORIES, service) ?? [])];

/** Log category and type of each log that is not plain network traffic. */
const byLog = (table: Readonly<Record<string, JsonValue>>, other: JsonValue) => text(logOf, (log) => entryOf(table, log) ?? other);
const seconds = (name: string) =>
  text(path(name), (value) => (Number.isFinite(Number(value)) ? Math.round(Number(value) * 1e9) : undefined));
const listed = (name: string) =>
  compute([path(name)], (value) => (Array.isArray(value) && value.length > 0 ? (value as JsonValue) : undefined));
const bytes = (...names: readonly [string, ...string[]]) => integer(path(...names));
const sum = (a: string, b: string) =>
  compute([path(a), path(b)], (x, y) => (x === undefined && y === undefined ? undefined : (Number(x ?? 0) || 0) + (Number(y ?? 0) || 0)));
const orUndefined = (value: string, none: RegExp): string | undefined => (none.test(value) ? undefined : value);

/** Zeek logs as JSON, also each below the name of its log, and as the tables Zeek writes by itself; dotted keys flat or nested, `ts` as seconds or ISO text. */
export const zeek: Format = {
  name: 'zeek',
  recognizes: (document) =>
    (Object.hasOwn(document, 'uid') && hasConnection(document)) || (Object.hasOwn(document, '_path') && Object.hasOwn(document, 'ts')),
  parse: parseZeekTsv,
  wrapped: true,
  discriminators: [logOf],
  route: ([log]) => ({ labels: labelsOf(String(log)), known: {} }),
  logsources: SERVICES.flatMap(labelsOf),
  time: path('ts', '@timestamp'),
  fields: {
    'event.kind': byLog({ notice: 'alert' }, 'event'),
    'event.module': constant('zeek'),
    'event.dataset': text(logOf, (log) => `zeek.${log}`),
    'event.category': byLog(
      {
        http: ['network', 'web'],
        notice: ['intrusion_detection'],
        files: ['file'],
        kerberos: ['network', 'authentication'],
        ntlm: ['network', 'authentication'],
      },
      ['network'],
    ),
    'event.type': byLog({ conn: ['connection'], dns: ['connection', 'protocol'], http: ['connection', 'protocol'], notice: ['info'] }, [
      'connection',
    ]),
    'event.duration': seconds('duration'),
    'event.action': path('note', 'action'),
    'event.outcome': compute([path('success'), path('auth_success')], (a, b) => {
      const value = a ?? b;
      return value === undefined ? undefined : value === true || value === 'T' ? 'success' : 'failure';
    }),
    'source.address': path('id.orig_h', 'src'),
    'source.ip': address(path('id.orig_h', 'src')),
    'source.port': integer(path('id.orig_p')),
    'source.bytes': bytes('orig_ip_bytes', 'orig_bytes'),
    'source.packets': bytes('orig_pkts'),
    'source.mac': path('orig_l2_addr'),
    'destination.address': path('id.resp_h', 'dst'),
    'destination.ip': address(path('id.resp_h', 'dst')),
    'destination.port': integer(path('id.resp_p')),
    'destination.bytes': bytes('resp_ip_bytes', 'resp_bytes'),
    'destination.packets': bytes('resp_pkts'),
    'network.transport': text(path('proto'), (value) => value.toLowerCase()),
    'network.protocol': firstOf(
      text(path('service'), (value) => value.toLowerCase()),
      text(logOf, (log) => (/^(?:dns|http|ssl|ssh|smtp|ftp|rdp|kerberos|dhcp|snmp)$/.test(log) ? log : undefined)),
    ),
    'network.bytes': sum('orig_ip_bytes', 'resp_ip_bytes'),
    'network.packets': sum('orig_pkts', 'resp_pkts'),
    'network.community_id': path('community_id'),
    'dns.id': text(path('trans_id'), String),
    'dns.question.name': path('query'),
    'dns.question.type': path('qtype_name'),
    'dns.question.class': text(path('qclass_name'), (value) => (value === 'C_INTERNET' ? 'IN' : value)),
    'dns.response_code': path('rcode_name'),
    'dns.resolved_ip': compute([path('answers')], (value) => (Array.isArray(value) ? ipsIn(value as readonly JsonValue[]) : undefined)),
    ...urlFields(path('uri')),
    'url.domain': path('host'),
    'http.request.method': path('method'),
    'http.request.referrer': path('referrer'),
    'http.response.status_code': integer(path('status_code')),
    'http.request.body.bytes': integer(path('request_body_len')),
    'http.response.body.bytes': integer(path('response_body_len')),
    ...userAgentFields('user_agent'),
    'tls.version': text(path('version'), (value) => /^TLSv(\d)(\d)$/.exec(value)?.slice(1).join('.') ?? undefined),
    'tls.cipher': path('cipher'),
    'tls.client.server_name': path('server_name'),
    'tls.client.ja3': path('ja3'),
    'tls.server.ja3s': path('ja3s'),
    'tls.server.subject': path('subject'),
    'tls.server.issuer': path('issuer'),
    'tls.established': path('established'),
    'user.name': text(path('username', 'user', 'client'), (value) => orUndefined(value, /^(?:-|<unknown>|)$/)),
    'file.name': path('filename', 'name'),
    'file.mime_type': path('mime_type'),
    'file.hash.md5': path('md5'),
    'file.hash.sha1': path('sha1'),
    'file.hash.sha256': path('sha256'),
    'rule.name': path('note'),
    'rule.description': path('msg'),
    message: path('msg'),
    'zeek.session_id': path('uid'),
    'zeek.connection.state': path('conn_state'),
    'zeek.connection.history': path('history'),
    'zeek.connection.local_orig': path('local_orig'),
    'zeek.connection.local_resp': path('local_resp'),
    'zeek.connection.missed_bytes': integer(path('missed_bytes')),
    'zeek.dns.answers': listed('answers'),
  },
};

function hasConnection(document: JsonObject): boolean {
  return (
    Object.hasOwn(document, 'id.orig_h') ||
    (typeof document['id'] === 'object' && document['id'] !== null && Object.hasOwn(document['id'], 'orig_h'))
  );
}

export function ipsIn(values: readonly JsonValue[]): JsonValue | undefined {
  const found = values.filter(
    (value): value is string => typeof value === 'string' && /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$/.test(value),
  );
  return found.length === 0 ? undefined : found;
}

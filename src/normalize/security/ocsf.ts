import type { JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, firstOf, integer, lookup, path, text } from '../format.ts';
import { userAgentFields } from '../web/user-agent.ts';

/** OCSF class ids (schema 1.x) with the ECS category and kind their events belong to. */
const CLASSES: readonly (readonly [from: number, to: number, category: readonly string[], kind: string])[] = [
  [1001, 1001, ['file'], 'event'],
  [1002, 1004, ['process'], 'event'],
  [1005, 1005, ['driver'], 'event'],
  [1006, 1006, ['process'], 'event'],
  [1007, 1007, ['process'], 'event'],
  [201001, 201002, ['registry'], 'event'],
  [2001, 2999, ['intrusion_detection'], 'alert'],
  [3001, 3001, ['iam'], 'event'],
  [3002, 3002, ['authentication'], 'event'],
  [3003, 3006, ['iam'], 'event'],
  [4002, 4002, ['network', 'web'], 'event'],
  [4001, 4999, ['network'], 'event'],
  [5001, 5999, ['configuration'], 'state'],
  [6001, 6999, ['web', 'api'], 'event'],
];
const classOf = (id: JsonValue | undefined) => CLASSES.find(([from, to]) => Number(id) >= from && Number(id) <= to);
const SERVICES: Readonly<Record<string, { readonly category: string }>> = {
  '1001': { category: 'file_event' },
  '1007': { category: 'process_creation' },
  '4001': { category: 'network_connection' },
  '4002': { category: 'proxy' },
  '4003': { category: 'dns' },
};
const label = { product: 'ocsf' };
/** OCSF 1.x hashes: algorithm 1 MD5, 2 SHA-1, 3 SHA-256. */
const hash = (holder: string, algorithm: number) =>
  compute([path(`${holder}.hashes.algorithm_id`), path(`${holder}.hashes.value`)], (ids, values) => {
    const at = (Array.isArray(ids) ? (ids as readonly JsonValue[]) : [ids]).indexOf(algorithm);
    return at < 0 ? undefined : Array.isArray(values) ? (values as readonly JsonValue[])[at] : values;
  });

/** Open Cybersecurity Schema Framework events of any class, for example from Amazon Security Lake. */
export const ocsf: Format = {
  name: 'ocsf',
  recognizes: (document) =>
    Object.hasOwn(document, 'class_uid') &&
    typeof document['metadata'] === 'object' &&
    document['metadata'] !== null &&
    Object.hasOwn(document['metadata'], 'version'),
  discriminators: [path('class_uid')],
  route: ([id]) => {
    const category = Object.hasOwn(SERVICES, String(id)) ? SERVICES[String(id)] : undefined;
    return { labels: [{ ...label, ...category }], known: {} };
  },
  logsources: [label, ...Object.values(SERVICES).map((category) => ({ ...label, ...category }))],
  time: path('time', 'time_dt', 'metadata.original_time'),
  fields: {
    'event.kind': compute([path('class_uid')], (id) => classOf(id)?.[3] ?? 'event'),
    'event.module': constant('ocsf'),
    'event.category': compute([path('class_uid')], (id) => classOf(id)?.[2]),
    'event.action': path('activity_name', 'api.operation', 'type_name'),
    'event.code': text(path('type_uid'), String),
    'event.id': path('metadata.uid'),
    'event.provider': path('metadata.product.name'),
    'event.severity': integer(path('severity_id')),
    'event.outcome': lookup(path('status_id'), { '1': 'success', '2': 'failure' }),
    'event.reason': path('status_detail'),
    'log.level': path('severity'),
    message: path('message'),
    'cloud.provider': text(path('cloud.provider'), (value) => value.toLowerCase()),
    'cloud.region': path('cloud.region'),
    'cloud.account.id': path('cloud.account.uid', 'cloud.account_uid'),
    'host.name': path('device.hostname', 'device.name'),
    'host.ip': address(path('device.ip')),
    'host.os.name': path('device.os.name'),
    'user.name': path('actor.user.name', 'user.name'),
    'user.id': path('actor.user.uid', 'user.uid'),
    'user.email': path('actor.user.email_addr', 'user.email_addr'),
    'user.target.name': compute([path('actor.user.name'), path('user.name')], (actor, user) => (actor === undefined ? undefined : user)),
    'source.address': path('src_endpoint.ip', 'src_endpoint.hostname'),
    'source.ip': address(path('src_endpoint.ip')),
    'source.port': integer(path('src_endpoint.port')),
    'source.domain': path('src_endpoint.hostname'),
    'source.bytes': integer(path('traffic.bytes_out')),
    'destination.address': path('dst_endpoint.ip', 'dst_endpoint.hostname'),
    'destination.ip': address(path('dst_endpoint.ip')),
    'destination.port': integer(path('dst_endpoint.port')),
    'destination.domain': path('dst_endpoint.hostname'),
    'destination.bytes': integer(path('traffic.bytes_in')),
    'network.transport': text(path('connection_info.protocol_name'), (value) => value.toLowerCase()),
    'network.direction': text(path('connection_info.direction'), (value) => value.toLowerCase()),
    'dns.question.name': path('query.hostname'),
    'dns.question.type': path('query.type'),
    'dns.response_code': path('rcode'),
    'url.full': path('http_request.url.url_string'),
    'url.path': path('http_request.url.path'),
    'url.domain': path('http_request.url.hostname'),
    'http.request.method': path('http_request.http_method'),
    'http.response.status_code': integer(path('http_response.code')),
    ...userAgentFields('http_request.user_agent'),
    'process.name': path('process.name'),
    'process.pid': integer(path('process.pid')),
    'process.executable': path('process.file.path'),
    'process.command_line': path('process.cmd_line'),
    'process.hash.sha256': hash('process.file', 3),
    'process.parent.name': path('process.parent_process.name', 'actor.process.name'),
    'process.parent.pid': integer(path('process.parent_process.pid', 'actor.process.pid')),
    'process.parent.executable': path('process.parent_process.file.path', 'actor.process.file.path'),
    'process.parent.command_line': path('process.parent_process.cmd_line', 'actor.process.cmd_line'),
    'file.path': path('file.path'),
    'file.name': path('file.name'),
    'file.hash.md5': hash('file', 1),
    'file.hash.sha1': hash('file', 2),
    'file.hash.sha256': hash('file', 3),
    'rule.name': firstOf(path('finding_info.title'), path('finding.title'), path('rule.name')),
    'rule.id': path('rule.uid'),
    'ocsf.class_uid': path('class_uid'),
    'ocsf.category_uid': path('category_uid'),
    'ocsf.activity_id': path('activity_id'),
    'ocsf.type_uid': path('type_uid'),
    'ocsf.version': path('metadata.version'),
  },
};

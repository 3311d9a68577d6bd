import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { compute, constant, type Format, integer, lookup, path, text } from '../format.ts';
import { allLabels, kindOf, labelsOf } from './osquery-labels.ts';

const column = (...names: readonly [string, ...string[]]) => {
  const paths = names.map((name) => `columns.${name}`) as [string, ...string[]];
  return compute([path(...paths)], (value) => (value === '' ? undefined : value));
};
const moment = (name: string) =>
  text(column(name), (value) => (/^\d{9,10}$/.test(value) ? new Date(Number(value) * 1000).toISOString() : undefined));
/** Members of a snapshot are rows; the first says what ECS has one value for, all are kept under `osquery.result`. */
const hash = (kind: string) => column(kind);

/** Results that osqueryd logs, differential (`columns`) and snapshot, one event per line. */
export const osqueryResult: Format = {
  name: 'osquery.result',
  recognizes: (document) =>
    Object.hasOwn(document, 'hostIdentifier') && ['columns', 'snapshot', 'diffResults'].some((key) => Object.hasOwn(document, key)),
  discriminators: [compute([path('name'), path('columns'), path('action'), path('decorations')], kindOf)],
  route: ([kind]) => ({ labels: labelsOf(kind), known: {} }),
  logsources: allLabels,
  vendor: (field) => (/^\w+$/.test(field) ? path(`columns.${field}`) : undefined),
  time: path('unixTime', 'calendarTime'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('osquery'),
    'event.type': constant(['info']),
    'event.action': path('action'),
    'rule.name': path('name'),
    'host.hostname': path('hostIdentifier'),
    'host.name': path('hostIdentifier'),
    'host.id': path('decorations.host_uuid'),
    'user.name': path('decorations.username', 'columns.username'),
    'file.path': column('path', 'target_path'),
    'file.name': column('filename'),
    'file.directory': column('directory'),
    'file.size': column('size'),
    'file.type': column('type'),
    'file.mode': column('mode'),
    'file.inode': column('inode'),
    'file.uid': column('uid'),
    'file.gid': column('gid'),
    'file.accessed': moment('atime'),
    'file.mtime': moment('mtime'),
    'file.created': moment('ctime'),
    'file.hash.md5': hash('md5'),
    'file.hash.sha1': hash('sha1'),
    'file.hash.sha256': hash('sha256'),
    'process.name': column('process'),
    'process.pid': integer(column('pid')),
    'process.parent.pid': integer(column('parent')),
    'process.command_line': column('cmdline'),
    'process.working_directory': column('cwd'),
    'source.ip': column('local_address'),
    'source.port': integer(column('local_port')),
    'destination.ip': column('remote_address'),
    'destination.port': integer(column('remote_port')),
    'network.transport': lookup(column('protocol'), { '6': 'tcp', '17': 'udp', '1': 'icmp' }),
    'osquery.result.name': path('name'),
    'osquery.result.action': path('action'),
    'osquery.result.host_identifier': path('hostIdentifier'),
    'osquery.result.calendar_time': path('calendarTime'),
    'osquery.result.unix_time': path('unixTime'),
    'osquery.result.epoch': path('epoch'),
    'osquery.result.counter': path('counter'),
    'osquery.result.decorations': path('decorations'),
    'osquery.result.columns': compute([path('columns')], withoutEmpty),
    'osquery.result.snapshot': path('snapshot'),
  },
};

function withoutEmpty(columns: JsonValue | undefined): JsonObject | undefined {
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) return undefined;
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== ''));
}

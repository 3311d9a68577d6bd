import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, constant, decimal, type Format, fixedRoute, integer, path, scaled, text } from '../format.ts';

// 5.7 and 8.0: `time thread [level] [code] [subsystem] text`; before: `yymmdd hh:mm:ss [thread] [level] text`.
const NEW =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)) (\d{1,20}) \[(\w{1,16})\](?: \[(MY-\d{1,8})\])?(?: \[(\w{1,32})\])? (.*)$/s;
const OLD =
  /^(\d{6} {1,2}\d{1,2}:\d\d:\d\d|\d{4}-\d\d-\d\d {1,2}\d{1,2}:\d\d:\d\d)(?: (0x[0-9a-f]{1,16}|\d{1,20}))?(?: \[(\w{1,16})\])? {1,2}(.*)$/s;

function parseError({ body }: TextLine, named: boolean): JsonObject | undefined {
  const line = NEW.exec(body);
  if (line !== null) {
    const [, timestamp, thread, level, code, subsystem, message] = line;
    return given({ timestamp, thread, level, code, subsystem, message });
  }
  const old = OLD.exec(body);
  if (old === null || (!named && old[3] === undefined && !/^\d{6} .{8,10}mysqld/.test(body))) return undefined;
  const [, timestamp = '', thread, level, message] = old;
  return given({ timestamp: timestamp.replace(/ {2}(\d):/, ' 0$1:').replace(/ {2}/, ' '), thread, level, message });
}

function given(parts: Readonly<Record<string, string | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(parts).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
}

const label = { category: 'database', product: 'mysql' };
const DENIED = /Access denied for user '([^']{0,255})'@'([^']{1,255})'/;

/** Error log of MySQL and MariaDB. */
export const mysqlError: Format = {
  name: 'mysql.error',
  recognizes: () => false,
  parse: parseError,
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('mysql'),
    'event.category': text(path('message'), (message) => (DENIED.test(message) ? ['database', 'authentication'] : ['database'])),
    'event.type': text(path('level', 'message'), (level) => [/^error$/i.test(level) ? 'error' : 'info']),
    'event.outcome': text(path('message'), (message) => (DENIED.test(message) ? 'failure' : undefined)),
    'event.code': path('code'),
    'event.provider': path('subsystem'),
    'log.level': path('level'),
    'mysql.thread_id': integer(path('thread')),
    'user.name': text(path('message'), (message) => DENIED.exec(message)?.[1]),
    'source.address': text(path('message'), (message) => DENIED.exec(message)?.[2]),
    'source.ip': address(text(path('message'), (message) => DENIED.exec(message)?.[2])),
    message: path('message'),
  },
};

const HEADER = /^# (.{0,4096})$/gm;
const KEY = /(?<![\w.])([A-Z][A-Za-z_]{1,48}): {1,2}(\S{0,255})/g;

function parseSlow({ text: record }: TextLine): JsonObject | undefined {
  if (!/^# (?:User@Host|Time|Thread_id|Query_time): /.test(record)) return undefined;
  const user = /^# User@Host: (\S{0,255}?)\[([^\]]{0,255})\] @ {1,2}(\S{0,255}?) ?\[([^\]]{0,64})\](?: {1,2}Id: {1,8}(\d{1,20}))?/m.exec(
    record,
  );
  const parts: Record<string, JsonValue> = {};
  for (const [, header = ''] of record.matchAll(HEADER)) {
    if (/^(?:User@Host|Time)/.test(header)) continue;
    for (const [, key = '', value = ''] of header.matchAll(KEY)) parts[key.toLowerCase()] = value;
  }
  const stamp = /^SET timestamp=(\d{9,11})(?:\.\d+)?;$/m.exec(record)?.[1];
  const query = record
    .split('\n')
    .filter((line) => !/^(?:# |SET timestamp=|use [^;]{1,255};)/.test(line))
    .join('\n')
    .trim();
  return {
    ...given({ login: user?.[1], user: user?.[2], host: user?.[3], ip: user?.[4], thread: user?.[5], stamp, query }),
    ...given({ written: /^# Time: (.{1,64})$/m.exec(record)?.[1]?.trim() }),
    slow: parts,
    message: query,
  };
}

const s = (name: string) => path(`slow.${name}`);
const count = (name: string) => integer(s(name));
const flag = (name: string) => text(s(name), (value) => (/^yes$/i.test(value) ? true : /^no$/i.test(value) ? false : undefined));
const COUNTS = [
  'rows_sent',
  'rows_examined',
  'rows_affected',
  'bytes_sent',
  'bytes_received',
  'killed',
  'merge_passes',
  'tmp_tables',
  'tmp_disk_tables',
  'tmp_table_sizes',
];
const FLAGS = ['full_scan', 'full_join', 'tmp_table', 'tmp_table_on_disk', 'filesort', 'filesort_on_disk', 'priority_queue'];

/** Slow query log of MySQL, MariaDB and Percona Server, one record of several lines per statement. */
export const mysqlSlow: Format = {
  name: 'mysql.slowlog',
  recognizes: () => false,
  parse: parseSlow,
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('stamp', 'written'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('mysql'),
    'event.category': constant(['database']),
    'event.type': constant(['info']),
    'event.duration': scaled(s('query_time'), 1e9),
    'user.name': path('login'),
    'source.ip': address(path('ip')),
    'source.domain': path('host'),
    'mysql.thread_id': text(path('slow.thread_id', 'thread'), (value) => (/^\d{1,15}$/.test(value) ? Number(value) : undefined)),
    'mysql.slowlog.current_user': path('user'),
    'mysql.slowlog.schema': text(s('schema'), (value) => (/:$/.test(value) ? undefined : value || undefined)),
    'mysql.slowlog.query': path('query'),
    'mysql.slowlog.lock_time.sec': decimal(s('lock_time')),
    'mysql.slowlog.query_cache_hit': flag('qc_hit'),
    'mysql.slowlog.last_errno': s('last_errno'),
    'mysql.slowlog.read_first': s('read_first'),
    ...Object.fromEntries(COUNTS.map((name) => [`mysql.slowlog.${name}`, count(name)])),
    ...Object.fromEntries(FLAGS.map((name) => [`mysql.slowlog.${name}`, flag(name)])),
    'mysql.slowlog.innodb.io_r_ops': count('innodb_io_r_ops'),
    'mysql.slowlog.innodb.io_r_bytes': count('innodb_io_r_bytes'),
    'mysql.slowlog.innodb.pages_distinct': count('innodb_pages_distinct'),
    'mysql.slowlog.innodb.trx_id': s('innodb_trx_id'),
    message: path('message'),
  },
};

import { csvFields } from '../../decode/csv.ts';
import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, fixedRoute, integer, path, scaled, text } from '../format.ts';

const STAMP = '(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})? (?:[A-Z]{1,5}|[+-]\\d{2}(?::?\\d\\d)?))';
const LEVELS = 'DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT';
// `%m [%p] %q%u@%d ` of most packages, with a line number, or `%t:%r:%u@%d:[%p]:` of hosted services.
const PLAIN = new RegExp(
  `^${STAMP}:?(?: ?([\\w.:-]{1,255})\\((\\d{1,5})\\):?)?(?: ?\\[(\\d{1,10})(?:-(\\d{1,10}))?\\]:?)?(?: ?([^\\s@:]{0,255})@([^\\s:]{0,255}?):?)?(?: ?\\[(\\d{1,10})\\]:)? ?(?:(${LEVELS})): {1,2}(.*)$`,
  's',
);
const CSV = new RegExp(`^${STAMP},`);
// Documentation of log_destination, "Using CSV-Format Log Output".
const COLUMNS = [
  ...['timestamp', 'user', 'database', 'pid', 'connection', 'session', 'line', 'command', 'session_start', 'virtual_transaction'],
  ...['transaction', 'level', 'sql_state', 'message', 'detail', 'hint', 'internal_query', 'internal_query_position', 'context'],
  ...['query', 'query_position', 'location', 'application', 'backend_type', 'leader_pid', 'query_id'],
];
const CONNECTION = /^(\[?[\w.:-]{1,255}?\]?)(?::(\d{1,5}))?$/;
const STATEMENT =
  /^(?:duration: (\d{1,15}(?:\.\d{1,6})?) ms)?(?: {0,2}(statement|parse|bind|execute|fastpath)(?: ([^:]{1,255}|[^:]{0,200}:[^: ]{1,64}))?: (.*))?$/s;

function parse({ body }: TextLine): JsonObject | undefined {
  const read = CSV.test(body) ? parseCsv(body) : parsePlain(body);
  if (read === undefined) return undefined;
  const statement = STATEMENT.exec(String(read['message']));
  if (statement === null) return read;
  const [, duration, step, name, query] = statement;
  return {
    ...read,
    ...(duration === undefined ? {} : { duration }),
    ...(step === undefined ? {} : { statement: query ?? '', message: query ?? '', text: read['message'] as string }),
    ...(step === undefined ? {} : { step }),
    ...(name === undefined || name === '<unnamed>' ? {} : { statement_name: name }),
  };
}

function parsePlain(line: string): JsonObject | undefined {
  const found = PLAIN.exec(line);
  if (found === null) return undefined;
  const [, timestamp = '', client, port, pid, number, user, database, otherPid, level = '', message = ''] = found;
  const bare = (value: string | undefined): string | undefined => value?.replace(/^\[(.*)\]$/, '$1');
  return defined({ timestamp, client, port, pid: pid ?? otherPid, number, user: bare(user), database: bare(database), level, message });
}

function parseCsv(line: string): JsonObject | undefined {
  const values = csvFields(line);
  if (values.length < 23) return undefined;
  const row = Object.fromEntries(COLUMNS.map((name, i) => [name, values[i]]));
  const [, client, port] = CONNECTION.exec(row['connection'] ?? '') ?? [];
  return defined({ ...row, connection: undefined, client: client?.replace(/^\[(.*)\]$/, '$1'), port });
}

function defined(values: Readonly<Record<string, string | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''));
}

const FAILED_LOGIN =
  /^(?:(?:password|peer|ident|ldap|pam|gssapi|scram|certificate|"\w+") authentication failed for user|no pg_hba\.conf entry for)/i;
const label = { product: 'postgresql', category: 'database' };

/** PostgreSQL server log: stderr lines of the usual prefixes, and csvlog. */
export const postgresql: Format = {
  name: 'postgresql',
  recognizes: () => false,
  parse,
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('postgresql'),
    'event.dataset': constant('postgresql.log'),
    'event.category': text(path('message'), (message) => (FAILED_LOGIN.test(message) ? ['database', 'authentication'] : ['database'])),
    'event.type': constant(['info']),
    'event.outcome': text(path('message'), (message) => (FAILED_LOGIN.test(message) ? 'failure' : undefined)),
    'event.duration': scaled(path('duration'), 1_000_000),
    'log.level': path('level'),
    message: path('message'),
    'process.pid': integer(path('pid')),
    'user.name': compute(
      [path('user'), path('message')],
      (user, message) => user ?? (FAILED_LOGIN.test(String(message)) ? /user "([^"]{1,255})"/.exec(String(message))?.[1] : undefined),
    ),
    'source.address': path('client'),
    'source.ip': address(path('client')),
    'source.port': integer(path('port')),
    'postgresql.log.timestamp': path('timestamp'),
    'postgresql.log.database': path('database'),
    'postgresql.log.client_addr': path('client'),
    'postgresql.log.client_port': integer(path('port')),
    'postgresql.log.session_id': path('session'),
    'postgresql.log.session_line_number': integer(path('number')),
    'postgresql.log.session_start_time': text(path('session_start'), isoOfUtc),
    'postgresql.log.command_tag': path('command'),
    'postgresql.log.virtual_transaction_id': path('virtual_transaction'),
    'postgresql.log.transaction_id': integer(path('transaction')),
    'postgresql.log.sql_state_code': path('sql_state'),
    'postgresql.log.detail': path('detail'),
    'postgresql.log.hint': path('hint'),
    'postgresql.log.internal_query': path('internal_query'),
    'postgresql.log.context': path('context'),
    'postgresql.log.location': path('location'),
    'postgresql.log.application_name': path('application'),
    'postgresql.log.backend_type': path('backend_type'),
    'postgresql.log.query': path('query', 'statement'),
    'postgresql.log.query_step': path('step'),
    'postgresql.log.query_name': path('statement_name'),
    'error.code': text(path('sql_state'), (code) => (code === '00000' ? undefined : code)),
  },
};

function isoOfUtc(value: string): JsonValue {
  return /^(\S+) (\S+) (?:UTC|GMT)$/.test(value) ? value.replace(/^(\S+) (\S+) .*$/, '$1T$2Z') : value;
}

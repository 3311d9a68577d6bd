import type { TextLine } from '../../decode/text-line.ts';
import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, fixedRoute, integer, lookup, path, text } from '../format.ts';

const MONGO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}) ([A-Z]\d?) {1,2}([A-Z]{1,16}|-) {1,8}\[([^\]]{1,64})\] (.*)$/s;

function parseMongo({ body }: TextLine): JsonObject | undefined {
  const line = MONGO.exec(body);
  if (line === null) return undefined;
  const [, t = '', s = '', c = '', ctx = '', msg = ''] = line;
  return { t, s, c, ctx, msg };
}

const mongo = { category: 'database', product: 'mongodb' };
const peer = (part: 1 | 2) =>
  compute([path('attr.remote', 'attr.client'), path('msg')], (remote, message): JsonValue | undefined => {
    const found = /^\[?([0-9a-fA-F.:]{3,45}?)\]?:(\d{1,5})$/.exec(
      String(remote ?? /(?:connection accepted from|end connection) (\S{1,64})/.exec(String(message))?.[1] ?? ''),
    );
    return found === null ? undefined : part === 1 ? found[1] : Number(found[2]);
  });

/** MongoDB server log: structured (4.4 and later) and the text before it. */
export const mongodb: Format = {
  name: 'mongodb',
  recognizes: ({ t, s, c, msg }) =>
    isObject(t) && Object.hasOwn(t, '$date') && typeof s === 'string' && typeof c === 'string' && typeof msg === 'string',
  parse: parseMongo,
  discriminators: [],
  route: fixedRoute(mongo),
  logsources: [mongo],
  time: compute([path('t')], (t) => (isObject(t) ? t['$date'] : t)),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('mongodb'),
    'event.dataset': constant('mongodb.log'),
    'event.category': compute([path('c')], (c) => (c === 'ACCESS' ? ['database', 'authentication'] : ['database'])),
    'event.type': compute([path('s')], (level) => [level === 'E' || level === 'F' ? 'error' : 'info']),
    'event.outcome': text(path('msg'), (message) =>
      /authentication failed/i.test(message)
        ? 'failure'
        : /successfully authenticated|authentication succeeded/i.test(message)
          ? 'success'
          : undefined,
    ),
    'event.code': text(path('id'), String),
    'log.level': path('s'),
    message: path('msg'),
    'user.name': compute([path('attr.user'), path('attr.principalName')], (a, b) => a ?? b),
    'source.address': peer(1),
    'source.ip': address(peer(1)),
    'source.port': peer(2),
    'mongodb.log.component': path('c'),
    'mongodb.log.context': path('ctx'),
    'mongodb.log.id': path('id'),
    'mongodb.log.attr': path('attr'),
  },
};

// `pid:role 30 May 2026 12:50:13.457 * text`; before 3.0 `[pid] 30 May 10:05:20.000 * text`; the signal handler has an epoch.
const REDIS =
  /^(?:\[(\d{1,10})\] |(\d{1,10}):([A-Za-z-]{1,32}) )?(?:\((\d{9,11})\)|(\d{1,2} [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?)) (?:([.*#-]) )?(.*)$/s;

function parseRedis({ body }: TextLine, named: boolean): JsonObject | undefined {
  const line = REDIS.exec(body);
  if (line === null) return undefined;
  const [, oldPid, newPid, role, epoch, written, mark, message = ''] = line;
  // A day, a month and a clock begin many a line: a process or a level mark is needed too.
  if (!named && oldPid === undefined && newPid === undefined) return undefined;
  const parts = { pid: oldPid ?? newPid, role, timestamp: epoch ?? written, mark };
  return { ...Object.fromEntries(Object.entries(parts).filter((entry): entry is [string, string] => entry[1] !== undefined)), message };
}

const redisLabel = { category: 'database', product: 'redis' };

/** Redis server log. */
export const redis: Format = {
  name: 'redis',
  recognizes: () => false,
  parse: parseRedis,
  discriminators: [],
  route: fixedRoute(redisLabel),
  logsources: [redisLabel],
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('redis'),
    'event.dataset': constant('redis.log'),
    'event.category': constant(['database']),
    'event.type': constant(['info']),
    'log.level': lookup(path('mark'), { '.': 'debug', '-': 'verbose', '*': 'notice', '#': 'warning' }),
    'process.pid': integer(path('pid')),
    'redis.log.role': lookup(path('role'), { M: 'master', S: 'slave', C: 'child', X: 'sentinel' }),
    message: path('message'),
  },
};

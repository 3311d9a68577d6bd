import type { RouteLabel } from '../event/event.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { address, compute, constant, type Format, integer, path } from './format.ts';

// `Feb 22 16:46:18 host sshd[2762]: text`, or with an ISO time (rsyslog's high-precision form); the process id may be missing.
const HEAD =
  /^(?:<(\d{1,3})>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{1,40}) +(\S{1,255}) +([A-Za-z][\w.-]{0,63})(?:\(([^)]{1,64})\))?(?:\[(\d{1,10})\])?: (.*)$/s;

const PROGRAMS = new Set([
  'sshd',
  'sudo',
  'su',
  'login',
  'passwd',
  'chpasswd',
  'useradd',
  'userdel',
  'usermod',
  'groupadd',
  'groupdel',
  'systemd-logind',
  'pam',
  'polkitd',
  'cron',
  'CRON',
]);

type Found = Readonly<Record<string, JsonValue>>;
type Pattern = readonly [RegExp, (...groups: readonly string[]) => Found];

const end = (user: string | undefined, ip: string | undefined, port: string | undefined): Found => ({
  user: user ?? '',
  ...(ip === undefined ? {} : { ip }),
  ...(port === undefined ? {} : { port }),
});

/** What authentication programs say, by program: what it meant and for whom. First pattern that fits wins. */
const PATTERNS: readonly Pattern[] = [
  [
    /^(Accepted|Failed) ([\w/-]{1,32}) for (invalid user )?(\S{0,255}) from (\S{1,64}) port (\d{1,5})/,
    (_, verdict, method, invalid, user, ip, port) => ({
      ...end(user, ip, port),
      action: 'ssh_login',
      method: method ?? '',
      outcome: verdict === 'Accepted' ? 'success' : 'failure',
      ...(invalid === undefined ? {} : { invalid: true }),
    }),
  ],
  [
    /^Invalid user (\S{0,255}) from (\S{1,64})(?: port (\d{1,5}))?/,
    (_, user, ip, port) => ({ ...end(user, ip, port), action: 'ssh_login', outcome: 'failure', invalid: true }),
  ],
  [
    /^Did not receive identification string from (\S{1,64})/,
    (_, ip) => ({ ip: ip ?? '', action: 'ssh_login', method: 'Did not receive identification string' }),
  ],
  [
    /^\s*(\S{1,255}) : (?:(command not allowed|\d+ incorrect password attempts?) ; )?TTY=(\S{1,64}) ; PWD=(.{0,1024}?) ; USER=(\S{1,255}) ; (?:GROUP=\S+ ; )?COMMAND=(.*)$/s,
    (_, user, error, tty, pwd, target, command) => ({
      user: user ?? '',
      target: target ?? '',
      tty: tty ?? '',
      pwd: pwd ?? '',
      command: command ?? '',
      action: 'sudo',
      outcome: error === undefined ? 'success' : 'failure',
      ...(error === undefined ? {} : { error }),
    }),
  ],
  [
    /^new user: name=([^,]{1,255}), UID=(\d+), GID=(\d+), home=([^,]{0,1024}), shell=([^,\s]{0,1024})/,
    (_, user, uid, gid) => ({ user: user ?? '', uid: uid ?? '', gid: gid ?? '', action: 'added-user-account', outcome: 'success' }),
  ],
  [
    /^new group: name=([^,]{1,255}), GID=(\d+)/,
    (_, group, gid) => ({ group: group ?? '', gid: gid ?? '', action: 'added-group-account', outcome: 'success' }),
  ],
];

/** Lines of sshd, sudo and the account tools, as syslog keeps them in auth.log or secure. */
export const linuxAuth: Format = {
  name: 'linux.auth',
  recognizes: () => false,
  parse,
  discriminators: [path('program')],
  route: ([program]) => ({ labels: labelsOf(String(program)), known: {} }),
  logsources: ['sshd', 'sudo', 'auth', 'cron'].map((service) => ({ product: 'linux', service })),
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('system'),
    'event.action': path('auth.action'),
    'event.outcome': path('auth.outcome'),
    'event.category': compute([path('auth.action')], categoryOf),
    'event.type': compute([path('auth.action'), path('auth.outcome')], typeOf),
    'host.hostname': path('hostname'),
    'host.name': path('hostname'),
    'process.name': path('program'),
    'process.pid': integer(path('pid')),
    'source.ip': address(path('auth.ip')),
    'source.port': integer(path('auth.port')),
    'user.name': path('auth.user'),
    'user.id': path('auth.uid'),
    'user.effective.name': path('auth.target'),
    'group.name': path('auth.group'),
    'group.id': path('auth.gid'),
    message: path('message'),
    'system.auth.ssh.method': path('auth.method'),
    'system.auth.sudo.command': path('auth.command'),
    'system.auth.sudo.tty': path('auth.tty'),
    'system.auth.sudo.pwd': path('auth.pwd'),
    'system.auth.sudo.error': path('auth.error'),
  },
};

function parse(line: string): JsonObject | undefined {
  const head = HEAD.exec(line);
  if (head === null) return undefined;
  const [, , timestamp = '', hostname = '', program = '', , pid, message = ''] = head;
  if (!PROGRAMS.has(program)) return undefined;
  const auth = understood(message);
  return { timestamp, hostname, program, ...(pid === undefined ? {} : { pid }), message, ...(auth === undefined ? {} : { auth }) };
}

function understood(message: string): Found | undefined {
  for (const [pattern, read] of PATTERNS) {
    const found = pattern.exec(message);
    if (found !== null) return Object.fromEntries(Object.entries(read(...found)).filter(([, value]) => value !== ''));
  }
  return undefined;
}

function labelsOf(program: string): readonly RouteLabel[] {
  const services = program === 'sshd' || program === 'sudo' ? [program, 'auth'] : program.toLowerCase() === 'cron' ? ['cron'] : ['auth'];
  return services.map((service) => ({ product: 'linux', service }));
}

function categoryOf(action: JsonValue | undefined): JsonValue | undefined {
  if (action === 'ssh_login') return ['authentication', 'session'];
  if (action === 'sudo') return ['process'];
  return typeof action === 'string' ? ['iam'] : undefined;
}

function typeOf(action: JsonValue | undefined, outcome: JsonValue | undefined): JsonValue | undefined {
  if (action === 'ssh_login') return outcome === undefined ? ['info'] : ['info'];
  if (action === 'added-user-account') return ['user', 'creation'];
  if (action === 'added-group-account') return ['group', 'creation'];
  return undefined;
}

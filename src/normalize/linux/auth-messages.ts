import type { JsonObject, JsonValue } from '../../shared/json.ts';

type Found = Readonly<Record<string, JsonValue | undefined>>;
type Pattern = readonly [RegExp, (...groups: readonly (string | undefined)[]) => Found];

const login = (outcome: 'success' | 'failure' | undefined): Found => ({
  action: 'ssh_login',
  category: outcome === 'success' ? ['authentication', 'session'] : ['authentication'],
  type: ['info'],
  outcome,
});
const account = (action: string, ...type: readonly string[]): Found => ({ action, category: ['iam'], type, outcome: 'success' });

const USER = '"?([^\\s"]{0,255}?)"?';
const ENDS = '(\\S{1,255})(?: port (\\d{1,5}))?';

/** OpenSSH (auth.c, sshd.c, packet.c). */
const SSHD: readonly Pattern[] = [
  [
    /^(Accepted|Failed) ([\w/-]{1,64}) for (?:(invalid|illegal) user )?(.{0,255}?) from (\S{1,255}) port (\d{1,5})(?: ssh\d?)?(?:: (.{1,512}))?$/,
    (_, event, method, _invalid, user, ip, port, signature) => ({
      ...login(event === 'Accepted' ? 'success' : 'failure'),
      ...{ user, ip, port },
      ssh: defined({ event, method, signature }),
    }),
  ],
  [
    new RegExp(`^(Invalid|Illegal) user (.{0,255}?) from ${ENDS}$`),
    (_, event, user, ip, port) => ({ ...login('failure'), user, ip, port, ssh: { event: event as string } }),
  ],
  [new RegExp(`^Did not receive identification string from ${ENDS}`), (_, ip, port) => ({ ip, port, ssh: defined({ dropped_ip: ip }) })],
  [
    /^error: maximum authentication attempts exceeded for (?:invalid user )?(.{0,255}?) from (\S{1,255}) port (\d{1,5})/,
    (_, user, ip, port) => ({ ...login('failure'), action: 'ssh_attempts_exceeded', user, ip, port }),
  ],
  [
    /^User (\S{1,255}) from (\S{1,255}) not allowed because/,
    (_, user, ip) => ({ ...login('failure'), action: 'ssh_user_not_allowed', user, ip }),
  ],
  [/^ROOT LOGIN REFUSED FROM (\S{1,255})(?: port (\d{1,5}))?/, (_, ip, port) => ({ ...login('failure'), user: 'root', ip, port })],
  [
    /^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting)(?: (?:authenticating|invalid))?(?: user (\S{0,255}))? ([0-9a-fA-F.:]{3,64})(?: port (\d{1,5}))?/,
    (_, user, ip, port) => ({ user, ip, port }),
  ],
  [/^Received disconnect from ([0-9a-fA-F.:]{3,64}?)(?: port (\d{1,5}))?:/, (_, ip, port) => ({ ip, port })],
  [/^Connection from (\S{1,255}) port (\d{1,5})/, (_, ip, port) => ({ ip, port })],
  [/^Bad protocol version identification .{0,512} from (\S{1,255}) port (\d{1,5})/, (_, ip, port) => ({ ip, port })],
  [
    /^(?:Starting session: .{1,128}|Postponed \S{1,64}) for (\S{1,255}) from (\S{1,255}) port (\d{1,5})/,
    (_, user, ip, port) => ({ user, ip, port }),
  ],
  [
    /^reverse mapping checking getaddrinfo for (\S{1,255}) \[(\S{1,64})\](?: .{0,64})?POSSIBLE BREAK-IN ATTEMPT/,
    (_, name, ip) => ({ ip, source_name: name }),
  ],
];

/** sudo(8): `user : reason ; TTY=... ; PWD=... ; USER=... ; COMMAND=...`. */
const SUDO: readonly Pattern[] = [
  [
    /^\s{0,64}(\S{1,255}) : (?:([^;=]{1,256}) ; )?TTY=(\S{1,64}) ; PWD=(.{0,1024}?) ; USER=(\S{1,255}) ; (?:GROUP=\S{1,255} ; )?(?:TSID=\S{1,64} ; )?(?:ENV=.{1,1024}? ; )?COMMAND=(.*)$/s,
    (_, user, error, tty, pwd, target, command) => ({
      ...{ user, error, tty, pwd, target, command, target_user: target },
      action: 'sudo',
      category: ['process'],
      type: ['start'],
      outcome: error === undefined ? 'success' : 'failure',
    }),
  ],
];

/** su(1), of shadow and util-linux, and the BSD form. */
const SU: readonly Pattern[] = [
  [
    /^(FAILED )?(?:SU|su) \(to (\S{1,255})\) (\S{1,255}) on (\S{1,64})/,
    (_, failed, target, user, tty) => ({ ...suAction(failed === undefined), user, target, terminal: tty }),
  ],
  [
    /^(Successful|FAILED) su for (\S{1,255}) by (\S{1,255})/,
    (_, verdict, target, user) => ({ ...suAction(verdict === 'Successful'), user, target }),
  ],
  [
    /^([+-]) (\S{1,64}) (\S{1,255})[:-](\S{1,255})$/,
    (_, sign, tty, user, target) => ({ ...suAction(sign === '+'), user, target, terminal: tty }),
  ],
];
const suAction = (good: boolean): Found => ({
  action: 'su',
  category: ['authentication'],
  type: ['info'],
  outcome: good ? 'success' : 'failure',
});

/** shadow's useradd, usermod, userdel, groupadd, passwd, chage. */
const ACCOUNTS: readonly Pattern[] = [
  [
    /^new user: name=([^,]{1,255}), UID=(\d+), GID=(\d+), home=([^,]{0,1024}), shell=([^,\s]{0,1024})/,
    (_, user, uid, gid, home, shell) => ({ ...account('added-user-account', 'user', 'creation'), user, uid, gid, home, shell }),
  ],
  [
    /^new group: name=([^,]{1,255}), GID=(\d+)/,
    (_, group, gid) => ({ ...account('added-group-account', 'group', 'creation'), group, gid }),
  ],
  [
    /^group added to \S{1,255} name=([^,]{1,255})(?:, GID=(\d+))?/,
    (_, group, gid) => ({ ...account('added-group-account', 'group', 'creation'), group, gid }),
  ],
  [/^delete user '([^']{1,255})'/, (_, user) => ({ ...account('deleted-user-account', 'user', 'deletion'), user })],
  [
    /^(?:removed group|group) '([^']{1,255})' (?:removed|owned)/,
    (_, group) => ({ ...account('deleted-group-account', 'group', 'deletion'), group }),
  ],
  [
    /^(?:add|delete) '([^']{1,255})' (?:to|from) (?:shadow )?group '([^']{1,255})'/,
    (all, member, group) => ({
      ...account(all?.startsWith('add') ? 'added-user-to-group' : 'removed-user-from-group', 'group', 'change'),
      user: member,
      group,
    }),
  ],
  [
    /^user (\S{1,255}) (?:added|removed) by (\S{1,255}) (?:to|from) group (\S{1,255})/,
    (all, member, user, group) => ({
      ...account(all?.includes(' added ') ? 'added-user-to-group' : 'removed-user-from-group', 'group', 'change'),
      ...{ user, member, group },
    }),
  ],
  [/^change user '([^']{1,255})' password/, (_, user) => ({ ...account('changed-password', 'user', 'change'), user })],
  [/^(?:lock|unlock) user '([^']{1,255})' password/, (_, user) => ({ ...account('modified-user-account', 'user', 'change'), user })],
  [
    /^change(?:d)? (?:user|password expiry for) '?([^'\s]{1,255})'?/,
    (_, user) => ({ ...account('modified-user-account', 'user', 'change'), user }),
  ],
  [/^password changed for (\S{1,255})/, (_, user) => ({ ...account('changed-password', 'user', 'change'), user })],
];

/** systemd-logind and login(1). */
const SESSIONS: readonly Pattern[] = [
  [/^New session \S{1,64} of user (\S{1,255}?)\.$/, (_, user) => ({ user })],
  [
    /^FAILED LOGIN(?: \(?\d{1,5}\)?)? (?:on '\S{1,64}' )?(?:FROM (\S{1,255}) )?FOR '?([^',]{1,255})'?/i,
    (_, ip, user) => ({ ...suAction(false), action: 'login', ip, user }),
  ],
  [
    /^(?:ROOT )?LOGIN ON (\S{1,64}) BY (\S{1,255})(?: FROM (\S{1,255}))?/i,
    (_, tty, user, ip) => ({ ...suAction(true), action: 'login', terminal: tty, user, ip }),
  ],
];

/** Linux-PAM modules, in the name of any program. */
const PAM: readonly Pattern[] = [
  [
    new RegExp(
      `^pam_\\w{1,32}\\([^)]{1,64}\\): session (?:opened|closed) for user ${USER}(?:\\(uid=(\\d+)\\))?(?: by ${USER}\\(uid=(\\d+)\\))?$`,
    ),
    (_, target, targetUid, by, uid) =>
      by === undefined || by === '' ? { user: target, uid: targetUid ?? uid } : { user: by, uid, target },
  ],
  // sshd reports the same attempt itself as "Failed ...", with the method: counting both would double it.
  [
    /^(?:pam_\w{1,32}\(([\w-]{1,32}):auth\): |PAM \d+ more )authentication failures?; .{0,512}$/s,
    (all, service) => {
      const part = (name: string): string | undefined => new RegExp(`(?:^|[; ])${name}=(\\S{1,255})`).exec(all ?? '')?.[1];
      const about = { pam_user: part('user'), pam_rhost: part('rhost'), pam_ruser: part('ruser') };
      if (service === undefined || service === 'sshd') return about;
      // Who asks, and as whom; a network service knows only the latter.
      const [asks, wanted] = [part('ruser'), part('user')];
      const who = asks === undefined || asks === wanted ? { user: wanted ?? asks } : { user: asks, target: wanted };
      return { ...about, ...suAction(false), ...who, action: 'authentication-failure', ip: part('rhost'), terminal: part('tty') };
    },
  ],
  [
    /^pam_\w{1,32}\([^)]{1,64}:chauthtok\): password changed for (\S{1,255})/,
    (_, user) => ({ ...account('changed-password', 'user', 'change'), user }),
  ],
  [/^pam_\w{1,32}\([^)]{1,64}\): .{0,256}(?: by| for)? user[ =]"?([^\s"]{1,255})"?/, (_, user) => ({ user })],
  [/ by user (\S{1,255})$/, (_, user) => ({ user })],
];

const BY_PROGRAM: ReadonlyMap<string, readonly Pattern[]> = new Map<string, readonly Pattern[]>([
  ...['sshd', 'sshd-session', 'sshd-auth'].map((name) => [name, SSHD] as const),
  ...['sudo', 'sudoedit'].map((name) => [name, SUDO] as const),
  ['su', SU],
  ...['login', 'systemd-logind'].map((name) => [name, SESSIONS] as const),
  ...[
    'useradd',
    'userdel',
    'usermod',
    'adduser',
    'newusers',
    'groupadd',
    'groupdel',
    'groupmod',
    'gpasswd',
    'passwd',
    'chpasswd',
    'chage',
  ].map((name) => [name, ACCOUNTS] as const),
]);

/** Lines are read up to here; none of the patterns needs more. */
export const READ_CHARACTERS = 16_384;

/** What an authentication program said: for whom, from where, with what outcome. The first pattern that fits wins. */
export function understood(program: string, message: string): JsonObject | undefined {
  const text = message.length > READ_CHARACTERS ? message.slice(0, READ_CHARACTERS) : message;
  for (const [pattern, read] of [...(BY_PROGRAM.get(program) ?? []), ...PAM]) {
    const found = pattern.exec(text);
    if (found !== null) return defined(read(...found));
  }
  return undefined;
}

function defined(values: Found): JsonObject {
  const out: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(values)) if (value !== undefined && value !== '') out[key] = value;
  return out;
}

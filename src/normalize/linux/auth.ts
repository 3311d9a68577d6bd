import type { TextLine } from '../../decode/text-line.ts';
import type { RouteLabel } from '../../event/event.ts';
import { TAGS_FIELD } from '../../event/tags.ts';
import type { JsonObject } from '../../shared/json.ts';
import { address, constant, type Format, integer, path } from '../format.ts';
import { READ_CHARACTERS, understood } from './auth-messages.ts';
import { syslogDocument, syslogFields } from './syslog.ts';

const PROGRAMS = new Set([
  ...['sshd', 'sshd-session', 'sshd-auth', 'sudo', 'sudoedit', 'su', 'doas', 'login', 'passwd', 'chpasswd', 'chage', 'gpasswd'],
  ...['useradd', 'userdel', 'usermod', 'adduser', 'groupadd', 'groupdel', 'groupmod', 'newusers', 'systemd-logind', 'pam'],
  ...['polkitd', 'polkit-agent-helper-1', 'pkexec', 'cron', 'crond', 'gdm-password', 'lightdm', 'remote', 'vsftpd', 'dropbear'],
]);

/** `su(pam_unix)`, `/usr/sbin/cron` and `CRON` are su and cron. */
const baseName = (program: unknown): string =>
  String(program ?? '')
    .replace(/\(.*$/s, '')
    .replace(/^.*\//s, '')
    .toLowerCase();

/** A program whose lines quote what strangers write, and which no other format may take for its own. */
export const isAuthProgram = (program: unknown): boolean => PROGRAMS.has(baseName(program));

function parse(line: TextLine): JsonObject | undefined {
  if (line.syslog === undefined) return undefined;
  const document = syslogDocument(line.syslog, line.body);
  const auth = understood(baseName(line.syslog['program']), line.body);
  const tags = line.body.length > READ_CHARACTERS ? { [TAGS_FIELD]: ['truncated'] } : {};
  return auth === undefined ? { ...document, ...tags } : { ...document, auth, ...tags };
}

function labelsOf(program: string): readonly RouteLabel[] {
  if (program.startsWith('cron')) return [labelOf('cron')];
  const own = program.startsWith('sshd') ? 'sshd' : program.startsWith('sudo') ? 'sudo' : program === 'vsftpd' ? program : undefined;
  return own === undefined ? [labelOf('auth')] : [labelOf(own), labelOf('auth')];
}

/** Rules name the parts of sudo's lines as sudo does. */
const SUDO = { USER: 'auth.target_user', COMMAND: 'auth.command', PWD: 'auth.pwd', TTY: 'auth.tty' };
const labelOf = (service: string): RouteLabel => ({ product: 'linux', service, ...(service === 'sudo' ? { aliases: SUDO } : {}) });

/** Lines of sshd, sudo, su, PAM and the account tools, as syslog keeps them in auth.log or secure. */
export const linuxAuth: Format = {
  name: 'linux.auth',
  recognizes: () => false,
  parse: (line, named) => (named || isAuthProgram(line.syslog?.['program']) ? parse(line) : undefined),
  discriminators: [path('program')],
  route: ([program]) => ({ labels: labelsOf(baseName(program)), known: {} }),
  logsources: ['sshd', 'sudo', 'vsftpd', 'auth', 'cron'].map(labelOf),
  time: path('timestamp'),
  fields: {
    ...syslogFields,
    'event.module': constant('system'),
    'event.dataset': constant('system.auth'),
    'event.action': path('auth.action'),
    'event.outcome': path('auth.outcome'),
    'event.category': path('auth.category'),
    'event.type': path('auth.type'),
    'source.address': path('auth.source_name'),
    'source.ip': address(path('auth.ip')),
    'source.port': integer(path('auth.port')),
    'user.name': path('auth.user'),
    'user.id': path('auth.uid'),
    'user.effective.name': path('auth.target'),
    'user.target.name': path('auth.member'),
    'user.terminal': path('auth.terminal'),
    'group.name': path('auth.group'),
    'group.id': path('auth.gid'),
    'process.command_line': path('auth.command'),
    'system.auth.ssh.event': path('auth.ssh.event'),
    'system.auth.ssh.method': path('auth.ssh.method'),
    'system.auth.ssh.signature': path('auth.ssh.signature'),
    'system.auth.ssh.dropped_ip': address(path('auth.ssh.dropped_ip')),
    'system.auth.sudo.command': path('auth.command'),
    'system.auth.sudo.tty': path('auth.tty'),
    'system.auth.sudo.pwd': path('auth.pwd'),
    'system.auth.sudo.user': path('auth.target_user'),
    'system.auth.sudo.error': path('auth.error'),
    'system.auth.useradd.home': path('auth.home'),
    'system.auth.useradd.shell': path('auth.shell'),
  },
};

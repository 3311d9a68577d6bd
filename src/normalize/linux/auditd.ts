import type { TextLine } from '../../decode/text-line.ts';
import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, integer, lookup, path, text } from '../format.ts';
import { ARCHITECTURES, DIRECTIONS, meaningOf } from './auditd-records.ts';

const HEAD = /^(?:node=(\S{1,255}) )?type=([A-Z0-9_[\]]{1,64}) msg=audit\((\d{1,12})\.(\d{1,3}):(\d{1,20})\): ?(.*)$/s;
const PAIR = /(?<![^\s,'"])([A-Za-z][\w-]{0,63})=("[^"]*"|'[^']*'|\{[^}]*\}|(?:[^\s'"]| (?![\w-]{1,64}=|$))*)/g;
/** Values of these keys are words without quotes: `op=adding user id=...`. All others end at a blank. */
const WORDS = new Set(['op', 'reason', 'grantors']);
/** Fields that the kernel writes in hexadecimal when they hold blanks or quotes (audit_log_untrustedstring). */
const HEX_FIELDS = new Set([
  'proctitle',
  'comm',
  'exe',
  'cwd',
  'name',
  'cmd',
  'data',
  'acct',
  'path',
  'key',
  'ocomm',
  'file',
  'watch',
  'dir',
]);
/** Keys of the document itself. */
const OWN = new Set(['type', 'timestamp', 'serial', 'message', 'fields']);
const UNSET = new Set(['?', '(null)', '']);

/** One audit record as flat key values; the message of a user record in quotes is read as part of it. */
function parse({ text: whole, body }: TextLine): JsonObject | undefined {
  const head = HEAD.exec(whole) ?? HEAD.exec(body);
  if (head === null) return undefined;
  const [, node, type = '', seconds = '', millis = '', serial = '', rest = ''] = head;
  const pairs: Record<string, JsonValue> = Object.create(null);
  // The enriched log format puts names of ids behind a group separator.
  const [plain = '', enriched = ''] = rest.split('\u001d');
  const user = /\smsg='(.*)'\s*$/s.exec(` ${plain}`);
  readPairs(user === null ? plain : plain.slice(0, Math.max(0, user.index - 1)), pairs);
  if (user !== null) readPairs(user[1] as string, pairs);
  readPairs(enriched, pairs);
  const action = /^avc: {1,4}(granted|denied) {1,4}\{ ?([^}]{1,512}?) ?\}/.exec(plain);
  if (action !== null) Object.assign(pairs, { seresult: action[1], seperms: action[2] });
  if (node !== undefined) pairs['node'] = node;
  return { type, timestamp: Number(`${seconds}.${millis}`), serial, fields: pairs, message: whole };
}

function readPairs(text: string, into: Record<string, JsonValue>): void {
  for (const [, key = '', raw = ''] of text.matchAll(PAIR)) {
    const value = readValue(key, WORDS.has(key) || /^["'{]/.test(raw) ? raw : (raw.split(' ', 1)[0] as string));
    if (UNSET.has(value)) continue;
    const known = into[key];
    // The user of the process and the one the message is about may both be called uid.
    if (known === undefined || known === value) into[key] = value;
    else into[key] = [...(Array.isArray(known) ? (known as readonly JsonValue[]) : [known]), value];
  }
}

function readValue(key: string, raw: string): string {
  if (raw.startsWith('"') || raw.startsWith("'")) return raw.slice(1, -1);
  const hex = (HEX_FIELDS.has(key) || /^a\d+(?:\[\d+\])?$/.test(key)) && /^(?:[0-9A-F]{2}){2,}$/.test(raw);
  return (hex ? Buffer.from(raw, 'hex').toString('utf8').replaceAll('\0', ' ').trimEnd() : raw).replace(/,$/, '');
}

const first = (value: JsonValue | undefined): JsonValue | undefined => (Array.isArray(value) ? (value as readonly JsonValue[])[0] : value);
const field = (name: string) => path(`fields.${name}`);
const one = (name: string) => compute([field(name)], first);
/** Ids of users that nobody set are no ids of anybody. */
const isSet = (value: JsonValue | undefined): boolean =>
  value !== undefined && value !== '4294967295' && value !== 'unset' && value !== '-1';

/** Records of user space in which `auid` is who acts and `uid` only who the program runs as. */
const BY_LOGIN = /^(?:USER_(?:AUTH|ACCT|START|END|CHAUTHTOK|MGMT|CMD|LOGIN|LOGOUT)|CRED_|ADD_|DEL_|GRP_|CHGRP_|CHUSER_|ACCT_)/;
const ABOUT_ACCOUNTS = /^(?:ADD_|DEL_|USER_CHAUTHTOK|USER_MGMT|GRP_|CHGRP_|CHUSER_|ACCT_)/;
const actsByLogin = (type: JsonValue | undefined, auid: JsonValue | undefined): boolean => BY_LOGIN.test(String(type)) && isSet(auid);
const about = (pattern: RegExp, name: string) =>
  compute([path('type'), field(name)], (type, value) => (pattern.test(String(type)) ? first(value) : undefined));

/** Keys with an ECS field of their own; every other key is found under `auditd.log`. */
const MAPPED = new Set(
  (
    'type timestamp serial message pid ppid comm exe cwd auid euid suid fsuid gid egid sgid fsgid acct addr terminal res exit arch argc ' +
    'src dst vm uid hostname'
  ).split(' '),
);

function rest(type: JsonValue | undefined, pairs: JsonValue | undefined): JsonObject | undefined {
  if (!isObject(pairs)) return undefined;
  const out: Record<string, JsonValue> = Object.create(null);
  for (const [key, value] of Object.entries(pairs)) {
    if (!MAPPED.has(key) && !(type === 'EXECVE' && /^a\d/.test(key))) out[key] = value;
  }
  return out;
}

function argumentsOf(type: JsonValue | undefined, pairs: JsonValue | undefined): readonly JsonValue[] | undefined {
  if (type !== 'EXECVE' || !isObject(pairs)) return undefined;
  // A long command line is split over records, of which later ones begin at a later number.
  const found = Object.entries(pairs).flatMap(([key, value]) => (/^a\d+(?:\[\d+\])?$/.test(key) ? [first(value) as JsonValue] : []));
  return found.length === 0 ? undefined : found;
}

const label = { product: 'linux', service: 'auditd' };
/** The record with the whole command line; the program is its first word, which need not be a path. */
const execution = { ...label, category: 'process_creation' };

/** Records of the Linux audit system (auditd), one event per record. */
export const linuxAuditd: Format = {
  name: 'linux.auditd',
  recognizes: () => false,
  parse,
  discriminators: [path('type')],
  route: ([type]) => ({ labels: [type === 'EXECVE' ? execution : label], known: typeof type === 'string' ? { type } : {} }),
  logsources: [label, execution],
  vendor: (name) => (/^[\w-]+$/.test(name) && !OWN.has(name) ? field(name) : undefined),
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('auditd'),
    'event.dataset': constant('auditd.log'),
    'event.action': compute([path('type'), field('apparmor')], (type, apparmor) =>
      type === 'AVC' && apparmor !== undefined
        ? 'violated-apparmor-policy'
        : (meaningOf(String(type))?.action ?? String(type).toLowerCase()),
    ),
    'event.category': text(path('type'), (type) => (type === 'SYSCALL' ? ['process'] : meaningOf(type)?.category)),
    'event.type': text(path('type'), (type) => (type === 'SYSCALL' ? ['info'] : meaningOf(type)?.type)),
    'event.outcome': firstOf(
      lookup(one('res'), { success: 'success', yes: 'success', '1': 'success', failed: 'failure', no: 'failure', '0': 'failure' }),
      lookup(field('success'), { yes: 'success', no: 'failure' }),
    ),
    'auditd.log.sequence': integer(path('serial')),
    'auditd.log.record_type': text(path('type'), (type) => (type === 'EXECVE' || meaningOf(type) === undefined ? undefined : type)),
    'auditd.log.uid': compute([path('type'), field('auid'), field('uid')], (type, auid, uid) =>
      actsByLogin(type, auid) ? uid : undefined,
    ),
    'auditd.log.hostname': one('hostname'),
    'auditd.log': compute([path('type'), path('fields')], rest),
    'host.name': field('node'),
    'host.architecture': compute([field('arch')], (arch) =>
      typeof arch === 'string' ? (entryOf(ARCHITECTURES, arch) ?? arch) : undefined,
    ),
    'process.pid': integer(one('pid')),
    'process.parent.pid': integer(field('ppid')),
    'process.name': one('comm'),
    'process.executable': firstOf(one('exe'), about(/^EXECVE$/, 'a0')),
    'process.args': compute([path('type'), path('fields')], argumentsOf),
    'process.args_count': integer(field('argc')),
    'process.exit_code': integer(field('exit')),
    'process.command_line': firstOf(
      field('proctitle'),
      field('cmd'),
      compute([path('type'), path('fields')], (type, pairs) => argumentsOf(type, pairs)?.join(' ')),
    ),
    'process.working_directory': field('cwd'),
    'user.id': compute([path('type'), field('auid'), field('uid')], (type, auid, uid) => (actsByLogin(type, auid) ? auid : first(uid))),
    'user.name': firstOf(one('acct'), one('user'), field('UID')),
    'user.audit.id': field('auid'),
    'user.audit.name': text(field('AUID'), (name) => (name === 'unset' ? undefined : name)),
    'user.effective.id': firstOf(field('euid'), about(ABOUT_ACCOUNTS, 'uid')),
    'user.effective.name': about(/^(?:USER_(?:AUTH|ACCT|START|END|CMD|LOGIN)|CRED_)/, 'acct'),
    'user.saved.id': field('suid'),
    'user.filesystem.id': field('fsuid'),
    'user.group.id': field('gid'),
    'user.effective.group.id': field('egid'),
    'user.saved.group.id': field('sgid'),
    'user.filesystem.group.id': field('fsgid'),
    'user.target.id': about(/^(?:ADD|DEL)_USER$/, 'id'),
    'user.target.name': about(/^(?:USER_CHAUTHTOK|ADD_USER|DEL_USER|USER_MGMT)$/, 'acct'),
    'user.terminal': one('terminal'),
    'group.id': about(/^(?:ADD|DEL)_GROUP$/, 'id'),
    'group.name': about(/^(?:ADD|DEL)_GROUP$/, 'acct'),
    'source.address': firstOf(field('src'), one('addr')),
    'source.ip': firstOf(address(field('src')), address(one('addr'))),
    'destination.address': field('dst'),
    'destination.ip': address(field('dst')),
    'network.direction': compute([field('arch'), field('syscall')], (arch, call) =>
      arch === 'c000003e' && typeof call === 'string' ? entryOf(DIRECTIONS, call) : undefined,
    ),
    'container.name': about(/^VIRT_/, 'vm'),
    'container.runtime': about(/^VIRT_/, 'virt'),
    'file.path': about(/^PATH$/, 'name'),
    'file.inode': about(/^PATH$/, 'inode'),
    'file.mode': about(/^PATH$/, 'mode'),
  },
};

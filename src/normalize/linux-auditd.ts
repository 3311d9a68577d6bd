import type { JsonObject, JsonValue } from '../shared/json.ts';
import { address, compute, constant, type Format, firstOf, fixedRoute, integer, lookup, path, text } from './format.ts';

const label = { product: 'linux', service: 'auditd' };
const HEAD = /^(?:node=(\S{1,255}) )?type=([A-Z0-9_[\]]{1,64}) msg=audit\((\d{1,12})\.(\d{3}):(\d{1,20})\): ?(.*)$/s;
const PAIR = /([\w-]{1,64})=("(?:[^"\\]|\\.)*"|'[^']*'|\{[^}]*\}|\S*)/g;
/** Fields that the kernel writes in hexadecimal when they hold spaces or quotes. */
const HEX_FIELDS = new Set(['proctitle', 'comm', 'exe', 'cwd', 'name', 'cmd', 'data', 'acct']);

/** One audit record as flat key values; a user message in quotes is read as part of it. */
function parse(line: string): JsonObject | undefined {
  const head = HEAD.exec(line);
  if (head === null) return undefined;
  const [, node, type = '', seconds = '', millis = '', serial = '', rest = ''] = head;
  const document: Record<string, JsonValue> = { type, msg: line };
  readPairs(rest, document);
  return { ...document, ...(node === undefined ? {} : { node }), timestamp: Number(`${seconds}.${millis}`), serial, message: line };
}

function readPairs(text: string, into: Record<string, JsonValue>): void {
  for (const [, key = '', raw = ''] of text.matchAll(PAIR)) {
    if (key === 'msg' && raw.startsWith("'")) readPairs(raw.slice(1, -1), into);
    else into[key] = readValue(key, raw);
  }
}

function readValue(key: string, raw: string): string {
  if (raw.startsWith('"')) return raw.slice(1, -1);
  const hex = (HEX_FIELDS.has(key) || /^a\d+$/.test(key)) && /^(?:[0-9A-F]{2}){2,}$/.test(raw);
  return hex ? Buffer.from(raw, 'hex').toString('utf8').replaceAll('\0', ' ').trimEnd() : raw;
}

const known = (name: string) =>
  text(path(name), (value) => (value === '?' || value === '(null)' || value === '4294967295' ? undefined : value));

/** Records of the Linux audit system (auditd), one event per record. */
export const linuxAuditd: Format = {
  name: 'linux.auditd',
  recognizes: () => false,
  parse,
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('auditd'),
    'event.action': text(path('type'), (type) => type.toLowerCase()),
    'event.outcome': firstOf(
      lookup(path('res'), { success: 'success', '1': 'success', failed: 'failure', '0': 'failure' }),
      lookup(path('success'), { yes: 'success', no: 'failure' }),
    ),
    'event.sequence': integer(path('serial')),
    'event.category': compute([path('type')], (type) =>
      /^(?:USER_AUTH|USER_LOGIN|CRED_|USER_ACCT|USER_START|USER_END)/.test(String(type))
        ? ['authentication']
        : /^(?:SYSCALL|EXECVE|PROCTITLE)$/.test(String(type))
          ? ['process']
          : undefined,
    ),
    'host.name': path('node'),
    'process.pid': integer(path('pid')),
    'process.parent.pid': integer(path('ppid')),
    'process.name': known('comm'),
    'process.executable': known('exe'),
    'process.command_line': path('proctitle', 'cmd'),
    'process.working_directory': path('cwd'),
    'user.id': known('uid'),
    'user.name': known('acct'),
    'user.audit.id': known('auid'),
    'source.ip': firstOf(address(path('addr')), address(path('hostname'))),
    'file.path': known('name'),
    'auditd.session': known('ses'),
    message: path('message'),
  },
};

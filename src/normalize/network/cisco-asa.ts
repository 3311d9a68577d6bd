import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, integer, path, text } from '../format.ts';
import { isAuthProgram } from '../linux/auth.ts';

const HEAD = /^(?:.{0,255}? )?%(ASA|FTD|PIX|FWSM)-(?:[\w-]{1,32}-)?(\d)-(\d{6}):? (.*)$/s;
const END = '(?:(\\S{1,64}?):)?([0-9a-zA-Z_.:-]{1,255})(?:/(\\d{1,5}))?(?:\\(([^)]{1,255})\\))?';

type Reader = readonly [ids: string, pattern: RegExp, names: readonly string[], fixed: JsonObject];
const allowed: JsonObject = { outcome: 'success', verdict: 'allowed' };
const denied: JsonObject = { outcome: 'failure', verdict: 'denied' };
const from = ['source_interface', 'source', 'source_port', 'source_user'];
const to = ['destination_interface', 'destination', 'destination_port', 'destination_user'];

/** Messages that tell who talked to whom, by id (Cisco ASA series syslog messages). */
const READERS: readonly Reader[] = [
  [
    '302013 302015 302017 302020 302303',
    new RegExp(
      `^Built (inbound|outbound)? ?(\\w{1,16}) connection (?:\\d{1,20} )?for ${END} (?:\\([^)]{1,64}\\) ?)?(?:\\([^)]{1,255}\\) ?)?to ${END}`,
      'i',
    ),
    ['direction', 'transport', 'connection', ...from, ...to].filter((name) => name !== 'connection'),
    { ...allowed, action: 'connection-started' },
  ],
  [
    '302014 302016 302018 302021 302304',
    new RegExp(
      `^Teardown (\\w{1,16}) connection (?:\\d{1,20} )?for ${END} (?:\\([^)]{1,255}\\) ?)?to ${END}(?: ?\\([^)]{1,255}\\))? duration (\\S{1,32}) bytes (\\d{1,20})(?: (.{1,255}?))?(?: \\([^)]{1,255}\\))?$`,
      'i',
    ),
    ['transport', ...from, ...to, 'duration', 'bytes', 'reason'],
    { action: 'connection-finished', verdict: 'end' },
  ],
  [
    '106023',
    new RegExp(
      `^Deny (?:protocol )?(\\w{1,16}) src ${END} dst ${END}(?: \\(type \\d{1,3}, code \\d{1,3}\\))? by access-group "([^"]{1,255})"`,
      'i',
    ),
    ['transport', ...from, ...to, 'rule'],
    { ...denied, action: 'firewall-rule' },
  ],
  [
    '106100 106102 106103',
    /^access-list (\S{1,255}) (permitted|denied|est-allowed) (\w{1,16}) (?:for user '[^']{1,255}' )?(\S{1,64}?)\/([^(\s]{1,255})\((\d{1,5})\)(?:\([^)]{1,255}\))? ->\s{1,2}(\S{1,64}?)\/([^(\s]{1,255})\((\d{1,5})\)/,
    ['rule', 'disposition', 'transport', ...from.slice(0, 3), ...to.slice(0, 3)],
    { action: 'firewall-rule' },
  ],
  [
    '106001 106006 106007 106015',
    /^(?:Inbound |Deny )?(?:inbound )?(TCP|UDP)?(?: connection)? ?(?:denied )?(?:\(no connection\) )?from ([0-9a-fA-F.:]{3,45}?)\/(\d{1,5}) to ([0-9a-fA-F.:]{3,45}?)\/(\d{1,5})/i,
    ['transport', 'source', 'source_port', 'destination', 'destination_port'],
    { ...denied, action: 'firewall-rule' },
  ],
  [
    '106014 106021',
    /^Deny (?:inbound )?(\w{1,16}) (?:reverse path check )?(?:from|src) (?:(\S{1,64}?):)?([0-9a-fA-F.:]{3,45}) (?:to|dst) (?:(\S{1,64}?):)?([0-9a-fA-F.:]{3,45})/i,
    ['transport', 'source_interface', 'source', 'destination_interface', 'destination'],
    { ...denied, action: 'firewall-rule' },
  ],
  [
    '710002 710003 710005',
    /^(\w{1,16}) (?:access|request) (\w{1,16}) (?:by ACL )?from ([0-9a-fA-F.:]{3,45}?)\/(\d{1,5}) to (\S{1,64}?):([0-9a-fA-F.:]{3,45})\/(\S{1,32})/i,
    ['transport', 'disposition', 'source', 'source_port', 'destination_interface', 'destination', 'destination_port'],
    { action: 'device-access' },
  ],
  [
    '113004 113012 113015 113005',
    /^AAA user (?:authentication|authorization) (Successful|Rejected) ?: (?:reason = (.{1,255}?) : )?(?:local database|server = +(\S{1,255})) : user = (\S{1,255}?)(?: : user IP = (\S{1,64}))?$/i,
    ['disposition', 'reason', 'server', 'user', 'source'],
    { action: 'authentication', category: 'authentication' },
  ],
  [
    '605004 605005',
    /^Login (denied|permitted) from ([0-9a-fA-F.:]{3,45}?)\/(\S{1,32}) to (\S{1,64}?):([0-9a-fA-F.:]{3,45})\/(\S{1,32}) for user "?([^"]{1,255}?)"?$/i,
    ['disposition', 'source', 'source_port', 'destination_interface', 'destination', 'service', 'user'],
    { action: 'device-login', category: 'authentication' },
  ],
  [
    '611101 611102 611103',
    /^User (authentication succeeded|authentication failed|logged out): (?:IP address: ([0-9a-fA-F.:]{3,45}), )?Uname: (\S{1,255})/i,
    ['disposition', 'source', 'user'],
    { action: 'device-login', category: 'authentication' },
  ],
  [
    '111008 111010',
    /^User '?([^',]{1,255})'?,? (?:running '([^']{1,255})' from IP ([0-9a-fA-F.:]{3,45}), )?executed (?:the )?'?(.{1,1024}?)'?(?: command\.?)?$/i,
    ['user', 'program', 'source', 'command'],
    { ...allowed, action: 'command-executed', category: 'configuration' },
  ],
  [
    '722051 722022 722023 113019 716001 716002',
    /^(?:Group (?:=|<) ?<?([^,>]{1,255})>?,? ?)?(?:User(?:name)? (?:=|<) ?<?([^,>]{1,255})>?,? ?)?(?:IP (?:=|<) ?<?([0-9a-fA-F.:]{3,45})>?)?/i,
    ['group', 'user', 'source'],
    { action: 'vpn-session', category: 'session' },
  ],
];
const BY_ID: ReadonlyMap<string, Reader> = new Map(READERS.flatMap((reader) => reader[0].split(' ').map((id) => [id, reader] as const)));

function parse({ syslog, text: whole, body }: TextLine): JsonObject | undefined {
  if (!whole.includes('%') || isAuthProgram(syslog?.['program'])) return undefined;
  const head = HEAD.exec(body) ?? (syslog === undefined ? null : HEAD.exec(`${syslog['program'] ?? ''}: ${body}`)) ?? HEAD.exec(whole);
  if (head === null) return undefined;
  const [, product = '', severity = '', id = '', message = ''] = head;
  const reader = BY_ID.get(id);
  const found = reader?.[1].exec(message);
  const parts: Record<string, JsonValue> = found ? { ...reader?.[3] } : {};
  reader?.[2].forEach((name, i) => {
    const value = found?.[i + 1];
    if (value !== undefined) parts[name] = value;
  });
  if (parts['direction'] === 'outbound') swapEnds(parts);
  return {
    ...(syslog === undefined ? {} : { timestamp: syslog['timestamp'] ?? '', hostname: syslog['hostname'] ?? '' }),
    ...{ product, severity, id, message },
    asa: parts,
  };
}

/** An outbound connection is told from its foreign end: who opened it is the other. */
function swapEnds(parts: Record<string, JsonValue>): void {
  for (const rest of ['', '_port', '_interface', '_user']) {
    const [source, destination] = [parts[`source${rest}`], parts[`destination${rest}`]];
    delete parts[`source${rest}`];
    delete parts[`destination${rest}`];
    if (destination !== undefined) parts[`source${rest}`] = destination;
    if (source !== undefined) parts[`destination${rest}`] = source;
  }
}

const a = (name: string) => path(`asa.${name}`);
const DISPOSITIONS: Readonly<Record<string, string>> = {
  permitted: 'success',
  'est-allowed': 'success',
  successful: 'success',
  denied: 'failure',
  rejected: 'failure',
};
const outcome = text(path('asa.outcome', 'asa.disposition'), (value) =>
  /^(?:success|failure)$/.test(value)
    ? value
    : (entryOf(DISPOSITIONS, value.toLowerCase()) ??
      (/succeeded$/i.test(value) ? 'success' : /failed$/i.test(value) ? 'failure' : undefined)),
);
const label = { product: 'cisco', service: 'asa' };
const firewall = { category: 'firewall' };

function types(verdict: string): JsonValue | undefined {
  if (verdict === 'end') return ['connection', 'end'];
  if (/^(?:allowed|permitted|est-allowed)$/i.test(verdict)) return ['connection', 'allowed'];
  return /^denied$/i.test(verdict) ? ['connection', 'denied'] : undefined;
}

/** Cisco ASA, FTD and PIX syslog; ids without a reader of their own keep id, severity and text. */
export const ciscoAsa: Format = {
  name: 'cisco.asa',
  recognizes: () => false,
  parse,
  discriminators: [path('id')],
  route: () => ({ labels: [label, firewall], known: {} }),
  logsources: [label, firewall],
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('cisco'),
    'event.code': path('id'),
    'event.severity': integer(path('severity')),
    'event.action': a('action'),
    'event.outcome': outcome,
    'event.reason': a('reason'),
    'event.category': text(path('asa.category', 'asa.action'), (value) =>
      /^(?:authentication|configuration|session)$/.test(value) ? [value] : ['network'],
    ),
    'event.type': compute([path('asa.category'), path('asa.verdict', 'asa.disposition')], (category, verdict) =>
      category === undefined ? types(String(verdict)) : category === 'configuration' ? ['change'] : ['info'],
    ),
    'log.level': text(
      path('severity'),
      (value) => ['emergency', 'alert', 'critical', 'error', 'warning', 'notification', 'informational', 'debug'][Number(value)],
    ),
    'observer.vendor': constant('Cisco'),
    'observer.product': text(path('product'), (value) => value.toLowerCase()),
    'observer.type': constant('firewall'),
    'observer.hostname': text(path('hostname'), (value) => value || undefined),
    'observer.ingress.interface.name': a('source_interface'),
    'observer.egress.interface.name': a('destination_interface'),
    'source.address': a('source'),
    'source.ip': address(a('source')),
    'source.port': integer(a('source_port')),
    'source.domain': text(a('source'), nameOnly),
    'destination.address': a('destination'),
    'destination.ip': address(a('destination')),
    'destination.port': integer(a('destination_port')),
    'destination.domain': text(a('destination'), nameOnly),
    'network.transport': text(a('transport'), (value) => value.toLowerCase()),
    'network.direction': a('direction'),
    'network.bytes': integer(a('bytes')),
    'event.duration': text(a('duration'), nanosOf),
    'rule.name': a('rule'),
    'user.name': text(path('asa.user', 'asa.source_user'), (user) => user.replace(/^LOCAL\\/, '')),
    'group.name': a('group'),
    'process.command_line': a('command'),
    'cisco.asa.message_id': path('id'),
    message: path('message'),
  },
};

/** The device may write names it was given for addresses. */
function nameOnly(value: string): string | undefined {
  return /^[0-9a-fA-F.:]+$/.test(value) && /[.:]/.test(value) ? undefined : value;
}

/** `0:00:30` and `2h3m`. */
function nanosOf(value: string): number | undefined {
  const clock = /^(\d{1,6}):(\d\d):(\d\d)$/.exec(value);
  return clock === null ? undefined : (Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3])) * 1e9;
}

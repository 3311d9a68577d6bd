import { type Facts, factsOf, shown } from '../facts.ts';
import type { AlertDocument } from '../sink.ts';
import { FACILITIES, type SyslogSinkSettings } from './settings.ts';

/** Syslog severities: critical, error, warning, notice, informational. */
const SEVERITIES = { critical: 2, high: 3, medium: 4, low: 5, informational: 6 } as const;
/** The number that RFC 5612 keeps for documents; the name is ours and stands before it. */
const SD_ID = 'wardline@32473';
const MSGIDS = { 'alert.opened': 'alert-opened', 'alert.updated': 'alert-updated', 'alert.closed': 'alert-closed' } as const;

type Options = Pick<SyslogSinkSettings, 'facility' | 'hostname' | 'message'>;

/** One message of RFC 5424. Values cannot end their parameter or begin a line; the message text is UTF-8 with its mark. */
export function syslogMessage(alert: AlertDocument, { facility, hostname, message }: Options): string {
  const facts = factsOf(alert);
  const priority = FACILITIES[facility] * 8 + SEVERITIES[facts.level];
  const time = isoWithMicroseconds(facts.time);
  const text = message === 'json' ? JSON.stringify(alert.document) : shown(`${facts.title}: ${facts.reason}`, 1000);
  return `<${priority}>1 ${time} ${hostname} wardline - ${MSGIDS[facts.type]} ${structured(facts)} \uFEFF${text}`;
}

/** Octet counting of RFC 6587 and RFC 5425: the length in bytes, a space, the message. */
export function framed(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

function structured({ id, alert, level, rule, title, tenant, open }: Facts): string {
  const parameters = { id, alert, severity: level, status: open ? 'open' : 'closed', rule, title, tenant };
  return `[${SD_ID}${Object.entries(parameters)
    .map(([name, value]) => ` ${name}="${escaped(shown(value, 300))}"`)
    .join('')}]`;
}

/** RFC 5424, section 6.3.3: quote, backslash and closing bracket are escaped with a backslash. */
const escaped = (value: string): string => value.replace(/["\\\]]/g, '\\$&');

/** RFC 5424 allows six digits of a second; a time that is none is NILVALUE. */
function isoWithMicroseconds(time: string): string {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,6})?\d*Z$/.exec(time);
  return match === null ? '-' : `${match[1]}${match[2] ?? ''}Z`;
}

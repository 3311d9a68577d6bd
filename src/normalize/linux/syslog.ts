import type { JsonObject } from '../../shared/json.ts';
import { constant, type Format, integer, path } from '../format.ts';

/** Parts of the head, and the text behind it as `message`. */
export function syslogDocument(head: JsonObject, message: string): JsonObject {
  return { ...head, message };
}

/** What the head of a syslog line says in ECS, for every format that is carried in one. */
export const syslogFields: Format['fields'] = {
  'event.kind': constant('event'),
  'host.hostname': path('hostname'),
  'host.name': path('hostname'),
  'log.syslog.priority': integer(path('priority')),
  'log.syslog.facility.code': integer(path('facility')),
  'log.syslog.severity.code': integer(path('severity')),
  'log.syslog.severity.name': path('severity_name'),
  'log.syslog.msgid': path('msgid'),
  'log.syslog.structured_data': path('structured_data'),
  'process.name': path('program'),
  'process.pid': integer(path('pid')),
  message: path('message'),
};

/** Programs whose lines are of a Sigma service of their own. */
const PROGRAMS: Readonly<Record<string, RegExp>> = {
  clamav: /^(?:clam[a-z]{0,12}|freshclam)(?:-daemon)?$/,
  guacamole: /^(?:guacd|guacamole)$/,
  modsecurity: /^modsecurity$/,
  vsftpd: /^vsftpd$/,
  cron: /^(?:ana|f)?cron(?:d|tab)?$/,
};
const labels = ['syslog', ...Object.keys(PROGRAMS)].map((service) => ({ product: 'linux', service }));
/** `/usr/bin/crontab` and `CRON` are crontab and cron. */
const baseName = (program: unknown): string =>
  String(program ?? '')
    .replace(/^.*\//s, '')
    .toLowerCase();

/** Any other syslog line (RFC 3164, RFC 5424): its head is understood, its text is left as it is. */
export const linuxSyslog: Format = {
  name: 'linux.syslog',
  recognizes: () => false,
  parse: ({ syslog, body }) => (syslog === undefined ? undefined : syslogDocument(syslog, body)),
  discriminators: [path('program')],
  route: ([program]) => ({
    labels: labels.filter(({ service }) => service === 'syslog' || PROGRAMS[service]?.test(baseName(program))),
    known: {},
  }),
  logsources: labels,
  time: path('timestamp'),
  fields: { ...syslogFields, 'event.module': constant('system'), 'event.dataset': constant('system.syslog') },
};

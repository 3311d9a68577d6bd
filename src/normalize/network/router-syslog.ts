import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { compute, constant, type Format, integer, path, text } from '../format.ts';
import { syslogFields } from '../linux/syslog.ts';

// Cisco IOS, IOS XE and IOS XR: `%FACILITY-SEVERITY-MNEMONIC: text`; Huawei VRP: `%%01MODULE/SEVERITY/BRIEF(l)[n]:text`.
const CISCO = /^(%([A-Z][A-Z0-9_]{1,31}(?:-[A-Z][A-Z0-9_]{0,31}){0,3})-([0-7])-([A-Z][A-Z0-9_]{1,63}) ?: .*)$/s;
const HUAWEI = /^(%%\d{2}([A-Z][A-Z0-9_]{1,31})\/([0-7])\/([A-Za-z][A-Za-z0-9_]{1,63})\([a-z]{1,3}\).*)$/s;
/**
 * What a router writes before the code: its name, its card, its time, its process. Nothing else, so that text of others that
 * a line quotes (the name of a user who failed to log in) never makes the line one of a router.
 */
const BEFORE =
  /^(?:[\w.-]{1,64}: )?(?:[A-Z0-9]{1,8}(?:\/[A-Z0-9]{1,8}){1,4}:)?(?:[*.]?[A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [A-Z]{1,5})? ?: )?(?:[\w./-]{1,32}\[\d{1,10}\]: )?(?=%)/;

function parse({ syslog, body }: TextLine): JsonObject | undefined {
  const program = String(syslog?.['program'] ?? '');
  const head = syslog === undefined ? {} : { ...syslog };
  // A number before the text is the router's own count of its messages.
  if (program === '' || /^\d+$/.test(program)) return parseCoded(body, head);
  const isJuniper = program === 'rpd' || (program === '/kernel' && body.startsWith('tcp_auth_ok: '));
  return isJuniper ? { ...head, router: { product: 'juniper' }, message: body } : undefined;
}

function parseCoded(body: string, head: JsonObject): JsonObject | undefined {
  const before = BEFORE.exec(body)?.[0].length;
  if (before === undefined) return undefined;
  const coded = body.slice(before);
  const isHuawei = coded.startsWith('%%');
  const found = (isHuawei ? HUAWEI : CISCO).exec(coded);
  if (found === null) return undefined;
  const [, message = '', facility = '', severity = '', code = ''] = found;
  return { ...head, router: { product: isHuawei ? 'huawei' : 'cisco', facility, severity, code }, message };
}

/** Sigma services by the facility of a message. */
const FACILITIES: Readonly<Record<string, RegExp>> = {
  aaa: /^(?:AAA\w*|PARSER|TAC\w*|RADIUS|SEC_LOGIN|HA_EM)$/,
  bgp: /(?:^|-)BGP/,
  ldp: /(?:^|-)[LT]DP/,
};

/** The protocol a message of a router is about; TCP names that of a session by its port or its name. */
function topicOf(facility: JsonValue | undefined, message: JsonValue | undefined): string | undefined {
  const named = Object.keys(FACILITIES).find((service) => FACILITIES[service]?.test(String(facility ?? '')));
  if (named !== undefined) return named;
  return /:179\b|\(179\)|\bBGP\b/.test(String(message)) ? 'bgp' : /\bLDP\b/.test(String(message)) ? 'ldp' : undefined;
}

const labelsOf = (product: string, topic: string | undefined) =>
  ['syslog', ...(topic === undefined ? [] : [topic])].map((service) => ({ product, service }));

/** Syslog of routers and switches: Cisco IOS, IOS XE and IOS XR, Huawei VRP, Juniper Junos (its routing daemon). */
export const routerSyslog: Format = {
  name: 'router.syslog',
  recognizes: () => false,
  parse,
  discriminators: [path('router.product'), compute([path('router.facility'), path('message')], topicOf)],
  route: ([product, topic]) => ({ labels: labelsOf(String(product), typeof topic === 'string' ? topic : undefined), known: {} }),
  logsources: ['cisco', 'huawei', 'juniper'].flatMap((product) =>
    [undefined, ...Object.keys(FACILITIES)].flatMap((topic) => labelsOf(product, topic).slice(-1)),
  ),
  time: path('timestamp'),
  fields: {
    ...syslogFields,
    'event.module': text(path('router.product'), (product) => product),
    'event.dataset': constant('router.syslog'),
    'event.code': path('router.code'),
    'event.provider': path('router.facility'),
    'event.severity': integer(path('router.severity')),
    'observer.vendor': path('router.product'),
  },
};

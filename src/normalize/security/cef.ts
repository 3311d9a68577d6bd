import { type EventFormat, parseCef, parseLeef } from '../../decode/event-format.ts';
import type { TextLine } from '../../decode/text-line.ts';
import type { FieldSource } from '../../event/field-source.ts';
import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, integer, path, text } from '../format.ts';
import { protocolFields } from '../network/ip-protocols.ts';
import { hostOfUrl, urlFields } from '../web/request.ts';
import { userAgentFields } from '../web/user-agent.ts';

const x = (...names: readonly [string, ...string[]]): FieldSource =>
  path(...(names.map((name) => `extensions.${name}`) as [string, ...string[]]));
const lower = (source: FieldSource): FieldSource => text(source, (value) => value.toLowerCase());
const present = (source: FieldSource): FieldSource => text(source, (value) => value || undefined);

/** Words of products for how an action ended. */
export const outcome = (source: FieldSource): FieldSource =>
  text(source, (value) =>
    /^(?:success|succeeded|allow|allowed|accept|accepted|permit|permitted|pass|passed|ok|true|\/success)/i.test(value)
      ? 'success'
      : /^(?:fail|failure|failed|deny|denied|block|blocked|drop|dropped|reject|rejected|error|false|\/failure)/i.test(value)
        ? 'failure'
        : undefined,
  );

const HASHES: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256' };
const hashOf = (kind: string, source: FieldSource): FieldSource =>
  text(source, (value) => (/^[0-9a-fA-F]+$/.test(value) && HASHES[value.length] === kind ? value.toLowerCase() : undefined));

/** `Low`, `Very-High` and 0 to 10. */
const SEVERITIES: Readonly<Record<string, number>> = { unknown: 0, low: 3, medium: 6, high: 8, 'very-high': 10 };
const severity = (source: FieldSource): FieldSource =>
  text(source, (value) => entryOf(SEVERITIES, value.toLowerCase()) ?? (/^\d{1,3}$/.test(value) ? Number(value) : undefined));

/** `cs1=... cs1Label=Rule` as `Rule: ...`. */
function labelled(extensions: JsonValue | undefined): JsonObject | undefined {
  if (!isObject(extensions)) return undefined;
  const found = Object.entries(extensions).flatMap(([key, name]) => {
    const value = key.endsWith('Label') ? extensions[key.slice(0, -5)] : undefined;
    return value === undefined || typeof name !== 'string' || name === ''
      ? []
      : [[name.replace(/[^\w-]+/g, '_').slice(0, 64), value] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function documentOf(kind: 'cef' | 'leef', read: EventFormat | undefined, line: TextLine): JsonObject | undefined {
  if (read === undefined) return undefined;
  const [vendor = '', product = '', deviceVersion = '', code = '', name = '', level = ''] = read.header;
  return {
    ...(line.syslog === undefined ? {} : { syslog: line.syslog }),
    [kind]: { version: read.version, vendor, product, deviceVersion, code, ...(kind === 'cef' ? { name, severity: level } : {}) },
    extensions: read.extensions,
    message: read.extensions['msg'] ?? (kind === 'cef' ? name : line.body),
  };
}

/** A device that is no vendor's name goes by product, as rules name it. */
const routeOf: Format['route'] = ([product, vendor]) => ({
  labels: [{ product: String(product ?? '').toLowerCase(), service: String(vendor ?? '').toLowerCase() }],
  known: {},
});

const ends: Format['fields'] = {
  'event.kind': constant('event'),
  'host.hostname': path('syslog.hostname'),
  ...protocolFields(x('proto', 'transportProtocol')),
  'network.protocol': lower(x('app')),
  'source.address': firstOf(present(x('src', 'sourceAddress')), x('shost', 'srcHostName')),
  'source.ip': address(x('src', 'c6a2', 'sourceAddress')),
  'source.port': integer(x('spt', 'srcPort')),
  'source.domain': x('shost', 'srcHostName'),
  'source.mac': x('smac', 'srcMAC'),
  'destination.address': firstOf(present(x('dst', 'destinationAddress')), x('dhost', 'dstHostName')),
  'destination.ip': address(x('dst', 'c6a3', 'destinationAddress')),
  'destination.port': integer(x('dpt', 'dstPort')),
  'destination.domain': x('dhost', 'dstHostName'),
  'destination.mac': x('dmac', 'dstMAC'),
  'source.bytes': integer(x('in', 'srcBytes')),
  'destination.bytes': integer(x('out', 'dstBytes')),
  'source.nat.ip': address(x('sourceTranslatedAddress', 'srcPostNAT')),
  'destination.nat.ip': address(x('destinationTranslatedAddress', 'dstPostNAT')),
  'event.reason': x('reason'),
  'event.outcome': outcome(x('outcome', 'categoryOutcome', 'act', 'action')),
  'event.action': x('act', 'action'),
  'rule.name': x('policy'),
};

/** ArcSight Common Event Format, alone or behind a syslog head. */
export const cef: Format = {
  name: 'cef',
  recognizes: () => false,
  parse: (line) => documentOf('cef', parseCef(line.body), line),
  discriminators: [path('cef.product'), path('cef.vendor')],
  route: routeOf,
  logsources: [],
  vendor: (field) => (/^\w+$/.test(field) ? x(field) : undefined),
  time: firstOf(x('rt', 'deviceReceiptTime', 'end', 'start'), path('syslog.timestamp')),
  fields: {
    ...ends,
    ...urlFields(x('request', 'requestUrl')),
    ...userAgentFields('extensions.requestClientApplication'),
    'event.module': constant('cef'),
    'event.code': path('cef.code'),
    'event.provider': path('cef.vendor'),
    'event.severity': severity(path('cef.severity')),
    'event.id': x('externalId'),
    'event.start': text(x('start'), isoOfMs),
    'event.end': text(x('end'), isoOfMs),
    'observer.vendor': path('cef.vendor'),
    'observer.product': path('cef.product'),
    'observer.version': path('cef.deviceVersion'),
    'observer.hostname': x('dvchost', 'deviceHostName'),
    'observer.ip': address(x('dvc', 'deviceAddress')),
    'observer.serial_number': x('deviceExternalId'),
    'observer.ingress.interface.name': x('deviceInboundInterface'),
    'observer.egress.interface.name': x('deviceOutboundInterface'),
    'user.name': present(firstOf(x('suser'), x('duser'))),
    'user.id': firstOf(x('suid'), x('duid')),
    'source.user.name': x('suser'),
    'source.user.id': x('suid'),
    'destination.user.name': x('duser'),
    'destination.user.id': x('duid'),
    'source.process.name': x('sproc'),
    'source.process.pid': integer(x('spid')),
    'process.name': x('dproc'),
    'process.pid': integer(x('dpid')),
    'network.direction': text(x('deviceDirection'), (value) => (value === '0' ? 'inbound' : value === '1' ? 'outbound' : undefined)),
    'http.request.method': x('requestMethod'),
    'http.request.referrer': x('requestContext'),
    'url.domain': text(x('request', 'requestUrl'), hostOfUrl),
    'file.name': x('fname', 'filename'),
    'file.path': x('filePath'),
    'file.size': integer(x('fsize')),
    'file.hash.md5': hashOf('md5', x('fileHash')),
    'file.hash.sha1': hashOf('sha1', x('fileHash')),
    'file.hash.sha256': hashOf('sha256', x('fileHash')),
    message: path('message'),
    'cef.name': path('cef.name'),
    'cef.version': path('cef.version'),
    'cef.severity': path('cef.severity'),
    'cef.device': compute([path('cef')], (device) =>
      isObject(device)
        ? {
            vendor: device['vendor'] ?? '',
            product: device['product'] ?? '',
            version: device['deviceVersion'] ?? '',
            event_class_id: device['code'] ?? '',
          }
        : undefined,
    ),
    'cef.extensions': path('extensions'),
    'cef.labels': compute([path('extensions')], labelled),
  },
};

/** IBM QRadar Log Event Extended Format, versions 1.0 and 2.0. */
export const leef: Format = {
  name: 'leef',
  recognizes: () => false,
  parse: (line) => documentOf('leef', parseLeef(line.body), line),
  discriminators: [path('leef.product'), path('leef.vendor')],
  route: routeOf,
  logsources: [],
  vendor: (field) => (/^\w+$/.test(field) ? x(field) : undefined),
  time: firstOf(x('devTime'), path('syslog.timestamp')),
  fields: {
    ...ends,
    ...urlFields(x('url')),
    'event.module': constant('leef'),
    'event.code': path('leef.code'),
    'event.provider': path('leef.vendor'),
    'event.severity': severity(x('sev')),
    'observer.vendor': path('leef.vendor'),
    'observer.product': path('leef.product'),
    'observer.version': path('leef.deviceVersion'),
    'user.name': x('usrName', 'accountName'),
    'user.domain': x('domain'),
    'group.name': x('groupID'),
    'host.name': x('identHostName'),
    'host.ip': address(x('identSrc')),
    'file.name': x('fileName'),
    'file.path': x('filePath'),
    'http.response.status_code': integer(x('responseCode')),
    message: path('message'),
    'leef.version': path('leef.version'),
    'leef.category': x('cat'),
    'leef.extensions': path('extensions'),
  },
};

function isoOfMs(value: string): string | undefined {
  return /^\d{13}$/.test(value) ? new Date(Number(value)).toISOString() : undefined;
}

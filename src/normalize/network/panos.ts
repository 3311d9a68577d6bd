import { csvFields } from '../../decode/csv.ts';
import type { TextLine } from '../../decode/text-line.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, integer, path, scaled, text } from '../format.ts';

// PAN-OS administrator's guide, "Syslog Field Descriptions": columns of each log up to those this mapping needs.
const SESSION = [
  ...['source', 'destination', 'nat_source', 'nat_destination', 'rule', 'source_user', 'destination_user', 'application', 'virtual_system'],
  ...['source_zone', 'destination_zone', 'inbound_interface', 'outbound_interface', 'log_action', '', 'session_id', 'repeat_count'],
  ...['source_port', 'destination_port', 'nat_source_port', 'nat_destination_port', 'flags', 'transport', 'action'],
];
const HEAD = ['', 'receive_time', 'serial', 'type', 'subtype', '', 'generated_time'];
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  TRAFFIC: [
    ...[...HEAD, ...SESSION],
    ...['bytes', 'bytes_sent', 'bytes_received', 'packets', 'start_time', 'elapsed', 'category', '', 'sequence', 'action_flags'],
    ...['source_country', 'destination_country', '', 'packets_sent', 'packets_received', 'end_reason'],
  ],
  THREAT: [
    ...HEAD,
    ...SESSION,
    'misc',
    'threat',
    'category',
    'severity',
    'direction',
    'sequence',
    'action_flags',
    'source_country',
    'destination_country',
  ],
  SYSTEM: [...HEAD, 'virtual_system', 'event', 'object', '', '', 'module', 'severity', 'description', 'sequence'],
  CONFIG: [...HEAD, 'host', 'virtual_system', 'command', 'admin', 'client', 'result', 'config_path'],
  GLOBALPROTECT: [
    ...[
      '',
      'receive_time',
      'serial',
      'type',
      'subtype',
      '',
      'generated_time',
      'virtual_system',
      'event',
      'stage',
      'auth_method',
      'tunnel_type',
    ],
    ...['source_user', 'source_country', 'machine', 'public_ip', '', 'private_ip', '', 'host_id', '', 'client_version', 'client_os'],
    ...['client_os_version', 'repeat_count', 'reason', 'error', 'description', 'status'],
  ],
};

function parse({ body }: TextLine): JsonObject | undefined {
  const type = /^[^,]{0,64},[^,]{1,32},[0-9A-Za-z]{1,32},(TRAFFIC|THREAT|SYSTEM|CONFIG|GLOBALPROTECT),/.exec(body)?.[1];
  if (type === undefined) return undefined;
  const document: Record<string, JsonValue> = {};
  const values = csvFields(body);
  COLUMNS[type]?.forEach((name, i) => {
    const value = values[i];
    if (name !== '' && value !== undefined && value !== '') document[name] = value;
  });
  document['message'] = document['description'] ?? document['threat'] ?? body;
  return document;
}

const SUBTYPES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:virus|wildfire|wildfire-virus|spyware)$/, ['malware', 'network']],
  [/^(?:vulnerability|flood|scan|packet)$/, ['intrusion_detection', 'network']],
  [/^(?:url)$/, ['network', 'web']],
];
const labelsOf = (type: string, subtype: string) => {
  if (type === 'GLOBALPROTECT') return [{ product: 'paloalto', service: 'globalprotect' }];
  const kinds = type === 'TRAFFIC' ? ['firewall'] : type === 'THREAT' && subtype === 'url' ? ['proxy'] : [];
  return [{ product: 'paloalto', service: type.toLowerCase() }, ...kinds.map((category) => ({ category }))];
};
const DENIED = /^(?:deny|drop|block|reset|sinkhole|random-drop)/;
const none = (value: string): string | undefined => (value === '' || value === '0.0.0.0' || value === '::' ? undefined : value);
const userOnly = (name: string) => text(path(name), (value) => value.split('\\').at(-1) || undefined);

/** Palo Alto Networks PAN-OS: traffic, threat (also URL and WildFire), system, configuration and GlobalProtect logs as CSV. */
export const panos: Format = {
  name: 'panos',
  recognizes: () => false,
  parse,
  discriminators: [path('type'), path('subtype')],
  route: ([type, subtype]) => ({ labels: labelsOf(String(type), String(subtype)), known: {} }),
  logsources: [...Object.keys(COLUMNS).flatMap((type) => labelsOf(type, '')), ...labelsOf('THREAT', 'url')],
  time: path('generated_time', 'receive_time'),
  fields: {
    'event.kind': compute([path('type'), path('subtype')], (type, subtype) =>
      type === 'THREAT' && !/^(?:url|data|file)$/.test(String(subtype)) ? 'alert' : 'event',
    ),
    'event.module': constant('panw'),
    'event.dataset': constant('panw.panos'),
    'event.category': compute([path('type'), path('subtype')], (type, subtype) =>
      type === 'CONFIG' || type === 'SYSTEM'
        ? ['configuration']
        : type === 'GLOBALPROTECT'
          ? ['session', 'network']
          : (SUBTYPES.find(([pattern]) => pattern.test(String(subtype)))?.[1] ?? ['network']),
    ),
    'event.type': compute([path('subtype'), path('action')], types),
    'event.action': compute([path('event'), path('command'), path('action')], (...all) => all.find((one) => one !== undefined)),
    'event.outcome': text(path('status', 'result', 'action'), (value) =>
      /^(?:success|succeeded|allow|alert|submitted)/i.test(value)
        ? 'success'
        : DENIED.test(value) || /^fail/i.test(value)
          ? 'failure'
          : undefined,
    ),
    'event.reason': path('end_reason', 'reason', 'error'),
    'event.duration': scaled(path('elapsed'), 1e9),
    'event.sequence': integer(path('sequence')),
    'log.level': path('severity'),
    'observer.vendor': constant('Palo Alto Networks'),
    'observer.product': constant('PAN-OS'),
    'observer.type': constant('firewall'),
    'observer.serial_number': path('serial'),
    'observer.ingress.zone': path('source_zone'),
    'observer.egress.zone': path('destination_zone'),
    'observer.ingress.interface.name': path('inbound_interface'),
    'observer.egress.interface.name': path('outbound_interface'),
    'source.address': path('source', 'public_ip', 'host'),
    'source.ip': address(path('source', 'public_ip', 'host')),
    'source.port': integer(path('source_port')),
    'source.bytes': integer(path('bytes_sent')),
    'source.packets': integer(path('packets_sent')),
    'source.nat.ip': text(path('nat_source'), none),
    'destination.address': path('destination'),
    'destination.ip': address(path('destination')),
    'destination.port': integer(path('destination_port')),
    'destination.bytes': integer(path('bytes_received')),
    'destination.packets': integer(path('packets_received')),
    'destination.nat.ip': text(path('nat_destination'), none),
    'network.transport': path('transport'),
    'network.application': path('application'),
    'network.bytes': integer(path('bytes')),
    'network.packets': integer(path('packets')),
    'network.direction': text(path('direction'), (value) =>
      value === 'client-to-server' ? 'outbound' : value === 'server-to-client' ? 'inbound' : undefined,
    ),
    'rule.name': path('rule'),
    'user.name': compute([path('admin'), path('source_user')], (admin, user) => {
      const name = admin ?? user;
      return typeof name === 'string' ? name.split('\\').at(-1) || undefined : undefined;
    }),
    'user.domain': text(path('source_user'), (value) => /^([^\\]{1,255})\\/.exec(value)?.[1]),
    'destination.user.name': userOnly('destination_user'),
    'host.name': path('machine'),
    'url.original': compute([path('subtype'), path('misc')], (subtype, misc) => (subtype === 'url' ? misc : undefined)),
    'file.name': compute([path('subtype'), path('misc')], (subtype, misc) =>
      /^(?:virus|wildfire|file)/.test(String(subtype)) ? misc : undefined,
    ),
    message: path('message'),
    'panw.panos.type': path('type'),
    'panw.panos.sub_type': path('subtype'),
    'panw.panos.action': path('action'),
    'panw.panos.threat.name': path('threat'),
    'panw.panos.threat.category': path('category'),
    'panw.panos.severity': path('severity'),
  },
};

function types(subtype: JsonValue | undefined, action: JsonValue | undefined): JsonValue | undefined {
  if (typeof action !== 'string') return undefined;
  if (DENIED.test(action)) return ['connection', 'denied'];
  return subtype === 'start'
    ? ['connection', 'start', 'allowed']
    : subtype === 'end'
      ? ['connection', 'end', 'allowed']
      : ['connection', 'allowed'];
}

import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { address, compute, constant, type Format, firstOf, fixedRoute, path } from './format.ts';

const TRAP = { category: 'trap', product: 'snmp' };

/** An SNMP notification as the `snmp` source keeps it, or as a trap daemon writes it in the same names. */
export const snmpTrap: Format = {
  name: 'snmp.trap',
  recognizes: (document) => typeof document['trap_oid'] === 'string' && Array.isArray(document['varbinds']),
  marks: [[['trap_oid'], ['varbinds']]],
  discriminators: [],
  route: fixedRoute(TRAP),
  logsources: [TRAP],
  time: path('@timestamp', 'timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.code': path('trap_oid'),
    'event.action': firstOf(path('trap_name'), path('trap_oid')),
    'host.ip': compute([address(firstOf(path('agent_address'), path('sender')))], (value) => (value === undefined ? undefined : [value])),
    'source.ip': address(path('sender')),
    'user.name': path('user'),
    'snmp.trap_oid': path('trap_oid'),
    'snmp.version': path('version'),
    'snmp.enterprise': path('enterprise'),
    'snmp.uptime_ticks': path('uptime_ticks'),
    'snmp.varbinds': compute([path('varbinds')], varbinds),
    message: compute([path('trap_name'), path('trap_oid'), path('varbinds')], summary),
  },
};

/** Values by their object identifier. */
function varbinds(value: JsonValue | undefined): JsonObject | undefined {
  if (!Array.isArray(value)) return undefined;
  const out: Record<string, JsonValue> = Object.create(null);
  for (const one of value as readonly JsonValue[])
    if (isObject(one) && typeof one['oid'] === 'string') out[one['oid']] = one['value'] ?? null;
  return out;
}

function summary(name: JsonValue | undefined, oid: JsonValue | undefined, values: JsonValue | undefined): string {
  const parts = Object.entries(varbinds(values) ?? {}).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [String(name ?? oid), ...parts].join(' ');
}

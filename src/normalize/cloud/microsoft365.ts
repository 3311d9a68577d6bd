import type { JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, path, text } from '../format.ts';

const SERVICES = ['audit', 'exchange', 'threat_management', 'threat_detection'];
const labelOf = (service: string) => ({ product: 'm365', service });

function servicesOf(workload: JsonValue | undefined): readonly string[] {
  const name = String(workload ?? '').toLowerCase();
  if (name === 'exchange') return ['exchange', 'audit'];
  return name === 'securitycompliancecenter' ? ['threat_management', 'threat_detection', 'audit'] : ['audit'];
}

/** Office 365 Management Activity API records. */
export const microsoft365: Format = {
  name: 'o365.audit',
  recognizes: (document) => Object.hasOwn(document, 'Workload') && Object.hasOwn(document, 'CreationTime'),
  discriminators: [path('Workload')],
  route: ([workload]) => ({ labels: servicesOf(workload).map(labelOf), known: {} }),
  logsources: SERVICES.map(labelOf),
  // What public rules call the parts of an alert: its name is that of the policy.
  vendor: (field) => entryOf({ eventSource: path('eventSource', 'Workload'), eventName: path('eventName', 'Name', 'Operation') }, field),
  // Written in UTC, without a zone.
  time: text(path('CreationTime'), (value) => (/[Zz]$|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`)),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('o365'),
    'event.action': path('Operation'),
    'event.provider': path('Workload'),
    'event.id': path('Id'),
    'event.outcome': compute([path('ResultStatus')], (status) =>
      status === undefined || status === null ? undefined : /^(?:succe|true|partiallysucc)/i.test(String(status)) ? 'success' : 'failure',
    ),
    'organization.id': path('OrganizationId'),
    'user.name': path('UserId'),
    'user.id': path('UserKey'),
    // Exchange writes a port behind the address.
    'source.ip': text(
      path('ClientIP', 'ClientIPAddress', 'ActorIpAddress'),
      (value) => /^\[?([0-9a-fA-F:.]+?)\]?(?::\d+)?$/.exec(value)?.[1],
    ),
    'source.address': address(path('ClientIP')),
    'user_agent.original': path('UserAgent'),
    'file.name': path('SourceFileName'),
    'url.full': path('SiteUrl'),
  },
};

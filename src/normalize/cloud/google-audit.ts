import type { FieldSource } from '../../event/field-source.ts';
import type { JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, lookup, path } from '../format.ts';

const label = { product: 'gcp', service: 'gcp.audit' };
/** Google Workspace shares its audit logs with Google Cloud under these services. */
const WORKSPACE: Readonly<Record<string, string>> = {
  'admin.googleapis.com': 'google_workspace.admin',
  'login.googleapis.com': 'google_workspace.login',
};
const labelsOf = (service: string | undefined) => [label, ...(service === undefined ? [] : [{ product: 'gcp', service }])];

/** Names of public rules: those of Elastic's module, of Pub/Sub's envelope, and of Workspace's own reports. */
const NAMES: Readonly<Record<string, FieldSource>> = {
  'gcp.audit.method_name': path('protoPayload.methodName'),
  'gcp.audit.service_name': path('protoPayload.serviceName'),
  eventService: path('protoPayload.serviceName'),
  eventName: path('protoPayload.metadata.event.eventName'),
};
function vendor(field: string): FieldSource | undefined {
  const named = entryOf(NAMES, field);
  if (named !== undefined) return firstOf(path(field), named);
  return field.startsWith('data.') ? path(field, field.slice('data.'.length)) : undefined;
}

/** Google Cloud audit logs: LogEntry with an AuditLog payload. */
export const gcpAudit: Format = {
  name: 'gcp.audit',
  recognizes: (document) => isObject(document['protoPayload']),
  discriminators: [lookup(path('protoPayload.serviceName'), WORKSPACE)],
  route: ([service]) => ({ labels: labelsOf(typeof service === 'string' ? service : undefined), known: {} }),
  logsources: [label, ...Object.values(WORKSPACE).flatMap((service) => labelsOf(service).slice(1))],
  vendor,
  time: path('timestamp', 'receiveTimestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('gcp'),
    'event.action': path('protoPayload.methodName'),
    'event.provider': path('protoPayload.serviceName'),
    'event.id': path('insertId'),
    // No status, or code 0, is a call that went well.
    'event.outcome': compute([path('protoPayload.status.code')], (code) =>
      code === undefined || code === null || Number(code) === 0 ? 'success' : 'failure',
    ),
    'cloud.provider': constant('gcp'),
    'cloud.project.id': path('resource.labels.project_id'),
    'user.email': path('protoPayload.authenticationInfo.principalEmail'),
    'user.name': path('protoPayload.authenticationInfo.principalEmail'),
    'source.ip': address(path('protoPayload.requestMetadata.callerIp')),
    'user_agent.original': path('protoPayload.requestMetadata.callerSuppliedUserAgent'),
    'log.level': path('severity'),
  },
};

function isObject(value: JsonValue | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { JsonValue } from '../../shared/json.ts';
import { address, compute, constant, type Format, fixedRoute, path } from '../format.ts';

const label = { product: 'gcp', service: 'gcp.audit' };

/** Google Cloud audit logs: LogEntry with an AuditLog payload. */
export const gcpAudit: Format = {
  name: 'gcp.audit',
  recognizes: (document) => isObject(document['protoPayload']),
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
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

import type { FieldSource } from '../../event/field-source.ts';
import type { JsonValue } from '../../shared/json.ts';
import { entraDecisionFields } from '../decision-points.ts';
import { address, compute, constant, entryOf, type Format, firstOf, path, text } from '../format.ts';

/** Which Sigma service reads a category of Azure Monitor's diagnostic logs; everything else is the activity log. */
const SERVICES: Readonly<Record<string, string>> = {
  auditlogs: 'auditlogs',
  signinlogs: 'signinlogs',
  noninteractiveusersigninlogs: 'signinlogs',
  serviceprincipalsigninlogs: 'signinlogs',
  managedidentitysigninlogs: 'signinlogs',
  userriskevents: 'riskdetection',
  riskyusers: 'riskdetection',
  serviceprincipalriskevents: 'riskdetection',
};
const ALL = ['activitylogs', 'auditlogs', 'signinlogs', 'riskdetection', 'pim'].map((service) => ({ product: 'azure', service }));

/** Rules of privileged identity management read what that service logged in the audit log. */
function labelsOf(category: JsonValue | undefined, loggedBy: JsonValue | undefined) {
  const service = entryOf(SERVICES, String(category ?? '').toLowerCase()) ?? 'activitylogs';
  const label = { product: 'azure', service };
  return loggedBy === 'PIM' ? [label, { product: 'azure', service: 'pim' }] : [label];
}

/**
 * Rules name fields as the service's API does (`riskEventType`), as Log Analytics does (`ResultType`, `LoggedByService`), or
 * with what was done as `properties.message`; the diagnostic log has them in camel case, most of them below `properties`.
 */
function vendor(field: string): FieldSource | undefined {
  if (field === 'properties.message') return path(field, 'operationName');
  if (!/^[A-Za-z]{1,64}(?:\.[A-Za-z]{1,64}){0,4}$/.test(field) || field.startsWith('properties.')) return undefined;
  const camel = field.replace(/(?<=^|\.)[A-Z]/g, (letter) => letter.toLowerCase());
  return path(field, `properties.${field}`, camel, `properties.${camel}`);
}

const outcome = compute([path('resultType'), path('properties.result'), path('properties.status.errorCode')], (type, result, code) => {
  const given = type ?? result ?? code;
  if (given === undefined || given === null) return undefined;
  return ['0', 'success', 'succeeded', 'start', 'accept'].includes(String(given).toLowerCase()) ? 'success' : 'failure';
});

/** Azure Monitor diagnostic logs: activity log, Entra audit, sign-in and risk logs. */
export const azure: Format = {
  name: 'azure',
  recognizes: (document) =>
    Object.hasOwn(document, 'operationName') &&
    (Object.hasOwn(document, 'category') || Object.hasOwn(document, 'resourceId')) &&
    !Object.hasOwn(document, 'protoPayload'),
  discriminators: [path('category'), path('properties.loggedByService')],
  route: ([category, loggedBy]) => ({ labels: labelsOf(category, loggedBy), known: {} }),
  logsources: ALL,
  vendor,
  time: path('time', 'properties.activityDateTime', 'properties.createdDateTime'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('azure'),
    'event.action': path('operationName', 'properties.activityDisplayName'),
    'event.id': path('properties.id', 'correlationId'),
    'event.outcome': outcome,
    'event.category': compute([path('category')], (category) =>
      entryOf(SERVICES, String(category ?? '').toLowerCase()) === 'signinlogs' ? ['authentication'] : undefined,
    ),
    'cloud.provider': constant('azure'),
    'cloud.account.id': path('tenantId'),
    'source.ip': firstOf(
      address(path('callerIpAddress')),
      address(path('properties.ipAddress')),
      address(path('properties.initiatedBy.user.ipAddress')),
    ),
    'user.name': path('properties.userPrincipalName', 'properties.initiatedBy.user.userPrincipalName', 'identity'),
    'user.id': path('properties.userId', 'properties.initiatedBy.user.id'),
    'user_agent.original': path('properties.userAgent'),
    'error.code': text(path('properties.status.errorCode'), (value) => (value === '0' ? undefined : value)),
    'wardline.access.resource.service': path('properties.appDisplayName', 'properties.resourceDisplayName'),
    ...entraDecisionFields,
  },
};

import { isObject } from '../../shared/json.ts';
import { address, constant, type Format, fixedRoute, lookup, path, text } from '../format.ts';

const bitbucket = { product: 'bitbucket', service: 'audit' };
const duo = { product: 'cisco', service: 'duo' };
const oneloginEvents = { product: 'onelogin', service: 'onelogin.events' };

/** Audit log of Bitbucket Data Center (audit log file, one JSON object a line). */
export const bitbucketAudit: Format = {
  name: 'bitbucket.audit',
  recognizes: ({ auditType }) => isObject(auditType) && Object.hasOwn(auditType, 'action') && Object.hasOwn(auditType, 'category'),
  discriminators: [],
  route: fixedRoute(bitbucket),
  logsources: [bitbucket],
  time: path('timestamp', 'creationTimestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('bitbucket'),
    'event.action': path('auditType.action'),
    'event.provider': path('auditType.category'),
    'user.name': path('author.name', 'author.username'),
    'user.id': path('author.id'),
    'source.ip': address(path('source')),
  },
};

/** Authentication log of Cisco Duo (Admin API, version 2). */
export const ciscoDuo: Format = {
  name: 'cisco.duo',
  recognizes: (document) =>
    Object.hasOwn(document, 'event_type') && ['txid', 'factor', 'access_device'].every((key) => Object.hasOwn(document, key)),
  discriminators: [],
  route: fixedRoute(duo),
  logsources: [duo],
  time: path('timestamp', 'isotimestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('cisco'),
    'event.action': path('event_type'),
    'event.category': constant(['authentication']),
    'event.id': path('txid'),
    'event.reason': path('reason'),
    'event.outcome': lookup(path('result'), { success: 'success', denied: 'failure', failure: 'failure', fraud: 'failure' }),
    'user.name': path('user.name'),
    'user.email': path('email'),
    'source.ip': address(path('access_device.ip')),
    'service.name': path('application.name'),
  },
};

/** Events of OneLogin (Events API). */
export const onelogin: Format = {
  name: 'onelogin.events',
  recognizes: (document) => Object.hasOwn(document, 'event_type_id') && Object.hasOwn(document, 'account_id'),
  discriminators: [],
  route: fixedRoute(oneloginEvents),
  logsources: [oneloginEvents],
  time: path('event_timestamp', 'created_at'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('onelogin'),
    'event.code': text(path('event_type_id'), (id) => id),
    'event.id': text(path('uuid', 'id'), (id) => id),
    'event.reason': path('error_description'),
    'user.name': path('actor_user_name', 'user_name'),
    'user.target.name': path('user_name'),
    'source.ip': address(path('ipaddr')),
  },
};

import type { JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, type Format, firstOf, fixedRoute, lookup, path, text } from '../format.ts';

const okta = { product: 'okta', service: 'okta' };
const workspace = ['google_workspace.admin', 'google_workspace.login'].map((service) => ({ product: 'gcp', service }));
const github = { product: 'github', service: 'audit' };

/** Okta System Log events (API version 1). */
export const oktaSystem: Format = {
  name: 'okta.system',
  recognizes: (document) =>
    Object.hasOwn(document, 'eventType') && Object.hasOwn(document, 'published') && Object.hasOwn(document, 'actor'),
  discriminators: [],
  route: fixedRoute(okta),
  logsources: [okta],
  time: path('published'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('okta'),
    'event.action': path('eventType', 'eventtype'),
    'event.id': path('uuid'),
    'event.outcome': lookup(path('outcome.result'), {
      SUCCESS: 'success',
      ALLOW: 'success',
      FAILURE: 'failure',
      DENY: 'failure',
      SKIPPED: 'unknown',
      UNKNOWN: 'unknown',
    }),
    'event.category': compute([path('eventType', 'eventtype')], (type) =>
      /^user\.(?:authentication|session)\./.test(String(type))
        ? ['authentication']
        : /^(?:user|group|policy)\./.test(String(type))
          ? ['iam']
          : undefined,
    ),
    'user.name': path('actor.alternateId'),
    'user.id': path('actor.id'),
    'user.full_name': path('actor.displayName'),
    'user.target.name': compute([path('target')], firstTarget),
    'source.ip': address(path('client.ipAddress')),
    'source.geo.country_name': path('client.geographicalContext.country'),
    'user_agent.original': path('client.userAgent.rawUserAgent'),
    message: path('displayMessage'),
  },
};

function firstTarget(targets: JsonValue | undefined): JsonValue | undefined {
  if (!Array.isArray(targets)) return undefined;
  const user = (targets as readonly { readonly type?: JsonValue; readonly alternateId?: JsonValue }[]).find(
    (target) => target?.type === 'User',
  );
  return user?.alternateId;
}

/** Google Workspace activity reports (Admin SDK Reports API). */
export const googleWorkspace: Format = {
  name: 'google_workspace',
  recognizes: (document) => document['kind'] === 'admin#reports#activity' || hasApplication(document['id']),
  discriminators: [path('id.applicationName')],
  route: ([application]) => ({ labels: application === 'login' ? [...workspace].reverse() : workspace.slice(0, 1), known: {} }),
  logsources: workspace,
  vendor: (field) =>
    entryOf(
      {
        eventService: firstOf(
          path('eventService'),
          text(path('id.applicationName'), (name) => `${name}.googleapis.com`),
        ),
        eventName: path('eventName', 'events.name', 'name'),
      },
      field,
    ),
  time: path('id.time'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('google_workspace'),
    'event.action': path('name', 'events.name'),
    'event.provider': path('id.applicationName'),
    'event.id': path('id.uniqueQualifier'),
    'user.email': path('actor.email'),
    'user.name': text(path('actor.email'), (email) => email.split('@')[0]),
    'user.id': path('actor.profileId'),
    'source.ip': address(path('ipAddress')),
    'organization.id': path('id.customerId'),
  },
};

function hasApplication(id: JsonValue | undefined): boolean {
  return typeof id === 'object' && id !== null && Object.hasOwn(id, 'applicationName');
}

/** GitHub audit log entries. */
export const githubAudit: Format = {
  name: 'github.audit',
  recognizes: (document) =>
    typeof document['action'] === 'string' &&
    /^[a-z_]+\.[a-z_.]+$/.test(document['action']) &&
    (Object.hasOwn(document, 'actor') || Object.hasOwn(document, 'org')),
  discriminators: [],
  route: fixedRoute(github),
  logsources: [github],
  time: path('@timestamp', 'created_at'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('github'),
    'event.action': path('action'),
    'event.id': path('_document_id'),
    'user.name': path('actor', 'user'),
    'organization.name': path('org', 'business'),
    'source.ip': address(path('actor_ip')),
    'source.geo.country_iso_code': path('actor_location.country_code'),
    'user_agent.original': path('user_agent'),
    'user.target.name': firstOf(path('user')),
  },
};

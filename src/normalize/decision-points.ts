import { isObject, type JsonValue } from '../shared/json.ts';
import { compute, constant, firstOf, lookup, path, text } from './format.ts';

/**
 * What logs of policy points say of accesses and of the decisions behind them, in the fields that zero-trust policies read
 * (`docs/policies.md`). A log of decisions alone says so by `wardline.record`, so that it is never judged as an access.
 */

const SPIFFE = /spiffe:\/\/[^\s",;]{1,512}/;
const spiffeOf = (...paths: readonly [string, ...string[]]) => text(path(...paths), (value) => SPIFFE.exec(value)?.[0]);

/** `true`, `{allow: true}`, `{allowed: true}`; anything else is no answer. */
function answerOf(result: JsonValue | undefined): boolean | undefined {
  if (typeof result === 'boolean') return result;
  if (result === undefined || result === null || !isObject(result)) return undefined;
  const value = result['allow'] ?? result['allowed'];
  return typeof value === 'boolean' ? value : undefined;
}

/** Revisions of the bundles a decision rests on; one as a text. */
function revisionsOf(bundles: JsonValue | undefined): JsonValue | undefined {
  if (bundles === undefined || bundles === null || !isObject(bundles)) return undefined;
  const found = Object.values(bundles).flatMap((bundle) =>
    isObject(bundle) && typeof bundle['revision'] === 'string' ? [bundle['revision']] : [],
  );
  return found.length > 1 ? found : found[0];
}

const http = (name: string): string => `input.attributes.request.http.${name}`;

/** Open Policy Agent, also behind Envoy's ext_authz (opa-envoy-plugin) and Kubernetes admission. */
export const opaDecisionFields = {
  'wardline.record': constant('decision'),
  'wardline.decision.outcome': compute([path('result'), path('error')], (result, error) => {
    if (error !== undefined && error !== null) return 'error';
    const answer = answerOf(result);
    return answer === undefined ? 'not_applicable' : answer ? 'allow' : 'deny';
  }),
  'wardline.decision.policy.id': path('path'),
  'wardline.decision.policy.revision': compute([path('bundles')], revisionsOf),
  'wardline.decision.pdp.id': path('labels.id'),
  'http.request.id': path(http('headers.x-request-id'), http('id')),
  'user.id': path('input.user_id', 'input.user.id', 'input.request.userInfo.uid'),
  'wardline.access.subject.spiffe': spiffeOf('input.attributes.source.principal', 'input.subject', 'input.spiffe_id'),
  'wardline.access.resource.service': path('input.resource.service', 'input.service', 'input.attributes.destination.service', http('host')),
  'wardline.access.action': path('input.action', http('method'), 'input.method', 'input.request.operation'),
};

/** `rbac_access_denied_matched_policy[ns[payments]-policy[deny-all]-rule[0]]`: whose policy it was. */
const RBAC = /^rbac_access_denied_matched_policy\[(.*)\]$/;
const details = path('details', 'response_code_details');
/** `outbound|8080||orders.shop.svc.cluster.local`: the service behind a cluster. */
const clusterService = text(path('cluster', 'upstream_cluster'), (value) => value.split('|').at(-1));

/** Envoy and Istio: who called whom, and what the external authorization or RBAC filter did to it. */
export const envoyDecisionFields = {
  'wardline.decision.outcome': text(details, (value) => {
    if (value === 'ext_authz_error') return 'error';
    return value === 'ext_authz_denied' || value.startsWith('rbac_access_denied') ? 'deny' : undefined;
  }),
  'wardline.decision.policy.id': text(details, (value) => RBAC.exec(value)?.[1]),
  'wardline.decision.mode': text(path('auth_failure_mode_allowed', 'x_envoy_auth_failure_mode_allowed'), (value) =>
    value === 'true' ? 'fail_open' : undefined,
  ),
  'wardline.access.action': path('method'),
  'wardline.access.resource.service': firstOf(clusterService, path('requested_server_name', 'authority')),
  'wardline.access.subject.spiffe': firstOf(spiffeOf('downstream_peer_uri_san'), spiffeOf('x_forwarded_client_cert')),
  // The certificate of the peer proves; a header passed on only claims.
  'wardline.access.subject.spiffe_proof': firstOf(
    text(path('downstream_peer_uri_san'), (value) => (SPIFFE.test(value) ? 'proven' : undefined)),
    text(path('x_forwarded_client_cert'), (value) => (SPIFFE.test(value) ? 'claimed' : undefined)),
  ),
  'wardline.access.mtls': text(path('downstream_peer_uri_san'), (value) => (value.length > 1 ? true : undefined)),
  'tls.version': text(path('downstream_tls_version'), (value) => /^TLSv([\d.]+)$/.exec(value)?.[1]),
};

const annotation = (name: string) => ({ kind: 'path', keys: ['annotations', `authorization.k8s.io/${name}`] }) as const;

/** Kubernetes audit: the API server decides and enforces in one place. */
export const kubernetesDecisionFields = {
  'wardline.decision.id': path('auditID'),
  'wardline.decision.outcome': lookup(annotation('decision'), { allow: 'allow', forbid: 'deny' }),
  'wardline.decision.reasons': annotation('reason'),
  'wardline.access.action': path('verb'),
  'wardline.access.resource.service': constant('kubernetes'),
  'wardline.access.resource.id': compute([path('objectRef.namespace'), path('objectRef.resource'), path('objectRef.name')], (...parts) => {
    const known = parts.filter((part) => typeof part === 'string');
    return known.length === 0 ? undefined : known.join('/');
  }),
  'wardline.access.subject.type': text(path('user.username'), (name) =>
    /^system:(?:serviceaccount|node):/.test(name) ? 'service' : name.startsWith('system:') ? undefined : 'human',
  ),
};

/** Entra sign-ins: conditional access decides, the token service enforces. */
export const entraDecisionFields = {
  'wardline.decision.id': path('properties.correlationId', 'correlationId'),
  'wardline.decision.outcome': lookup(path('properties.conditionalAccessStatus'), {
    success: 'allow',
    failure: 'deny',
    notApplied: 'not_applicable',
  }),
  'wardline.decision.policy.id': compute([path('properties.appliedConditionalAccessPolicies')], (policies) => {
    // Policies on trial are listed too and decide nothing.
    const list = Array.isArray(policies) ? (policies as readonly JsonValue[]).filter(isObject) : [];
    const applied = list
      .filter(({ result }) => result === 'success' || result === 'failure')
      .flatMap(({ displayName }) => (typeof displayName === 'string' ? [displayName] : []));
    return applied.length === 0 ? undefined : applied;
  }),
  'wardline.access.auth.strength': lookup(path('properties.authenticationRequirement'), {
    multiFactorAuthentication: 'otp-push',
    singleFactorAuthentication: 'single',
  }),
  'wardline.access.action': compute([path('properties.conditionalAccessStatus')], (status) =>
    status === undefined ? undefined : 'connect',
  ),
  'wardline.access.subject.type': compute(
    [path('properties.conditionalAccessStatus'), path('properties.servicePrincipalId')],
    (status, principal) => (status === undefined ? undefined : typeof principal === 'string' && principal !== '' ? 'service' : 'human'),
  ),
  'device.id': text(path('properties.deviceDetail.deviceId'), (value) => value),
  'wardline.access.session.id': path('properties.sessionId', 'properties.uniqueTokenIdentifier'),
};

import type { JsonValue } from '../../shared/json.ts';
import { opaDecisionFields } from '../decision-points.ts';
import { address, compute, constant, type Format, fixedRoute, path, text } from '../format.ts';

const label = { product: 'opa', service: 'decision' };

/** `true`, `{allow: true}` and `{result: true}` are what policies usually answer. */
function allowed(result: JsonValue | undefined): boolean | undefined {
  if (typeof result === 'boolean') return result;
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return undefined;
  const { allow, allowed: other } = result as { readonly allow?: JsonValue; readonly allowed?: JsonValue };
  const value = allow ?? other;
  return typeof value === 'boolean' ? value : undefined;
}

/** Open Policy Agent decision logs. */
export const opaDecision: Format = {
  name: 'opa.decision',
  recognizes: (document) => Object.hasOwn(document, 'decision_id') && (Object.hasOwn(document, 'path') || Object.hasOwn(document, 'query')),
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label],
  time: path('timestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('opa'),
    'event.category': constant(['api']),
    'event.type': compute([path('result')], (result) =>
      allowed(result) === undefined ? ['access'] : ['access', allowed(result) === true ? 'allowed' : 'denied'],
    ),
    'event.action': path('path', 'query'),
    'event.id': path('decision_id'),
    'event.outcome': compute([path('result'), path('error')], (result, error) =>
      error === undefined ? (result === undefined ? undefined : 'success') : 'failure',
    ),
    'error.message': path('error.message'),
    'source.ip': address(text(path('requested_by', 'input.source_ip'), (value) => value.replace(/^\[?([^\]]*?)\]?:\d+$/, '$1'))),
    'user.name': path('input.user', 'input.subject', 'input.request.userInfo.username'),
    'http.request.method': path('input.method', 'input.attributes.request.http.method'),
    'url.path': path('input.attributes.request.http.path'),
    'trace.id': path('trace_id'),
    'span.id': path('span_id'),
    'rule.name': path('path'),
    'wardline.decision.id': path('decision_id'),
    'wardline.decision.path': path('path'),
    // What the agent took out of the log before it wrote it: rules on these inputs cannot be answered.
    'wardline.decision.erased': path('erased'),
    'wardline.decision.masked': path('masked'),
    ...opaDecisionFields,
  },
};

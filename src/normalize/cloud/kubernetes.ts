import { kubernetesDecisionFields } from '../decision-points.ts';
import { address, compute, constant, type Format, firstOf, fixedRoute, integer, path } from '../format.ts';
import { urlFields } from '../web/request.ts';

const label = { product: 'kubernetes', service: 'audit' };

/** Kubernetes audit events (audit.k8s.io). */
export const kubernetesAudit: Format = {
  name: 'kubernetes.audit',
  recognizes: (document) =>
    (typeof document['apiVersion'] === 'string' && document['apiVersion'].startsWith('audit.k8s.io/')) ||
    (Object.hasOwn(document, 'verb') && Object.hasOwn(document, 'objectRef')),
  discriminators: [],
  route: fixedRoute(label),
  logsources: [label, { ...label, category: 'application' }],
  time: path('stageTimestamp', 'requestReceivedTimestamp'),
  fields: {
    'event.kind': constant('event'),
    'event.module': constant('kubernetes'),
    'event.action': path('verb'),
    'event.id': path('auditID'),
    'event.outcome': compute([path('responseStatus.code')], (code) =>
      code === undefined || code === null ? undefined : Number(code) < 400 ? 'success' : 'failure',
    ),
    'orchestrator.type': constant('kubernetes'),
    'orchestrator.namespace': path('objectRef.namespace'),
    'orchestrator.resource.name': path('objectRef.name'),
    'orchestrator.resource.type': path('objectRef.resource'),
    'user.name': path('user.username'),
    'user.id': path('user.uid'),
    'user.effective.name': path('impersonatedUser.username'),
    'source.ip': firstOf(
      compute([path('sourceIPs')], (list) => (Array.isArray(list) ? list[0] : undefined)),
      address(path('sourceIPs')),
    ),
    'user_agent.original': path('userAgent'),
    'http.response.status_code': integer(path('responseStatus.code')),
    ...urlFields(path('requestURI')),
    ...kubernetesDecisionFields,
  },
};

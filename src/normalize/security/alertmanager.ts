import type { JsonValue } from '../../shared/json.ts';
import { compute, constant, type Format, fixedRoute, lookup, path, text } from '../format.ts';

const alertmanagerSource = { product: 'prometheus', service: 'alertmanager' };

/** Alertmanager writes an end that is not known as the first day of its calendar. */
const endOf = (status: JsonValue | undefined, ends: JsonValue | undefined): JsonValue | undefined =>
  status === 'resolved' && typeof ends === 'string' && !ends.startsWith('0001') ? ends : undefined;

/** One alert of the body that Prometheus Alertmanager sends to webhooks (version 4): somebody else's alert is an event here. */
export const alertmanager: Format = {
  name: 'alertmanager',
  recognizes: (document) =>
    Object.hasOwn(document, 'alertmanager') && Object.hasOwn(document, 'labels') && Object.hasOwn(document, 'startsAt'),
  discriminators: [],
  route: fixedRoute(alertmanagerSource),
  logsources: [alertmanagerSource],
  time: compute([path('status'), path('startsAt'), path('endsAt')], (status, starts, ends) => endOf(status, ends) ?? starts),
  fields: {
    'event.kind': constant('alert'),
    'event.module': constant('alertmanager'),
    'event.provider': constant('alertmanager'),
    'event.action': text(path('status'), (status) => `alert-${status}`),
    'event.id': path('fingerprint'),
    'event.start': path('startsAt'),
    'event.end': compute([path('status'), path('endsAt')], endOf),
    'event.url': path('generatorURL'),
    'event.severity': lookup(path('labels.severity'), {
      informational: 1,
      info: 1,
      low: 2,
      warning: 3,
      medium: 3,
      high: 4,
      error: 4,
      critical: 5,
      page: 5,
    }),
    'event.reason': path('annotations.description', 'annotations.message'),
    message: path('annotations.summary', 'annotations.description', 'labels.alertname'),
    'rule.name': path('labels.alertname'),
    'rule.id': path('labels.rule_id'),
    'rule.reference': path('annotations.runbook_url'),
    'host.name': path('labels.instance', 'labels.node', 'labels.host'),
    'service.name': path('labels.service', 'labels.job'),
    'observer.name': path('alertmanager.receiver'),
    labels: path('labels'),
  },
};

import type { Secret } from '../../../shared/secret.ts';
import { factsOf, shown, shownGroup } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';

const SEVERITIES = { informational: 'info', low: 'info', medium: 'warning', high: 'error', critical: 'critical' } as const;

/** PagerDuty Events API v2. All steps of an alert have its id as `dedup_key`, so a repeated call changes nothing. */
export function pagerduty(alert: AlertDocument, options: { readonly routingKey: Secret }): Payload {
  const facts = factsOf(alert);
  const { url, runbook } = facts;
  const links = [
    ...(url === undefined ? [] : [{ href: url, text: 'Alert' }]),
    ...(runbook === undefined ? [] : [{ href: runbook, text: 'Reference of the rule' }]),
  ];
  return json({
    routing_key: options.routingKey.reveal(),
    event_action: facts.open ? 'trigger' : 'resolve',
    dedup_key: facts.alert,
    client: 'Wardline',
    ...(facts.open
      ? {
          payload: {
            summary: shown(facts.title, 1024) || '-',
            source: shown(facts.tenant, 100) || 'wardline',
            severity: SEVERITIES[facts.level],
            timestamp: facts.time,
            class: shown(facts.rule, 200),
            custom_details: {
              reason: shown(facts.reason, 2000),
              group: Object.fromEntries(shownGroup(facts, 20, 500)),
              tags: facts.tags.slice(0, 50).map((tag) => shown(tag, 100)),
            },
          },
          links,
        }
      : {}),
  });
}

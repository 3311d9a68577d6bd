import { type Facts, factsOf, shown, shownGroup } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';

/** Label names of Prometheus; `user.name` becomes `user_name`. */
const labelName = (field: string): string =>
  field
    .replace(/[^A-Za-z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_')
    .slice(0, 100);
/** How Alertmanager writes "has not ended". */
const NEVER = '0001-01-01T00:00:00Z';

/** The body that Alertmanager sends to webhooks (version 4), for receivers made for it. */
export function alertmanager(alert: AlertDocument): Payload {
  const facts = factsOf(alert);
  const labels = labelsOf(facts);
  const annotations = {
    summary: shown(facts.title, 200),
    description: shown(facts.reason, 2000),
    ...(facts.runbook === undefined ? {} : { runbook_url: facts.runbook }),
  };
  const status = facts.open ? 'firing' : 'resolved';
  return json({
    version: '4',
    groupKey: `{}:{fingerprint="${shown(facts.fingerprint, 60).replace(/["\\]/g, '_')}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'wardline',
    groupLabels: { alertname: labels['alertname'] },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: facts.url ?? '',
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: facts.opened,
        endsAt: facts.open ? NEVER : facts.time,
        generatorURL: facts.url ?? '',
        fingerprint: shown(facts.fingerprint, 60),
      },
    ],
  });
}

/** The engine's own labels stand last: a field of the group cannot take their place. */
export function labelsOf(facts: Facts): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(shownGroup(facts, 20, 200).map(([field, value]) => [labelName(field), value])),
    alertname: shown(facts.title, 200),
    rule_id: shown(facts.rule, 200),
    severity: facts.level,
    tenant: shown(facts.tenant, 100),
  };
}

import { factsOf, shownGroup } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { inert } from './markup.ts';
import { json, type Payload } from './payload.ts';

const PRIORITIES = { informational: 'P5', low: 'P4', medium: 'P3', high: 'P2', critical: 'P1' } as const;

/** Opsgenie Alert API v2 (also of Jira Service Management): created under the alert's id as alias, closed by it. */
export function opsgenie(alert: AlertDocument): Payload {
  const facts = factsOf(alert);
  const alias = encodeURIComponent(facts.alert);
  if (!facts.open) {
    return { ...json({ source: 'Wardline', note: inert(facts.reason, 2000) }), path: `/v2/alerts/${alias}/close?identifierType=alias` };
  }
  const details = {
    rule: facts.rule,
    time: facts.time,
    ...(facts.url === undefined ? {} : { url: facts.url }),
    ...Object.fromEntries(facts.group),
  };
  const body = {
    message: inert(facts.title, 130) || '-',
    alias: facts.alert,
    description: inert(facts.reason, 5000),
    priority: PRIORITIES[facts.level],
    source: 'Wardline',
    entity: inert(shownGroup(facts, 1, 300)[0]?.[1] ?? facts.tenant, 512),
    tags: facts.tags.slice(0, 20).map((tag) => inert(tag, 50)),
    details: Object.fromEntries(Object.entries(details).map(([name, value]) => [inert(name, 80), inert(value, 500)])),
  };
  return { ...json(body), path: '/v2/alerts' };
}

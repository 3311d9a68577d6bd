import { factsOf } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';

/** CloudEvents 1.0, structured mode. */
export function cloudevents(alert: AlertDocument): Payload {
  const { id, tenant, type, rule, time, document } = factsOf(alert);
  const event = {
    specversion: '1.0',
    id,
    source: `/wardline/${tenant}`,
    type: `dev.wardline.${type}`,
    subject: rule,
    time,
    datacontenttype: 'application/json',
    data: document,
  };
  return json(event, 'application/cloudevents+json; charset=utf-8');
}

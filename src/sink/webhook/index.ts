import type { Clock } from '../../shared/clock.ts';
import { createHttpClient } from '../http/client.ts';
import { outcomeOf } from '../http/outcome.ts';
import type { AlertDocument, Delivery, Sink } from '../sink.ts';
import { isWanted } from '../updates.ts';
import { createPayload } from './payloads/index.ts';
import type { WebhookSinkSettings } from './settings.ts';
import { sign, signingKey } from './signature.ts';

/**
 * Alerts to one receiver, one call each, signed as Standard Webhooks. The id of a call is the id of the alert document,
 * the same at every try, and the body is a pure function of alert and settings.
 */
export function createWebhookSink(settings: WebhookSinkSettings, clock: Clock): Sink {
  const { name, inFlight, perSecond } = settings;
  const http = createHttpClient(settings, clock);
  const keys = [settings.secret, settings.previousSecret]
    .filter((secret) => secret !== undefined)
    .map((secret) => signingKey(secret.reveal(), name));
  const makePayload = createPayload(settings.payload);

  const call = async (alert: AlertDocument, signal: AbortSignal): Promise<Delivery> => {
    const { id } = alert;
    const payload = isWanted(settings.updates, alert) ? makePayload(alert) : undefined;
    if (payload === undefined) return { id, outcome: 'skipped' };
    const { contentType, body, path } = payload;
    const timestamp = Math.floor(clock.now() / 1000);
    const signature = keys.map((key) => sign(key, id, timestamp, body)).join(' ');
    const headers = {
      'content-type': contentType,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      ...(signature === '' ? {} : { 'webhook-signature': signature }),
    };
    const answer = await http.send({ headers, body, ...(path === undefined ? {} : { path }) }, signal);
    return 'failed' in answer ? { id, outcome: 'retry', reason: answer.failed } : outcomeOf(id, answer.status, answer.retryAfterMs);
  };

  return {
    name,
    pace: { batch: 1, inFlight, ...(perSecond === undefined ? {} : { perSecond }) },
    async write(alerts, signal) {
      const outcomes: Delivery[] = [];
      for (const alert of alerts) outcomes.push(await call(alert, signal));
      return outcomes;
    },
    close: http.close,
  };
}

import { Agent, request } from 'undici';
import type { Clock } from '../../shared/clock.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import { at } from '../alert-row.ts';
import { checkUrl, guardedLookup } from '../guard.ts';
import type { WebhookSinkSettings } from '../settings.ts';
import type { AlertDocument, Delivery, Sink } from '../sink.ts';
import { outcomeOf, readRetryAfter } from './outcome.ts';
import { payloads } from './payloads.ts';
import { sign, signingKey } from './signature.ts';

const CONNECT_MS = 5000;
const TOTAL_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** After this many failures in a row the rest of a batch is not even tried: it comes back with the next one. */
const BREAK_AFTER = 5;

/**
 * Alerts to one receiver, signed as Standard Webhooks, one after the other so that the order of an alert's transitions
 * holds. The id of a call is the id of the alert, the same at every try.
 */
export function createWebhookSink(settings: WebhookSinkSettings, clock: Clock): Sink {
  const { name, insecure, allowPrivate, ca, cert, key } = settings;
  const url = checkUrl(settings.url instanceof Secret ? settings.url.reveal() : settings.url, { name, insecure, allowPrivate });
  const keys = [settings.secret, settings.previousSecret]
    .filter((secret) => secret !== undefined)
    .map((secret) => signingKey(secret.reveal(), name));
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  };
  const agent = new Agent({
    connect: { timeout: CONNECT_MS, lookup: guardedLookup(allowPrivate), ...tls },
    headersTimeout: TOTAL_MS,
    bodyTimeout: TOTAL_MS,
    connections: 4,
  });
  const makePayload = payloads[settings.payload];
  let failures = 0;

  const call = async (alert: AlertDocument, signal: AbortSignal): Promise<Delivery> => {
    const { contentType, body } = makePayload(alert);
    const timestamp = Math.floor(clock.now() / 1000);
    const signature = keys.map((one) => sign(one, alert.id, timestamp, body)).join(' ');
    const headers = {
      'content-type': contentType,
      'user-agent': 'wardline',
      'webhook-id': alert.id,
      'webhook-timestamp': String(timestamp),
      ...(signature === '' ? {} : { 'webhook-signature': signature }),
    };
    try {
      const answer = await request(url, {
        method: 'POST',
        headers,
        body,
        dispatcher: agent,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TOTAL_MS)]),
      });
      await drain(answer.body);
      const retryAfter = answer.headers['retry-after'];
      return outcomeOf(alert.id, answer.statusCode, readRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, clock.now()));
    } catch (error) {
      if (signal.aborted) throw new WardlineError('sink', `sink ${name}: stopped`, { retryable: true });
      return { id: alert.id, outcome: 'retry', reason: reasonOf(error) };
    }
  };

  return {
    name,
    async write(alerts, signal) {
      const outcomes: Delivery[] = [];
      for (const alert of alerts) {
        if (settings.updates === 'none' && at(alert.document, 'wardline.alert.stage') !== 'opened')
          outcomes.push({ id: alert.id, outcome: 'duplicate' });
        else if (failures >= BREAK_AFTER && outcomes.length > 0)
          outcomes.push({ id: alert.id, outcome: 'retry', reason: 'the receiver is failing', retryAfterMs: 30_000 });
        else {
          const outcome = await call(alert, signal);
          failures = outcome.outcome === 'retry' ? failures + 1 : 0;
          outcomes.push(outcome);
        }
      }
      return outcomes;
    },
    close: () => agent.close(),
  };
}

/** Reads an answer to its end or limit, so that the connection can be used again or is closed. */
async function drain(body: AsyncIterable<Uint8Array> & { destroy(): unknown }): Promise<void> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      body.destroy();
      return;
    }
  }
}

/** A network error by its code: messages may hold the URL, which counts as a secret. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string'
    ? code
    : messageOf(error)
        .slice(0, 40)
        .replace(/https?:\S*/g, 'the receiver');
}

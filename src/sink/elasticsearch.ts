import { Client, errors } from '@elastic/elasticsearch';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Logger } from '../shared/logger.ts';
import { at } from './alert-row.ts';
import { classOf, envelopeOf, itemsOf, retry } from './bulk-outcome.ts';
import { alertTemplate } from './elasticsearch-template.ts';
import type { ElasticsearchSinkSettings } from './settings.ts';
import type { AlertDocument, Delivery, Sink } from './sink.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const DAY_MS = 86_400_000;

/**
 * Alerts into Elasticsearch, each created once under its id: a repeated one is a 409 and a success. Every item of an
 * answer is judged by itself; nothing is skipped when access is refused. The 8.19 client serves servers 8 and 9.
 */
export function createElasticsearchSink(settings: ElasticsearchSinkSettings, logger: Logger): Sink {
  const client = clientOf(settings);
  const host = new URL(settings.node).host;
  const prefix = `wardline-alerts-${settings.namespace}`;
  let ready = false;

  const refuse = (what: string, error: unknown): never => {
    throw new WardlineError('sink', `Elasticsearch at ${host}: ${what}: ${messageOf(error)}`, { cause: error, retryable: true });
  };

  const prepare = async (signal: AbortSignal): Promise<void> => {
    if (ready) return;
    try {
      await client.indices.putIndexTemplate({ name: prefix, ...alertTemplate(`${prefix}-*`) } as never, { signal });
      ready = true;
      logger.info({ sink: settings.name, host, template: prefix }, 'index template in place');
    } catch (error) {
      refuse('the index template was not accepted', error);
    }
  };

  const send = async (alerts: readonly AlertDocument[], signal: AbortSignal): Promise<readonly Delivery[]> => {
    const operations = alerts.flatMap(({ id, document }) => [{ create: { _index: indexOf(prefix, document), _id: id } }, document]);
    let answer: unknown;
    try {
      answer = await client.bulk({ operations: operations as never }, { signal });
    } catch (error) {
      return whole(alerts, error, signal);
    }
    const items = itemsOf(answer, alerts.length);
    if (items === undefined) return alerts.map(({ id }) => retry(id, 'the answer does not name every document'));
    const outcomes: Delivery[] = [];
    for (const [i, alert] of alerts.entries()) {
      const item = items[i] ?? {};
      const reason = `${item.status ?? 'no status'} ${item.error?.type ?? ''}`.trim();
      switch (classOf(item)) {
        case 'stored':
        case 'duplicate':
          outcomes.push({ id: alert.id, outcome: classOf(item) as 'stored' | 'duplicate' });
          break;
        case 'retry':
          outcomes.push(retry(alert.id, reason));
          break;
        case 'content':
          outcomes.push(await envelope(alert, `${reason}: ${item.error?.reason ?? ''}`, signal));
          break;
        case 'access':
          throw new WardlineError('sink', `Elasticsearch at ${host} refuses to create documents in ${prefix}-*: ${reason}`, {
            retryable: true,
          });
      }
    }
    return outcomes;
  };

  const envelope = async (alert: AlertDocument, reason: string, signal: AbortSignal): Promise<Delivery> => {
    if (isEnvelope(alert.document)) return { id: alert.id, outcome: 'rejected', reason };
    logger.warn({ sink: settings.name, alert: alert.id, reason }, 'document refused by the mapping; stored in an envelope');
    const [outcome] = await send([envelopeOf(alert, reason)], signal);
    return outcome ?? retry(alert.id, reason);
  };

  /** The whole request failed: halve what is too large, wrap what is refused, try again what may pass. */
  const whole = async (alerts: readonly AlertDocument[], error: unknown, signal: AbortSignal): Promise<readonly Delivery[]> => {
    const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
    if (status === 401 || status === 403 || status === 404) return refuse(`access refused (${status})`, error);
    if (status === 413 || status === 400) {
      const [only] = alerts;
      if (alerts.length === 1 && only !== undefined) return [await envelope(only, `whole request ${status}`, signal)];
      const middle = alerts.length >> 1;
      return [...(await send(alerts.slice(0, middle), signal)), ...(await send(alerts.slice(middle), signal))];
    }
    return alerts.map(({ id }) => retry(id, status === undefined ? 'no answer' : `status ${status}`));
  };

  return {
    name: settings.name,
    async write(alerts, signal) {
      await prepare(signal);
      const outcomes: Delivery[] = [];
      for (const part of parts(alerts)) outcomes.push(...(await send(part, signal)));
      return outcomes;
    },
    close: () => client.close(),
  };
}

function clientOf({ node, apiKey, username, password, ca, insecure, name }: ElasticsearchSinkSettings): Client {
  if (node.startsWith('http:') && !insecure)
    throw new WardlineError('settings', `sink ${name}: node is http; use https, or set insecure: true`);
  const auth =
    apiKey !== undefined
      ? { auth: { apiKey: apiKey.reveal() } }
      : username !== undefined && password !== undefined
        ? { auth: { username, password: password.reveal() } }
        : {};
  const tls = ca === undefined && !insecure ? {} : { tls: { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !insecure } };
  return new Client({ node, ...auth, ...tls, maxRetries: 0, requestTimeout: 30_000 });
}

const isEnvelope = (document: JsonObject): boolean => at(document, 'wardline.envelope') !== undefined;

/**
 * The month comes from the alert itself, so that every retry and replay meets the same index; a forged date may not make
 * indices at will, so it is held between 90 days before and one day after the record was taken.
 */
export function indexOf(prefix: string, document: JsonObject): string {
  const time = Date.parse(String(document['@timestamp'] ?? ''));
  const created = Date.parse(String(at(document, 'event.created') ?? ''));
  const anchor = Number.isNaN(created) ? time : Math.min(Math.max(time, created - 90 * DAY_MS), created + DAY_MS);
  const date = new Date(Number.isNaN(anchor) ? 0 : anchor);
  return `${prefix}-${date.getUTCFullYear()}.${String(date.getUTCMonth() + 1).padStart(2, '0')}`;
}

function* parts(alerts: readonly AlertDocument[]): Generator<readonly AlertDocument[]> {
  let part: AlertDocument[] = [];
  let bytes = 0;
  for (const alert of alerts) {
    const size = JSON.stringify(alert.document).length;
    if (part.length > 0 && bytes + size > MAX_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(alert);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

import { Client, errors } from '@elastic/elasticsearch';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Logger } from '../shared/logger.ts';
import { at } from '../shared/nested.ts';
import { classOf, envelopeOf, itemsOf, retry } from './bulk-outcome.ts';
import { type Setup, setUp, storedIds } from './elasticsearch-setup.ts';
import { withoutNul } from './flattened.ts';
import type { ElasticsearchSinkSettings } from './settings.ts';
import type { AlertDocument, Delivery, Sink } from './sink.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const DAY_MS = 86_400_000;
/** After a start so many documents may be those that a process before this one had sent and not written down. */
const MAYBE_SENT = 1000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Alerts into Elasticsearch, each created once under its id: a repeated one is a 409 and a success. Every item of an
 * answer is judged by itself; nothing is skipped when access is refused. The 8.19 client serves servers 8 and 9.
 */
export function createElasticsearchSink(settings: ElasticsearchSinkSettings, logger: Logger): Sink {
  const client = clientOf(settings);
  const host = new URL(settings.node).host;
  const prefix = `wardline-alerts-${settings.namespace}`;
  let setup: Setup | undefined;
  let maybeSent = MAYBE_SENT;
  const unanswered = new Set<string>();

  const refuse = (what: string, error: unknown): never => {
    throw new WardlineError('sink', `Elasticsearch at ${host}: ${what}: ${messageOf(error)}`, { cause: error, retryable: true });
  };

  const prepare = async (signal: AbortSignal): Promise<Setup> => {
    if (setup !== undefined) return setup;
    try {
      setup = await setUp(client, { prefix, ...settings }, signal);
      logger.info({ sink: settings.name, host, template: prefix, ...setup }, 'index template in place');
      return setup;
    } catch (error) {
      return refuse('the index template was not accepted', error);
    }
  };

  const send = async (alerts: readonly AlertDocument[], signal: AbortSignal): Promise<readonly Delivery[]> => {
    const operations = alerts.flatMap(({ id, document }) => [
      { create: { _index: indexOf(prefix, document), _id: id } },
      withoutNul(document),
    ]);
    let answer: unknown;
    try {
      answer = await client.bulk({ operations: operations as never }, { signal });
    } catch (error) {
      return whole(alerts, error, signal);
    }
    const items = itemsOf(answer, alerts.length);
    if (items === undefined) return again(alerts, 'the answer does not name every document');
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
          outcomes.push(...again([alert], reason));
          break;
        case 'content':
          outcomes.push(await refused(alert, `${reason}: ${item.error?.reason ?? ''}`, signal));
          break;
        case 'access':
          throw new WardlineError('sink', `Elasticsearch at ${host} refuses to create documents in ${prefix}-*: ${reason}`, {
            retryable: true,
          });
      }
    }
    return outcomes;
  };

  /** What became of these is not known: they are sent again, and asked for first where the id alone does not tell. */
  const again = (alerts: readonly AlertDocument[], reason: string): readonly Delivery[] =>
    alerts.map(({ id }) => {
      unanswered.add(id);
      return retry(id, reason);
    });

  /** The document itself is refused and always will be: a dead delivery, or an envelope that is acceptable. */
  const refused = async (alert: AlertDocument, reason: string, signal: AbortSignal): Promise<Delivery> => {
    if (settings.refused === 'dead-letter' || isEnvelope(alert.document))
      return { id: alert.id, outcome: 'rejected', reason: reason.slice(0, 500) };
    logger.warn({ sink: settings.name, alert: alert.id, reason }, 'document refused by the mapping; stored in an envelope');
    const [outcome] = await send([envelopeOf(alert, reason)], signal);
    return outcome ?? retry(alert.id, reason);
  };

  /** The whole request failed: halve what is too large, set aside what is refused, try again what may pass. */
  const whole = async (alerts: readonly AlertDocument[], error: unknown, signal: AbortSignal): Promise<readonly Delivery[]> => {
    const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
    if (status === 401 || status === 403 || status === 404) return refuse(`access refused (${status})`, error);
    if (status === 413 || status === 400) {
      const [only] = alerts;
      if (alerts.length === 1 && only !== undefined) return [await refused(only, `whole request ${status}`, signal)];
      const middle = alerts.length >> 1;
      return [...(await send(alerts.slice(0, middle), signal)), ...(await send(alerts.slice(middle), signal))];
    }
    return again(alerts, status === undefined ? 'no answer' : `status ${status}`);
  };

  /** In a data stream: those of a part that are stored already. */
  const already = async (part: readonly AlertDocument[], signal: AbortSignal): Promise<ReadonlySet<string>> => {
    const asked = part.filter(({ id }) => maybeSent > 0 || unanswered.has(id)).map(({ id }) => id);
    maybeSent = Math.max(0, maybeSent - part.length);
    if (asked.length === 0) return new Set();
    try {
      return await storedIds(client, `${prefix}-*`, asked, signal);
    } catch (error) {
      return refuse('what is stored already cannot be asked', error);
    }
  };

  const sendOnce = async (part: readonly AlertDocument[], signal: AbortSignal): Promise<readonly Delivery[]> => {
    const stored = await already(part, signal);
    const missing = part.filter(({ id }) => !stored.has(id));
    const sent = new Map((missing.length === 0 ? [] : await send(missing, signal)).map((one) => [one.id, one]));
    return part.map(({ id }) => sent.get(id) ?? { id, outcome: 'duplicate' });
  };

  return {
    name: settings.name,
    retryDelayMs: (attempt, random) =>
      Math.round(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2)),
    async write(alerts, signal) {
      if (alerts.length === 0) return [];
      const { layout } = await prepare(signal);
      const outcomes: Delivery[] = [];
      for (const part of parts(alerts)) outcomes.push(...(await (layout === 'data-stream' ? sendOnce(part, signal) : send(part, signal))));
      for (const { id, outcome } of outcomes) if (outcome !== 'retry') unanswered.delete(id);
      return outcomes;
    },
    close: () => client.close(),
  };
}

/** A client of the server that these settings name. */
export function clientOf({ node, apiKey, username, password, ca, insecure, name }: ElasticsearchSinkSettings): Client {
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

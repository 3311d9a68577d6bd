import type { JsonObject, JsonValue } from '../../shared/json.ts';
import { at } from '../alert-row.ts';
import type { AlertDocument } from '../sink.ts';

export type Payload = { readonly contentType: string; readonly body: string };

const STAGES: Readonly<Record<string, string>> = {
  opened: 'alert.opened',
  continued: 'alert.updated',
  merged: 'alert.closed',
  closed: 'alert.closed',
};
/** Standard Webhooks asks for small bodies; evidence goes first. */
const MAX_BYTES = 20_000;

const text = (document: JsonObject, path: string): string => String(at(document, path) ?? '');
const typeOf = (document: JsonObject): string => STAGES[text(document, 'wardline.alert.stage')] ?? 'alert.opened';

/** `{type, timestamp, data}` with the document inside, as Standard Webhooks recommends. */
function standard({ id, document }: AlertDocument): Payload {
  const data = (inner: JsonObject, truncated: boolean): JsonObject => ({
    id,
    alert: text(document, 'wardline.alert.id'),
    stage: text(document, 'wardline.alert.stage'),
    severity: text(document, 'wardline.alert.severity'),
    title: text(document, 'message'),
    reason: text(document, 'event.reason'),
    ...(truncated ? { truncated } : {}),
    document: inner,
  });
  const whole = (inner: JsonObject, truncated: boolean): string =>
    JSON.stringify({ type: typeOf(document), timestamp: text(document, '@timestamp'), data: data(inner, truncated) });
  const full = whole(document, false);
  return { contentType: 'application/json', body: Buffer.byteLength(full) <= MAX_BYTES ? full : whole(withoutEvidence(document), true) };
}

/** The alert document as it is stored. */
function ecs({ document }: AlertDocument): Payload {
  return { contentType: 'application/json', body: JSON.stringify(document) };
}

/** CloudEvents 1.0, structured. */
function cloudevents({ id, document }: AlertDocument): Payload {
  const event = {
    specversion: '1.0',
    id,
    source: `/wardline/${text(document, 'organization.id')}`,
    type: `dev.wardline.${typeOf(document)}`,
    subject: text(document, 'rule.id'),
    time: text(document, '@timestamp'),
    datacontenttype: 'application/json',
    data: document,
  };
  return { contentType: 'application/cloudevents+json', body: JSON.stringify(event) };
}

function withoutEvidence(document: JsonObject): JsonObject {
  const wardline = document['wardline'] as JsonObject;
  const alert = { ...(wardline['alert'] as Record<string, JsonValue>), evidence: [] };
  return { ...document, wardline: { ...wardline, alert } };
}

/** Every payload by the name settings use. Pure functions of the alert: a retry sends the same bytes. */
export const payloads = { standard, ecs, cloudevents } as const;

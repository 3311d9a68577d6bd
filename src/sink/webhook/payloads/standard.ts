import type { JsonObject, JsonValue } from '../../../shared/json.ts';
import { cut, factsOf } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';

/** Standard Webhooks asks for bodies below 20 kB; evidence goes first. */
const MAX_BYTES = 20_000;

/** `{type, timestamp, data}` with the document inside, as Standard Webhooks recommends. */
export function standard(alert: AlertDocument): Payload {
  const { id, alert: episode, type, level, title, reason, url, time, document } = factsOf(alert);
  const stage = (document['wardline'] as { alert?: { stage?: JsonValue } } | undefined)?.alert?.stage ?? null;
  const head = { id, alert: episode, stage, severity: level, title, reason, ...(url === undefined ? {} : { url }) };
  const whole = json({ type, timestamp: time, data: { ...head, document } });
  if (Buffer.byteLength(whole.body) <= MAX_BYTES) return whole;
  const trimmed = json({ type, timestamp: time, data: { ...head, truncated: true, document: withoutEvidence(document) } });
  if (Buffer.byteLength(trimmed.body) <= MAX_BYTES) return trimmed;
  return json({ type, timestamp: time, data: { ...head, title: cut(title, 1000), reason: cut(reason, 2000), truncated: true } });
}

function withoutEvidence(document: JsonObject): JsonObject {
  const wardline = document['wardline'] as JsonObject;
  const alert = { ...(wardline['alert'] as Record<string, JsonValue>), evidence: [] };
  return { ...document, wardline: { ...wardline, alert } };
}

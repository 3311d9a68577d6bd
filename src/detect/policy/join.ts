import type { Event } from '../../event/event.ts';
import type { Join, JoinKey } from '../../rule/ir/rule.ts';
import type { JsonObject, JsonValue } from '../../shared/json.ts';
import type { ContextReader } from './context.ts';

/**
 * The document of an access or a decision with the keys it is joined by under `wardline.join`: an access has the first of
 * the keys that it carries, a decision every one. A decision also says whether the revision behind it is approved.
 */
export function withJoin(
  ecs: JsonObject,
  { role, keys, revisions }: Join,
  event: Event,
  context: ContextReader,
  verdict?: string,
): JsonObject {
  if (role === 'span') return withLinks(ecs, event);
  const all = keys.map((key) => keyOf(key, event)).filter((key) => key !== undefined);
  const wardline = (ecs['wardline'] ?? {}) as JsonObject;
  const join: JsonValue = role === 'access' ? (all[0] ?? null) : all;
  const approved = role === 'decision' && revisions !== undefined ? approval(revisions, event, context) : undefined;
  return {
    ...ecs,
    wardline: {
      ...wardline,
      join,
      ...(approved === undefined ? {} : { decision_revision: approved }),
      ...(verdict === undefined ? {} : { policy: { verdict } }),
    },
  };
}

/**
 * The links a span is an end of: a caller's by its own id; the called one's by its parent, and by its own id as well, since
 * Zipkin gives both ends one.
 */
function withLinks(ecs: JsonObject, event: Event): JsonObject {
  const [own, parent] = [text(event, 'span.id'), text(event, 'parent.id')];
  const called = /^(?:server|consumer)$/i.test(String(event.field('span.kind')));
  const links = [...new Set(called ? [parent, own] : [own])].filter((id) => id !== undefined);
  return { ...ecs, wardline: { ...((ecs['wardline'] ?? {}) as JsonObject), join: links } };
}

const text = (event: Event, ...fields: readonly string[]): string | undefined => {
  for (const field of fields) {
    const value = event.field(field);
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value);
  }
  return undefined;
};

function keyOf(key: JoinKey, event: Event): string | undefined {
  const one = (value: string | undefined): string | undefined => (value === undefined ? undefined : `${key}:${value}`);
  if (key === 'decision-id') return one(text(event, 'wardline.decision.id'));
  if (key === 'request') return one(text(event, 'http.request.id'));
  if (key === 'session') return one(text(event, 'wardline.access.session.id'));
  if (key === 'trace') return one(text(event, 'trace.id'));
  const parts = [
    text(event, 'wardline.access.subject.spiffe', 'user.id', 'user.name', 'wardline.access.subject.id', 'service.name'),
    text(event, 'wardline.access.resource.id', 'wardline.access.resource.service'),
    text(event, 'wardline.access.action'),
  ];
  return parts.every((part) => part !== undefined) ? `tuple:${JSON.stringify(parts)}` : undefined;
}

/** Whether the policy behind a decision was approved at its time; unknown where the store or the revision is missing. */
function approval(set: string, event: Event, context: ContextReader): 'approved' | 'unapproved' | 'unknown' {
  const revision = event.field('wardline.decision.policy.revision');
  const approved = context.value({ kind: 'context', store: 'revision', params: { set }, keys: ['approved'] }, event);
  const list = Array.isArray(revision) ? (revision as readonly JsonValue[]) : [revision];
  if (revision === undefined || revision === null || !Array.isArray(approved)) return 'unknown';
  return list.every((one) => one !== undefined && (approved as readonly JsonValue[]).includes(one)) ? 'approved' : 'unapproved';
}

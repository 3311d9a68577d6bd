import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';

/** Which of `related.*` a field's values belong to, by the name of the field. */
function kindOf(field: string): 'ip' | 'user' | 'hosts' | 'hash' | undefined {
  if (/(?:^|\.)(?:\w+_)?ip$/.test(field)) return 'ip';
  if (/\.hash\.\w+$/.test(field)) return 'hash';
  return NAMES.get(field);
}

const NAMES: ReadonlyMap<string, 'user' | 'hosts'> = new Map([
  ...['user', 'user.target', 'user.effective', 'user.changes', 'source.user', 'destination.user', 'client.user', 'server.user'].map(
    (field) => [`${field}.name`, 'user'] as const,
  ),
  ...['host.name', 'host.hostname', 'observer.hostname', 'url.domain', 'dns.question.name'].map((field) => [field, 'hosts'] as const),
  ...['source', 'destination', 'client', 'server'].map((end) => [`${end}.domain`, 'hosts'] as const),
]);

/** Fields that are not the event's own: what it is enriched with is no observable of it. */
const OWN = /^(?:related|threat|wardline|event)$/;

/** `related.*` of a finished document: sorted, unique, what it had already included. */
export function related(document: JsonObject): JsonObject {
  const found = new Map<string, Set<string>>();
  const add = (kind: string, value: JsonValue | undefined): void => {
    for (const item of Array.isArray(value) ? (value as readonly JsonValue[]) : [value]) {
      if (typeof item !== 'string' || item === '') continue;
      let values = found.get(kind);
      if (values === undefined) found.set(kind, (values = new Set()));
      values.add(item);
    }
  };
  const walk = (value: JsonValue, field: string): void => {
    const kind = kindOf(field);
    if (kind !== undefined && !isObject(value)) add(kind, value);
    else if (isObject(value)) for (const [key, inner] of Object.entries(value)) walk(inner, `${field}.${key}`);
  };
  for (const [key, value] of Object.entries(document)) if (!OWN.test(key)) walk(value, key);
  const known = document['related'];
  if (known !== undefined && isObject(known)) for (const [kind, value] of Object.entries(known)) add(kind, value);
  return Object.fromEntries(
    ['ip', 'user', 'hosts', 'hash'].flatMap((kind) => (found.has(kind) ? [[kind, [...(found.get(kind) ?? [])].sort()]] : [])),
  );
}

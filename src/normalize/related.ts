import type { JsonObject, JsonValue } from '../shared/json.ts';

/** ECS fields whose values are collected under `related.*`, by kind. */
const SOURCES: Readonly<Record<'ip' | 'user' | 'hosts' | 'hash', readonly string[]>> = {
  ip: [
    'source.ip',
    'destination.ip',
    'client.ip',
    'server.ip',
    'host.ip',
    'observer.ip',
    'dns.resolved_ip',
    'source.nat.ip',
    'destination.nat.ip',
  ],
  user: [
    'user.name',
    'user.target.name',
    'user.effective.name',
    'user.changes.name',
    'source.user.name',
    'destination.user.name',
    'client.user.name',
  ],
  hosts: ['host.name', 'host.hostname', 'source.domain', 'destination.domain', 'observer.hostname', 'url.domain', 'dns.question.name'],
  hash: [
    'process.hash.md5',
    'process.hash.sha1',
    'process.hash.sha256',
    'file.hash.md5',
    'file.hash.sha1',
    'file.hash.sha256',
    'dll.hash.sha256',
  ],
};

/** `related.*` of a finished document: sorted, unique, what it had already included. */
export function related(at: (field: string) => JsonValue | undefined): JsonObject {
  const out: Record<string, JsonValue> = {};
  for (const [kind, fields] of Object.entries(SOURCES)) {
    const values = new Set<string>();
    for (const field of [`related.${kind}`, ...fields]) {
      const value = at(field);
      for (const item of Array.isArray(value) ? (value as readonly JsonValue[]) : [value])
        if (typeof item === 'string' && item !== '') values.add(item);
    }
    if (values.size > 0) out[kind] = [...values].sort();
  }
  return out;
}

import type { JsonObject, JsonValue } from '../shared/json.ts';
import { at } from '../shared/nested.ts';

/** Somebody or something that alerts are about, and that risk and incidents are counted for. */
export type Entity = { readonly kind: EntityKind; readonly value: string };

export const ENTITY_KINDS = ['user', 'host', 'address', 'service'] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** Where an alert document names each kind. */
const FIELDS: Readonly<Record<EntityKind, string>> = {
  user: 'user.name',
  host: 'host.name',
  address: 'source.ip',
  service: 'service.name',
};

export const fieldOf = (kind: EntityKind): string => FIELDS[kind];

/** The entities an alert names as its own: what all its events agree on, or its group; the wider `related.*` are not. */
export function entitiesOfAlert(document: JsonObject): readonly Entity[] {
  return ENTITY_KINDS.flatMap((kind) => {
    const field = FIELDS[kind];
    const value: JsonValue | undefined = at(document, field) ?? groupValue(document, field);
    return typeof value === 'string' && value !== '' ? [{ kind, value }] : [];
  });
}

function groupValue(document: JsonObject, field: string): JsonValue | undefined {
  const group = at(document, 'wardline.alert.group');
  return typeof group === 'object' && group !== null && !Array.isArray(group) ? (group as JsonObject)[field] : undefined;
}

export const entityKey = ({ kind, value }: Entity): string => `${kind}\u0000${value}`;

/** What risk and incidents read of an alert; undefined for documents that add nothing: later steps, and their own. */
export type AlertPoint = {
  readonly alert: string;
  readonly rule: string;
  /** Event time, ms since the epoch. */
  readonly time: number;
  readonly score: number;
  readonly severity: number;
  readonly tactics: readonly string[];
  readonly title: string;
  readonly level: string;
  readonly entities: readonly Entity[];
};

const OWN_KINDS = ['risk', 'incident', 'telemetry'];

export function alertPoint(document: JsonObject): AlertPoint | undefined {
  if (at(document, 'wardline.alert.stage') !== 'opened' || OWN_KINDS.includes(String(at(document, 'wardline.alert.kind'))))
    return undefined;
  const time = Date.parse(String(document['@timestamp']));
  const tactics = at(document, 'threat.tactic.id');
  if (Number.isNaN(time)) return undefined;
  return {
    alert: String(at(document, 'wardline.alert.id')),
    rule: String(at(document, 'rule.id')),
    time,
    score: Number(at(document, 'event.risk_score') ?? 0),
    severity: Number(at(document, 'event.severity') ?? 0),
    tactics: Array.isArray(tactics) ? (tactics as readonly string[]) : [],
    title: String(document['message'] ?? ''),
    level: String(at(document, 'wardline.alert.severity')),
    entities: entitiesOfAlert(document),
  };
}

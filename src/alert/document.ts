import { agreed } from '../correlate/chain.ts';
import { EVIDENCE } from '../correlate/episodes.ts';
import type { Firing, Hit } from '../correlate/firing.ts';
import { fromMs, isoTime } from '../event/time.ts';
import type { Level, Rule } from '../rule/ir/rule.ts';
import { tupleId } from '../shared/digest.ts';
import { durationText } from '../shared/duration.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { threatOf } from './attack.ts';

/** What every alert of a process says about where it comes from. */
export type AlertContext = {
  readonly tenant: string;
  readonly engineVersion: string;
  readonly rulesetDigest: string;
  readonly baseUrl?: string;
};

export type AlertDocument = { readonly id: string; readonly document: JsonObject };

const SEVERITY: Readonly<Record<Level, readonly [severity: number, risk: number]>> = {
  informational: [1, 10],
  low: [2, 21],
  medium: [3, 47],
  high: [4, 73],
  critical: [5, 99],
};

const ACTIONS = { opened: 'alert-opened', continued: 'alert-updated', merged: 'alert-closed', closed: 'alert-closed' } as const;
const MAX_LIST = 100;

/** The id of one transition: rule, logic, group, cell and stage name it, so that a replay gives the same id. */
export function alertId(tenant: string, rule: Rule, groupKey: string, cell: bigint, stage: Firing['stage']): string {
  const kind = rule.kind === 'correlation' ? 'correlation' : 'match';
  return tupleId(['a1', tenant, rule.id, rule.logicDigest, groupKey, String(cell), kind, stage]);
}

/** The alert document (ECS) of one firing: a pure function of it, so a replay writes the same bytes under the same id. */
export function alertDocument(firing: Firing, rule: Rule, context: AlertContext): AlertDocument {
  const { group, cell, opening, stage, time, hits } = firing;
  const id = alertId(context.tenant, rule, group.key, cell, stage);
  const alert = alertId(context.tenant, rule, group.key, opening, 'opened');
  const [severity, risk] = SEVERITY[rule.meta.level];
  const first = hits[0] as Hit;
  const last = hits.at(-1) as Hit;
  const created = hits.reduce((most, hit) => Math.max(most, hit.appendedAt), 0);
  const shared = agreed(hits);
  const threat = threatOf(rule.meta.tags);
  const url = context.baseUrl === undefined ? {} : { url: `${context.baseUrl}/alerts/${alert}` };
  const document: Record<string, JsonValue> = {
    '@timestamp': isoTime(time),
    ecs: { version: '9.4.0' },
    event: {
      kind: 'signal',
      ...union(hits, 'event.category', 'category'),
      ...union(hits, 'event.type', 'type'),
      ...(shared['event.outcome'] === undefined ? {} : { outcome: shared['event.outcome'] }),
      action: ACTIONS[stage],
      provider: 'wardline',
      module: 'wardline',
      dataset: 'wardline.alerts',
      id,
      created: isoTime(fromMs(created)),
      start: isoTime(first.time),
      end: isoTime(last.time),
      duration: Number(last.time - first.time),
      severity,
      risk_score: risk,
      reason: reasonOf(firing, rule),
      ...url,
    },
    message: rule.meta.title,
    rule: ruleFields(rule),
    ...(threat === undefined ? {} : { threat: threat as unknown as JsonValue }),
    ...unflatten(
      Object.entries({ ...shared, ...group.values }).filter(([field]) => !field.startsWith('event.') && !field.startsWith('related.')),
    ),
    ...relatedOf(hits),
    organization: { id: context.tenant },
    tags: [...rule.meta.tags].sort(),
  };
  const wardline = (document['wardline'] ?? {}) as JsonObject;
  document['wardline'] = {
    ...wardline,
    engine: { version: context.engineVersion },
    alert: {
      id: alert,
      stage,
      status: stage === 'opened' || stage === 'continued' ? 'open' : 'closed',
      kind: rule.kind === 'correlation' ? 'correlation' : 'match',
      severity: rule.meta.level,
      group: group.values,
      fingerprint: tupleId(['fingerprint', context.tenant, rule.id, group.key]).slice(0, 12),
      opened: isoTime(opening),
      cell: isoTime(cell),
      count: firing.count,
      total: firing.total,
      ...(rule.kind === 'correlation'
        ? { window: { mode: 'sliding', start: isoTime(firing.window.start), end: isoTime(firing.window.end) } }
        : {}),
      ...(stage === 'merged' ? { reason: 'merged' } : {}),
      decision: firing.decision.map(({ condition, expected, observed }) => ({ condition, expected, observed, held: true })),
      evidence_count: firing.total,
      evidence: evidenceOf(hits),
      controls: [...rule.meta.controls].sort(),
      rule_digest: `sha256:${rule.logicDigest}`,
      ruleset: `sha256:${context.rulesetDigest}`,
    },
  };
  return { id, document };
}

/** First and last ten hits by coordinate. */
function evidenceOf(hits: readonly Hit[]): readonly JsonObject[] {
  const kept = hits.length <= 2 * EVIDENCE ? hits : [...hits.slice(0, EVIDENCE), ...hits.slice(-EVIDENCE)];
  return kept.map(({ origin, time, rule }) => ({
    source: origin.source,
    partition: origin.partition,
    offset: String(origin.offset),
    index: origin.index,
    time: isoTime(time),
    rule,
  }));
}

function ruleFields({ id, meta, kind, logicDigest }: Rule): JsonObject {
  return {
    id,
    uuid: id,
    name: meta.title,
    ...(meta.description === undefined ? {} : { description: meta.description }),
    author: [...meta.author],
    category: kind,
    ...(meta.license === undefined ? {} : { license: meta.license }),
    ...(meta.references[0] === undefined ? {} : { reference: meta.references[0] }),
    ruleset: 'wardline',
    version: logicDigest.slice(0, 12),
  };
}

/** One sentence: what held, for whom, how often, in how long. */
function reasonOf({ group, count, stage }: Firing, rule: Rule): string {
  const whom = Object.entries(group.values)
    .map(([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  const forWhom = whom === '' ? '' : ` for ${whom}`;
  if (rule.kind === 'detection') return `${rule.meta.title}${forWhom}${count > 1 ? ` (${count} events)` : ''}`;
  const span = durationText(rule.timespan);
  const what = `${rule.meta.title}: ${count} ${count === 1 ? 'match' : 'matches'} within ${span}${forWhom}`;
  return stage === 'closed' ? `${what}; over` : what;
}

function union(hits: readonly Hit[], field: string, name: string): JsonObject {
  const values = new Set(hits.flatMap(({ entities }) => (Array.isArray(entities[field]) ? (entities[field] as readonly string[]) : [])));
  return values.size === 0 ? {} : { [name]: [...values].sort() };
}

function relatedOf(hits: readonly Hit[]): JsonObject {
  const related: Record<string, JsonValue> = {};
  for (const kind of ['ip', 'user', 'hosts', 'hash']) {
    const values = new Set(
      hits.flatMap(({ entities }) =>
        Array.isArray(entities[`related.${kind}`]) ? (entities[`related.${kind}`] as readonly string[]) : [],
      ),
    );
    if (values.size > 0) related[kind] = [...values].sort().slice(0, MAX_LIST);
  }
  return Object.keys(related).length === 0 ? {} : { related };
}

/** Dotted names back to nested objects; a name below a plain value is left out. */
function unflatten(entries: readonly (readonly [string, JsonValue])[]): Record<string, JsonValue> {
  const root: Record<string, JsonValue> = {};
  for (const [name, value] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const keys = name.split('.');
    let node = root;
    let blocked = false;
    for (const key of keys.slice(0, -1)) {
      if (node[key] === undefined) node[key] = {};
      const inner = node[key];
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) {
        blocked = true;
        break;
      }
      node = inner as Record<string, JsonValue>;
    }
    if (!blocked) node[keys.at(-1) as string] = value;
  }
  return root;
}

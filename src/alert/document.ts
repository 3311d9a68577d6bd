import { agreed } from '../correlate/chain.ts';
import type { Firing } from '../correlate/firing.ts';
import { fromMs, isoTime } from '../event/time.ts';
import type { Level, Rule } from '../rule/ir/rule.ts';
import { tupleId } from '../shared/digest.ts';
import { durationText } from '../shared/duration.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { unflatten } from '../shared/nested.ts';
import { threatOf } from './attack.ts';
import { evidenceOf, relatedOf, union } from './evidence.ts';
import { exceptionsOf, levelOf } from './exceptions.ts';
import { withKibanaFields } from './kibana.ts';
import { caseLevel } from './severity.ts';
import { type OnClose, type Standing, severityBefore, standingOf } from './standing.ts';

/** What every alert of a process says about where it comes from, and the settings under `alerts`. */
export type AlertContext = {
  readonly tenant: string;
  readonly engineVersion: string;
  readonly rulesetDigest: string;
  readonly baseUrl?: string;
  readonly eventKind?: 'signal' | 'alert';
  readonly labels?: Readonly<Record<string, string>>;
  readonly kibanaFields?: boolean;
  readonly onClose?: OnClose;
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

/** The id of one transition: rule, logic, group, cell and stage name it, so that a replay gives the same id. */
export function alertId(tenant: string, rule: Rule, groupKey: string, cell: bigint, stage: Firing['stage']): string {
  const kind = rule.kind === 'correlation' ? 'correlation' : 'match';
  return tupleId(['a1', tenant, rule.id, rule.logicDigest, groupKey, String(cell), kind, stage]);
}

/**
 * The alert document (ECS) of one firing: a pure function of it and of the newest document of its episode, so a replay
 * writes the same bytes under the same id. Undefined: an operator has closed the alert, and its end is no news.
 */
export function alertDocument(firing: Firing, rule: Rule, context: AlertContext, latest?: JsonObject): AlertDocument | undefined {
  const { group, cell, opening, time, hits } = firing;
  const id = alertId(context.tenant, rule, group.key, cell, firing.stage);
  const episode = episodeOf(firing, rule, context);
  const standing = standingOf(firing.stage, { transition: id, episode }, latest, context.onClose ?? 'reset');
  if (standing === undefined) return undefined;
  const threat = threatOf(rule.meta.tags);
  const labels = { ...context.labels, ...rule.meta.alert?.labels };
  const values = { ...agreed(hits), ...group.values };
  const fields = Object.entries(values);
  const level = levelOf(hits, rule, caseLevel(rule.meta.alert ?? {}, firing.total, values) ?? rule.meta.level);
  const document: Record<string, JsonValue> = {
    '@timestamp': isoTime(time),
    ecs: { version: '9.4.0' },
    event: eventFields(firing, rule, context, { id, standing, level }),
    message: rule.meta.title,
    rule: ruleFields(rule),
    ...(threat === undefined ? {} : { threat: threat as unknown as JsonValue }),
    ...unflatten(fields.filter(([field]) => !field.startsWith('event.') && !field.startsWith('related.'))),
    ...relatedOf(hits),
    organization: { id: context.tenant },
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    tags: [...rule.meta.tags].sort(),
  };
  document['wardline'] = {
    ...((document['wardline'] ?? {}) as JsonObject),
    engine: { version: context.engineVersion },
    alert: {
      id: standing.alert,
      ...(standing.alert === episode ? {} : { episode }),
      stage: standing.stage,
      status: standing.status,
      workflow: 'new',
      ...standing.carried,
      kind: rule.kind === 'correlation' ? 'correlation' : 'match',
      severity: level,
      ...severityBefore(standing.stage, level, latest),
      building_block: rule.meta.alert?.buildingBlock ?? false,
      group: group.values,
      ...missingOf(firing, rule),
      fingerprint: tupleId(['fingerprint', context.tenant, rule.id, group.key]).slice(0, 12),
      opened: isoTime(opening),
      cell: isoTime(cell),
      count: firing.count,
      total: firing.total,
      ...(rule.kind === 'correlation'
        ? { window: { mode: 'sliding', start: isoTime(firing.window.start), end: isoTime(firing.window.end) } }
        : {}),
      ...(firing.stage === 'merged' ? { reason: 'merged' } : {}),
      exceptions: exceptionsOf(hits, rule),
      decision: decisionOf(firing, rule),
      evidence_count: firing.total,
      evidence: evidenceOf(hits),
      controls: [...rule.meta.controls].sort(),
      rule_digest: `sha256:${rule.logicDigest}`,
      ruleset: `sha256:${context.rulesetDigest}`,
    },
  };
  return { id, document: context.kibanaFields ? withKibanaFields(document) : document };
}

/** Fields of the group key that its matches lack, where those are a group of their own; of a rule that alerts alone most are. */
function missingOf({ group }: Firing, rule: Rule): JsonObject {
  const missing =
    rule.kind === 'correlation' ? rule.groupBy.map(({ name }) => name).filter((name) => !Object.hasOwn(group.values, name)) : [];
  return missing.length === 0 ? {} : { group_missing: missing };
}

/** The id of the alert that an episode opens, unless an operator closed it in between. */
export function episodeOf({ group, opening }: Firing, rule: Rule, { tenant }: AlertContext): string {
  return alertId(tenant, rule, group.key, opening, 'opened');
}

function eventFields(
  firing: Firing,
  rule: Rule,
  context: AlertContext,
  { id, standing, level }: { readonly id: string; readonly standing: Standing; readonly level: Level },
): JsonObject {
  const { hits } = firing;
  const [severity, risk] = SEVERITY[level];
  // An author's score is for the level the author gave.
  const score = level === rule.meta.level ? (rule.meta.alert?.riskScore ?? risk) : risk;
  const { start, end } = spanOf(firing);
  const outcome = agreed(hits)['event.outcome'];
  return {
    kind: context.eventKind ?? 'signal',
    ...union(hits, 'event.category', 'category'),
    ...union(hits, 'event.type', 'type'),
    ...(outcome === undefined ? {} : { outcome }),
    action: ACTIONS[standing.stage],
    provider: 'wardline',
    module: 'wardline',
    dataset: 'wardline.alerts',
    id,
    created: isoTime(fromMs(hits.reduce((most, hit) => Math.max(most, hit.appendedAt), 0))),
    start: isoTime(start),
    end: isoTime(end),
    duration: Number(end - start),
    severity,
    risk_score: score,
    reason: reasonOf(firing, rule),
    ...(context.baseUrl === undefined ? {} : { url: `${context.baseUrl.replace(/\/$/, '')}/alerts/${standing.alert}` }),
  };
}

/** From the first to the last match; of a fall to nothing, whose evidence is of before, the window that was judged. */
function spanOf({ count, hits, time, window }: Firing): Firing['window'] {
  return count === 0 ? window : { start: hits[0]?.time ?? window.start, end: hits.at(-1)?.time ?? time };
}

/** What the rule asked of the first event, where it alerts alone, and the condition over all of them. */
function decisionOf({ decision, hits }: Firing, rule: Rule): readonly JsonObject[] {
  const trail = rule.kind === 'detection' ? (hits[0]?.trail ?? []) : [];
  return [...trail, ...decision].map(({ condition, expected, observed }) => ({ condition, expected, observed, held: true }));
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
  const matches = `${count} ${count === 1 ? 'match' : 'matches'}`;
  const silent = `nothing${whom === '' ? '' : ` from ${whom}`} for ${span}, after ${matches}`;
  const what = `${rule.meta.title}: ${rule.condition.kind === 'absence' ? silent : `${matches} within ${span}${forWhom}`}`;
  return stage === 'closed' ? `${what}; over` : what;
}

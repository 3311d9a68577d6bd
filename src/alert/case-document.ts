import { fromMs, isoTime } from '../event/time.ts';
import { LEVELS, type Level } from '../rule/ir/rule.ts';
import { tupleId } from '../shared/digest.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { unflatten } from '../shared/nested.ts';
import { tacticName } from './attack.ts';
import type { AlertDocument } from './document.ts';
import { type AlertPoint, type Entity, fieldOf } from './entity.ts';
import { entitiesOfCase, type IncidentStep } from './incidents.ts';
import type { RiskCrossing } from './risk.ts';

type Origin = { readonly tenant: string; readonly engineVersion: string };

const MAX_SHOWN = 50;
const DAY_MS = 86_400_000;
const RISK_LEVELS: readonly (readonly [from: number, level: Level])[] = [
  [90, 'critical'],
  [70, 'high'],
  [40, 'medium'],
  [0, 'low'],
];

/** The alert that an entity's risk reached a threshold: its id names entity, threshold and day, so that a replay gives it again. */
export function riskDocument({ entity, time, score, reason, threshold, tactics, parts }: RiskCrossing, origin: Origin): AlertDocument {
  const day = Math.floor(time / DAY_MS);
  const id = tupleId(['r1', origin.tenant, entity.kind, entity.value, reason, String(threshold), String(day)]);
  const level = RISK_LEVELS.find(([from]) => score >= from)?.[1] ?? 'low';
  const who = `${entity.kind} ${entity.value}`;
  const what = reason === 'threshold' ? `Risk of ${who} reached ${threshold}` : `${tactics.length} tactics within a day for ${who}`;
  const heaviest = parts.slice(0, 20);
  return {
    id,
    document: frame(origin, {
      id,
      alert: id,
      stage: 'opened',
      status: 'closed',
      kind: 'risk',
      dataset: 'wardline.risk',
      time,
      start: Math.min(...parts.map((part) => part.time)),
      end: time,
      level,
      risk: score,
      rule: reason === 'threshold' ? 'risk-threshold' : 'risk-tactics',
      title: what,
      reason: `${what}: score ${score} from ${parts.length} alerts of ${new Set(parts.map(({ rule }) => rule)).size} rules`,
      entities: [entity],
      tactics,
      total: parts.length,
      decision: [
        reason === 'threshold'
          ? { condition: 'risk gte', expected: threshold, observed: score, held: true }
          : { condition: 'tactics gte', expected: threshold, observed: tactics.length, held: true },
      ],
      more: {
        risk: {
          entity: { kind: entity.kind, value: entity.value },
          score,
          alerts: heaviest.map(({ alert, rule, time: at, score: own }) => ({ alert, rule, time: isoTime(fromMs(at)), score: own })),
        },
      },
    }),
  };
}

/** One step of an incident: alerts that share entities, with the order in which their tactics were seen. */
export function incidentDocument({ policy, stage, step, case: one }: IncidentStep, origin: Origin): AlertDocument {
  const alert = tupleId(['i1', origin.tenant, policy, one.first]);
  const id = step === 0 ? alert : tupleId(['i1', origin.tenant, policy, one.first, String(step)]);
  const { members } = one;
  const worst = members.reduce<AlertPoint | undefined>(
    (most, member) => (most === undefined || member.severity > most.severity ? member : most),
    undefined,
  );
  const entities = entitiesOfCase(one);
  const rules = new Set(members.map(({ rule }) => rule)).size;
  const total = members.length + one.omitted;
  const named = entities.map(({ kind, value }) => `${kind} ${value}`);
  const whom = `${named.slice(0, 3).join(', ')}${named.length > 3 ? ` and ${named.length - 3} more` : ''}`;
  return {
    id,
    document: frame(origin, {
      id,
      alert,
      stage,
      status: stage === 'closed' ? 'closed' : 'open',
      kind: 'incident',
      dataset: 'wardline.incidents',
      time: one.end,
      start: one.start,
      end: one.end,
      level: LEVELS.find((level) => level === worst?.level) ?? 'medium',
      risk: Math.max(0, ...members.map(({ score }) => score)),
      rule: policy,
      title: `Incident: ${total} alerts for ${whom}`,
      reason: `${total} alerts of ${rules} rules share ${whom}`,
      entities,
      tactics: [...new Set(members.flatMap(({ tactics }) => tactics))].sort(),
      total,
      decision: [{ condition: 'rules gte', expected: null, observed: rules, held: true }],
      more: {
        incident: {
          policy,
          alerts: members.slice(-MAX_SHOWN).map(({ alert: member }) => member),
          timeline: timelineOf(members),
        },
      },
    }),
  };
}

/** Each tactic when it was seen first. */
function timelineOf(members: readonly AlertPoint[]): readonly JsonObject[] {
  const first = new Map<string, AlertPoint>();
  for (const member of members) for (const tactic of member.tactics) if (!first.has(tactic)) first.set(tactic, member);
  return [...first].map(([tactic, { time, alert, title }]) => ({
    time: isoTime(fromMs(time)),
    tactic,
    name: tacticName(tactic),
    alert,
    title,
  }));
}

type Parts = {
  readonly id: string;
  readonly alert: string;
  readonly stage: string;
  readonly status: string;
  readonly kind: string;
  readonly dataset: string;
  readonly time: number;
  readonly start: number;
  readonly end: number;
  readonly level: Level;
  readonly risk: number;
  readonly rule: string;
  readonly title: string;
  readonly reason: string;
  readonly entities: readonly Entity[];
  readonly tactics: readonly string[];
  readonly total: number;
  readonly decision: readonly JsonObject[];
  readonly more: JsonObject;
};

function frame({ tenant, engineVersion }: Origin, parts: Parts): JsonObject {
  const iso = (ms: number): string => isoTime(fromMs(ms));
  const only = new Map(parts.entities.map((entity) => [entity.kind, entity]));
  // An entity of a kind stands in its own field only where there is one of it.
  const single = [...only.values()].filter(({ kind }) => parts.entities.filter((one) => one.kind === kind).length === 1);
  const group = Object.fromEntries(single.map(({ kind, value }) => [fieldOf(kind), value]));
  const related: Record<string, JsonValue> = {};
  for (const [name, kind] of [
    ['user', 'user'],
    ['hosts', 'host'],
    ['ip', 'address'],
  ] as const) {
    const values = parts.entities.filter((one) => one.kind === kind).map(({ value }) => value);
    if (values.length > 0) related[name] = values.slice(0, 100);
  }
  return {
    '@timestamp': iso(parts.time),
    ecs: { version: '9.4.0' },
    event: {
      kind: 'signal',
      action: parts.stage === 'opened' ? 'alert-opened' : parts.stage === 'closed' ? 'alert-closed' : 'alert-updated',
      provider: 'wardline',
      module: 'wardline',
      dataset: parts.dataset,
      id: parts.id,
      created: iso(parts.time),
      start: iso(parts.start),
      end: iso(parts.end),
      duration: (parts.end - parts.start) * 1_000_000,
      severity: LEVELS.indexOf(parts.level) + 1,
      risk_score: parts.risk,
      reason: parts.reason,
    },
    message: parts.title,
    rule: { id: parts.rule, uuid: parts.rule, name: parts.rule, category: parts.kind, ruleset: 'wardline', version: '1' },
    ...(parts.tactics.length === 0
      ? {}
      : { threat: { framework: 'MITRE ATT&CK', tactic: { id: [...parts.tactics], name: parts.tactics.map(tacticName) } } }),
    ...unflatten(Object.entries(group)),
    ...(Object.keys(related).length === 0 ? {} : { related }),
    organization: { id: tenant },
    tags: [],
    wardline: {
      engine: { version: engineVersion },
      alert: {
        id: parts.alert,
        stage: parts.stage,
        status: parts.status,
        workflow: 'new',
        kind: parts.kind,
        severity: parts.level,
        building_block: false,
        group,
        fingerprint: tupleId(['fingerprint', tenant, parts.kind, parts.rule, parts.alert]).slice(0, 12),
        opened: iso(parts.start),
        count: parts.total,
        total: parts.total,
        decision: [...parts.decision],
        evidence_count: 0,
        evidence: [],
        exceptions: [],
        controls: [],
      },
      ...parts.more,
    },
  };
}

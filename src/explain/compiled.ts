import { feedsOf } from '../correlate/plans.ts';
import { coverOf } from '../detect/anchors.ts';
import { stepOf } from '../detect/explain.ts';
import { covers } from '../detect/routing.ts';
import { ECS_FALLBACK } from '../normalize/ecs-fallback.ts';
import { withImpliedCategories } from '../normalize/implied-categories.ts';
import { formats as builtIn } from '../normalize/index.ts';
import type { Expr } from '../rule/ir/expr.ts';
import type { Condition, Correlation, Detection, MemberExpr, Rule, RuleId } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';
import { durationText } from '../shared/duration.ts';

/** What a rule became: for people in lines, for programs as it stands. */
export type Compiled = {
  readonly id: RuleId;
  readonly title: string;
  readonly kind: string;
  readonly logic: string;
  readonly facts: readonly (readonly [name: string, text: string])[];
  readonly tree: readonly string[];
};

export function compiledOf(rule: Rule, ruleset: Ruleset): Compiled {
  const head = { id: rule.id, title: rule.meta.title, logic: rule.logicDigest };
  return rule.kind === 'detection'
    ? {
        ...head,
        kind: rule.policy === undefined ? `${rule.language} detection` : 'zero-trust policy',
        facts: detectionFacts(rule, ruleset),
        tree: treeOf(rule),
      }
    : { ...head, kind: `correlation: ${rule.condition.kind}`, facts: correlationFacts(rule, ruleset), tree: [] };
}

function detectionFacts(rule: Detection, ruleset: Ruleset): readonly (readonly [string, string])[] {
  const { logsource, dedup, alerts, priority, asks } = rule;
  const fields = [...new Set(fieldsOf(rule.expr))];
  const serving = builtIn.filter(
    (format) => logsource === undefined || withImpliedCategories(format.logsources).some((label) => covers(logsource, label)),
  );
  const cover = coverOf(rule.expr, () => 1);
  const users = ruleset.correlations.filter(({ members }) => members.includes(rule.id)).map(({ id, meta }) => meta.name ?? id);
  return [
    [
      'log source',
      logsource === undefined
        ? 'every event'
        : Object.entries(logsource)
            .map(([key, value]) => `${key} ${value}`)
            .join(', '),
    ],
    [
      'formats',
      serving.length === builtIn.length
        ? 'all'
        : serving.length === 0
          ? 'none is built in: a source of the settings must name this log source'
          : serving.map(({ name }) => name).join(', '),
    ],
    ['fields', fields.length === 0 ? 'any value of the event' : fields.map((field) => `${field}${resolved(field)}`).join(', ')],
    [
      'index',
      cover === undefined
        ? 'none: asked of every event of its log source'
        : `${cover.anchors.length} literals, such as ${cover.anchors
            .slice(0, 3)
            .map(({ kind, text, field }) => `${field ?? 'any value'} ${kind} ${JSON.stringify(text)}`)
            .join(', ')}`,
    ],
    [
      'alerts',
      alerts
        ? dedup === 'each'
          ? 'one per match'
          : `one per ${dedup.by.join(', ')} until ${durationText(dedup.within)} pass without a match`
        : 'none of its own',
    ],
    ...(users.length > 0 ? [['feeds', users.join(', ')] as const] : []),
    ...(priority === undefined ? [] : [['priority', String(priority)] as const]),
    ...(asks === undefined
      ? []
      : [['asks', asks.facts.map(({ name, timeoutMs }) => `${name} (at most ${timeoutMs} ms)`).join(', ')] as const]),
  ];
}

/** The ECS field that stands for a Sigma field where the event has no key of that name. */
const resolved = (field: string): string => (ECS_FALLBACK.has(field) ? ` -> ${ECS_FALLBACK.get(field)}` : '');

const fieldsOf = (expr: Expr): readonly string[] => {
  if (expr.op === 'and' || expr.op === 'or') return expr.of.flatMap(fieldsOf);
  if (expr.op === 'not') return fieldsOf(expr.of);
  return expr.op === 'constant' || expr.field === null ? [] : [expr.field];
};

function treeOf({ expr, policy }: Detection): readonly string[] {
  if (policy === undefined) return exprLines(expr, 0);
  return [
    'in scope:',
    ...exprLines(policy.scope, 1),
    ...policy.allow.map(
      ({ id, require }) =>
        `allow ${id}${require.length > 0 ? `, requires ${require.map(({ name, wanted }) => `${name} ${wanted}`).join('; ')}` : ''}`,
    ),
    ...policy.forbid.map(({ id, detector }) => `forbid ${id} (${detector})`),
  ];
}

const MAX_ALTERNATIVES = 12;

function exprLines(expr: Expr, depth: number): readonly string[] {
  const pad = '  '.repeat(depth);
  if (expr.op === 'constant') return [`${pad}${expr.value ? 'always' : 'never'}`];
  if (expr.op === 'not') return [`${pad}not`, ...exprLines(expr.of, depth + 1)];
  if (expr.op === 'and' || expr.op === 'or') {
    const more = expr.of.length - MAX_ALTERNATIVES;
    return [
      `${pad}${expr.op === 'and' ? 'all of' : 'any of'}`,
      ...expr.of.slice(0, MAX_ALTERNATIVES).flatMap((one) => exprLines(one, depth + 1)),
      ...(more > 0 ? [`${pad}  and ${more} more`] : []),
    ];
  }
  const { condition, expected } = stepOf(expr, true, undefined);
  return [`${pad}${condition} ${JSON.stringify(expected)}`];
}

function correlationFacts(rule: Correlation, ruleset: Ruleset): readonly (readonly [string, string])[] {
  const feed = [...feedsOf(ruleset).values()].flat().find(({ plan }) => plan.rule === rule.id);
  const kind = feed?.plan.kind;
  const nameOf = (id: RuleId): string => ruleset.byId.get(id)?.meta.name ?? id;
  return [
    ['members', rule.members.map(nameOf).join(', ')],
    ['group by', rule.groupBy.length === 0 ? 'all events' : rule.groupBy.map(({ name }) => name).join(', ')],
    ['within', durationText(rule.timespan)],
    ['holds when', conditionText(rule.condition, nameOf)],
    [
      'decides',
      kind?.settled
        ? `once no earlier match can come${kind.delay > 0n ? `, and ${durationText(kind.delay)} have passed` : ''}: late matches are left out`
        : 'at once: more matches can only make it true, late ones included',
    ],
    [
      'state',
      `matches of the last ${durationText((kind?.reach ?? 0n) + (feed?.plan.lag ?? 0n))} per group${rule.options.maxGroups === undefined ? '' : `, at most ${rule.options.maxGroups} groups`}`,
    ],
    [
      'alerts',
      rule.alerts
        ? `one per group until ${durationText(rule.options.keepAlive ?? rule.timespan)} pass without a trigger`
        : 'none of its own',
    ],
    ...(rule.generate ? [['members', 'go on alerting alone'] as const] : []),
  ];
}

function conditionText(condition: Condition, nameOf: (id: RuleId) => string): string {
  switch (condition.kind) {
    case 'event_count':
      return condition.thresholds.map(({ compare, value }) => `matches ${compare} ${value}`).join(' and ');
    case 'value_count':
      return condition.thresholds.map(({ compare, value }) => `different ${condition.fields.join(', ')} ${compare} ${value}`).join(' and ');
    case 'value_sum':
    case 'value_avg':
    case 'value_median':
    case 'value_percentile':
      return condition.thresholds
        .map(({ compare, value }) => `${condition.kind.slice(6)} of ${condition.field} ${compare} ${value}`)
        .join(' and ');
    case 'temporal':
      return condition.thresholds.length === 0
        ? `all members match${condition.ordered ? ', in this order' : ''}`
        : condition.thresholds.map(({ compare, value }) => `different members ${compare} ${value}`).join(' and ');
    case 'temporal_expression':
      return `${memberText(condition.expression, nameOf)}${condition.ordered ? ', in this order' : ''}`;
    case 'sequence': {
      const { steps, absent, until } = condition.sequence;
      return [
        steps.map(({ rule, maxGap }) => `${nameOf(rule)}${maxGap === undefined ? '' : ` within ${durationText(maxGap)}`}`).join(', then '),
        ...absent.map(
          ({ rule, at }) =>
            `no ${nameOf(rule)} ${at === 0 ? 'before' : at === steps.length ? 'after' : `between step ${at} and ${at + 1}`}`,
        ),
        ...(until === undefined ? [] : [`until ${nameOf(until)}`]),
      ].join('; ');
    }
    case 'absence':
      return `${condition.minSeen} or more matches came, and then none`;
    default:
      return JSON.stringify(condition, (_key, value: unknown) => (typeof value === 'bigint' ? durationText(value) : value));
  }
}

const memberText = (expr: MemberExpr, nameOf: (id: RuleId) => string): string => {
  if (expr.op === 'member') return nameOf(expr.rule);
  if (expr.op === 'not') return `not ${memberText(expr.of, nameOf)}`;
  return `(${expr.of.map((one) => memberText(one, nameOf)).join(` ${expr.op} `)})`;
};

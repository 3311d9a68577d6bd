import type { Match } from '../detect/match.ts';
import type { Condition, Correlation, Detection, RuleId } from '../rule/ir/rule.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { modeOf, textsOf, tuplesOf } from './conditions.ts';
import type { Group } from './firing.ts';
import type { Plan } from './group-state.ts';

/** What the correlator must know of a ruleset. */
export type CorrelateRules = {
  readonly detections: readonly Detection[];
  readonly correlations: readonly Correlation[];
  readonly digest: string;
};

/** One stateful rule and how a match of one of its members finds its groups. */
export type Feed = {
  readonly plan: Plan;
  readonly logic: string;
  /** Fields of the group key by name, and where this member has them. */
  readonly groupBy: readonly { readonly name: string; readonly field: string }[];
  /** True: a missing value is a group of its own; false: the match is not correlated. */
  readonly missingIsGroup: boolean;
};

/** Feeds by member: correlations as written, and for every detection that alerts alone the implicit count of one. */
export function feedsOf(rules: CorrelateRules): ReadonlyMap<RuleId, readonly Feed[]> {
  const feeds = new Map<RuleId, Feed[]>();
  const add = (member: RuleId, feed: Feed): void => void feeds.set(member, [...(feeds.get(member) ?? []), feed]);
  for (const rule of rules.correlations) {
    const plan: Plan = {
      rule: rule.id,
      members: rule.members,
      condition: rule.condition,
      mode: modeOf(rule.condition),
      timespan: rule.timespan,
      rearm: rule.timespan,
    };
    for (const member of rule.members) {
      const groupBy = rule.groupBy.map(({ name, fields }) => ({ name, field: fields.get(member) ?? name }));
      add(member, { plan, logic: rule.logicDigest, groupBy, missingIsGroup: false });
    }
  }
  for (const rule of rules.detections) if (rule.alerts) add(rule.id, ownFeed(rule));
  return feeds;
}

const ONE: Condition = { kind: 'event_count', thresholds: [{ compare: 'gte', value: 1 }] };

function ownFeed({ id, dedup, logicDigest }: Detection): Feed {
  const [by, within] = dedup === 'each' ? [[], 1n] : [dedup.by, dedup.within];
  const plan: Plan = { rule: id, members: [id], condition: ONE, mode: 'trigger', timespan: within, rearm: within };
  const groupBy = by.map((name) => ({ name, field: name }));
  return { plan, logic: logicDigest, groupBy: dedup === 'each' ? EACH : groupBy, missingIsGroup: true };
}

/** One alert per match: the event itself is the group. */
const EACH = [{ name: 'event.id', field: 'event.id' }];

/** The groups a match belongs to: one per combination of array elements, none where a value is missing and must not be. */
export function groupsOf({ groupBy, missingIsGroup }: Feed, match: Match): readonly Group[] {
  const parts = groupBy.map(({ field }) => {
    const texts = textsOf(match.fields[field] ?? dotted(match.ecs, field));
    return texts.length === 0 && missingIsGroup ? [''] : texts;
  });
  return tuplesOf(parts).map((tuple) => {
    const values: Record<string, JsonValue> = Object.create(null);
    groupBy.forEach(({ name }, i) => {
      if (tuple[i] !== '') values[name] = tuple[i] as string;
    });
    return { key: JSON.stringify(tuple), values };
  });
}

function dotted(document: JsonObject, name: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of name.split('.')) {
    if (value === undefined || !isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/**
 * Fields that matches of each rule must carry, for group keys and conditions of every rule they feed, and of the rules
 * that those feed in turn: a chained match can only hand on what was projected.
 */
export function fieldsNeeded(rules: CorrelateRules): ReadonlyMap<RuleId, readonly string[]> {
  const conditions = new Map(rules.correlations.map(({ id, condition }) => [id, condition]));
  const feeds = feedsOf(rules);
  const needed = (member: RuleId, depth: number): readonly string[] =>
    depth > MAX_CHAIN
      ? []
      : (feeds.get(member) ?? []).flatMap(({ plan, groupBy }) => [
          ...groupBy.map(({ field }) => field),
          ...conditionFields(conditions.get(plan.rule)),
          ...(plan.rule === member ? [] : needed(plan.rule, depth + 1)),
        ]);
  return new Map([...feeds.keys()].map((member) => [member, [...new Set(needed(member, 0))]]));
}

const MAX_CHAIN = 8;

export function conditionFields(condition: Condition | undefined): readonly string[] {
  if (condition === undefined) return [];
  if (condition.kind === 'value_count') return condition.fields;
  return 'field' in condition ? [condition.field] : [];
}

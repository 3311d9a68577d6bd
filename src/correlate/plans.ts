import type { Match } from '../detect/match.ts';
import type { Nanos } from '../event/time.ts';
import type { Condition, Correlation, Detection, RuleId } from '../rule/ir/rule.ts';
import { newBag } from '../shared/bag.ts';
import { fold as foldCase } from '../shared/fold.ts';
import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { kindOf } from './conditions/index.ts';
import type { Group } from './firing.ts';
import { type KeyOf, plainKey, rememberedKey } from './group-key.ts';
import type { Kind } from './kind.ts';
import { textsOf, tuplesOf } from './values.ts';

/** What a stateful rule is to its groups: how it decides, and how long an episode stays open without trigger. */
export type Plan = {
  readonly rule: RuleId;
  readonly members: readonly RuleId[];
  /** Names of the group key. */
  readonly groupBy: readonly string[];
  readonly kind: Kind;
  readonly timespan: Nanos;
  readonly rearm: Nanos;
  readonly maxGroups: number | undefined;
  /** True: starts of its episodes are matches of other rules. */
  readonly chained: boolean;
  /** How far behind the watermark it decides, so that the rules below it have decided everything before. */
  readonly lag: Nanos;
  /** Above the rules that feed it: 0 for what only detections feed. */
  readonly level: number;
};

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
  readonly groupBy: readonly { readonly name: string; readonly field: string; readonly fold: boolean }[];
  /** True: a missing value is a group of its own; false: the match is not correlated. */
  readonly missingIsGroup: boolean;
  readonly keyOf: KeyOf;
};

/** Feeds by member: correlations as written, and for every detection that alerts alone the implicit count of one. */
export function feedsOf(rules: CorrelateRules): ReadonlyMap<RuleId, readonly Feed[]> {
  const feeds = new Map<RuleId, Feed[]>();
  const keyOf = rememberedKey();
  const add = (member: RuleId, feed: Feed): void => void feeds.set(member, [...(feeds.get(member) ?? []), feed]);
  for (const plan of plansOf(rules.correlations).values()) {
    const { groupBy, logicDigest, options } = rules.correlations.find(({ id }) => id === plan.rule) as Correlation;
    for (const member of plan.members) {
      const fields = groupBy.map(({ name, fields: own }) => ({
        name,
        field: own.get(member) ?? name,
        fold: options.fold?.includes(name) ?? false,
      }));
      add(member, { plan, logic: logicDigest, groupBy: fields, missingIsGroup: options.missing === 'group', keyOf });
    }
  }
  for (const rule of rules.detections) if (rule.alerts) add(rule.id, ownFeed(rule, keyOf));
  return feeds;
}

/** Plans of correlations, each after those of its members. */
function plansOf(correlations: readonly Correlation[]): ReadonlyMap<RuleId, Plan> {
  const byId = new Map(correlations.map((rule) => [rule.id, rule]));
  const chained = new Set(correlations.flatMap(({ members }) => members));
  const plans = new Map<RuleId, Plan>();
  const planOf = (rule: Correlation, depth: number): void => {
    if (plans.has(rule.id) || depth > MAX_CHAIN) return;
    const inner = rule.members.map((member) => byId.get(member)).filter((one) => one !== undefined);
    for (const one of inner) planOf(one, depth + 1);
    const below = inner.map(({ id }) => plans.get(id)).filter((plan) => plan !== undefined);
    plans.set(rule.id, {
      rule: rule.id,
      members: rule.members,
      groupBy: rule.groupBy.map(({ name }) => name),
      kind: kindOf(rule.condition, rule),
      timespan: rule.timespan,
      rearm: rule.options.keepAlive ?? rule.timespan,
      maxGroups: rule.options.maxGroups,
      chained: chained.has(rule.id),
      level: below.reduce((most, { level }) => Math.max(most, level + 1), 0),
      lag: below.reduce((most, { lag, kind }) => (lag + kind.delay > most ? lag + kind.delay : most), 0n),
    });
  };
  for (const rule of correlations) planOf(rule, 0);
  return plans;
}

const ONE: Condition = { kind: 'event_count', thresholds: [{ compare: 'gte', value: 1 }] };

function ownFeed({ id, dedup, logicDigest }: Detection, keyOf: KeyOf): Feed {
  const within = dedup === 'each' ? 1n : dedup.within;
  const members = [id];
  const kind = kindOf(ONE, { members, timespan: within });
  const names = dedupFields(dedup);
  const plan: Plan = {
    rule: id,
    members,
    groupBy: names,
    kind,
    timespan: within,
    rearm: within,
    maxGroups: undefined,
    chained: false,
    lag: 0n,
    level: 0,
  };
  const groupBy = names.map((name) => ({ name, field: name, fold: false }));
  // Each event has its own key.
  return { plan, logic: logicDigest, groupBy, missingIsGroup: true, keyOf: dedup === 'each' ? plainKey : keyOf };
}

/** Fields of the group key of a rule that alerts alone; with one alert per match the event itself is the group. */
export const dedupFields = (dedup: Detection['dedup']): readonly string[] => (dedup === 'each' ? ['event.id'] : dedup.by);

/** The groups a match belongs to: one per combination of array elements, none where a value is missing and must not be. */
export function groupsOf(feed: Feed, fields: Match['fields'], ecs: JsonObject): readonly Group[] {
  const { groupBy } = feed;
  const [only] = groupBy;
  if (only !== undefined && groupBy.length === 1) {
    const texts = partOf(only, feed, fields, ecs);
    // Most rules have one field, and most fields one value.
    if (texts.length === 1) return [groupWith(texts, feed)];
  }
  return tuplesOf(groupBy.map((one) => partOf(one, feed, fields, ecs))).map((tuple) => groupWith(tuple, feed));
}

function partOf({ field, fold }: Feed['groupBy'][number], { missingIsGroup }: Feed, fields: Match['fields'], ecs: JsonObject) {
  const texts = textsOf(fields[field] ?? dotted(ecs, field));
  if (texts.length === 0 && missingIsGroup) return [''];
  return fold ? [...new Set(texts.map(foldCase))] : texts;
}

const groupWith = (tuple: readonly string[], { plan, keyOf }: Feed): Group => ({ key: keyOf(tuple), values: valuesOf(tuple, plan) });

/** The group of a key that `groupsOf` gave. */
export const groupOf = (key: string, plan: Pick<Plan, 'groupBy'>): Group => ({
  key,
  values: valuesOf(JSON.parse(key) as readonly string[], plan),
});

/** The fields of the group key; one that is missing is none. */
function valuesOf(tuple: readonly string[], { groupBy }: Pick<Plan, 'groupBy'>): Group['values'] {
  const values = newBag<JsonValue>();
  for (let i = 0; i < groupBy.length; i++) if (tuple[i] !== '') values[groupBy[i] as string] = tuple[i] as string;
  return values;
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

/** What a condition reads of a match stands in its `field` or `fields`. */
export function conditionFields(condition: Condition | undefined): readonly string[] {
  if (condition === undefined) return [];
  if ('fields' in condition) return condition.fields;
  return 'field' in condition ? [condition.field] : [];
}

import type { Match } from '../detect/match.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import { entitiesOf, type FieldNames, noNames } from './entities.ts';
import type { Group, Hit } from './firing.ts';
import { type CorrelateRules, feedsOf, groupsOf, type Plan } from './plans.ts';

/** A match on its way to one group of one rule. */
export type Routed = { readonly rule: RuleId; readonly logic: string; readonly group: Group; readonly hit: Hit; readonly late: boolean };

export type Router = {
  /** The groups a match belongs to; `ungrouped` names the rules whose group key it lacks, `unvalued` those whose compared value. */
  route(match: Match): Routing;
  /** Rules that an exception hides the match from do not get it. */
  routeHit(hit: Hit, ecs: Match['ecs'], late: boolean, hiddenFrom?: readonly RuleId[]): Routing;
  /** Which of `partitions` partitions a group lives in. */
  partitionOf(rule: RuleId, groupKey: string, partitions: number): number;
};

/** Rules that a match is left out of. */
export type LeftOut = { readonly ungrouped: readonly RuleId[]; readonly unvalued: readonly RuleId[] };
type Routing = LeftOut & { readonly routed: readonly Routed[] };
const NONE: readonly RuleId[] = [];
const NOTHING: Routing = { routed: [], ungrouped: NONE, unvalued: NONE };

export function createRouter(rules: CorrelateRules): Router {
  const feeds = feedsOf(rules);
  const plans = new Map([...feeds.values()].flat().map(({ plan }) => [plan.rule, plan]));
  const families = familiesOf([...plans.values()]);
  const names = noNames();
  const routeHit: Router['routeHit'] = (hit, ecs, late, hiddenFrom = []) => {
    let ungrouped = NONE;
    let unvalued = NONE;
    const routed: Routed[] = [];
    for (const feed of feeds.get(hit.rule) ?? []) {
      if (hiddenFrom.includes(feed.plan.rule)) continue;
      const groups = groupsOf(feed, hit.values, ecs);
      if (groups.length === 0) ungrouped = [...ungrouped, feed.plan.rule];
      else if (feed.plan.kind.lacks?.(hit.values)) unvalued = [...unvalued, feed.plan.rule];
      else for (const group of groups) routed.push({ rule: feed.plan.rule, logic: feed.logic, group, hit, late });
    }
    return { routed, ungrouped, unvalued };
  };
  return {
    route: (match) =>
      feeds.has(match.rule) ? routeHit(hitOf(match, names), match.ecs, match.lateness !== 'in_time', match.hiddenFrom) : NOTHING,
    routeHit,
    partitionOf(rule, groupKey, partitions) {
      const family = families.get(rule);
      return hash(family === undefined ? `${rule}\n${groupKey}` : family) % partitions;
    },
  };
}

function hitOf({ time, origin, rule, appendedAt, fields: values, ecs, trail, exceptions }: Match, names: FieldNames): Hit {
  const entities = entitiesOf(ecs, names);
  const bytes = bytesOf(values, entities) + STEP_BYTES * (trail?.length ?? 0);
  const hit: Hit = { time, origin, rule, appendedAt, values, entities, bytes };
  if (trail === undefined && exceptions === undefined) return hit;
  return { ...hit, ...(trail === undefined ? {} : { trail }), ...(exceptions === undefined ? {} : { exceptions }) };
}

/**
 * Rules that feed one another live in one partition with all their groups, so that a rule above never waits for a
 * watermark of another partition (docs/decisions/). The family is named by its least rule.
 */
function familiesOf(plans: readonly Plan[]): ReadonlyMap<RuleId, RuleId> {
  const parent = new Map<RuleId, RuleId>(plans.map(({ rule }) => [rule, rule]));
  const rootOf = (rule: RuleId): RuleId => {
    let root = rule;
    for (let next = parent.get(root); next !== undefined && next !== root; next = parent.get(root)) root = next;
    return root;
  };
  const chained = new Set<RuleId>();
  for (const { rule, members } of plans)
    for (const member of members) {
      if (member === rule || !parent.has(member) || !plans.some((plan) => plan.rule === member && plan.chained)) continue;
      const [a, b] = [rootOf(rule), rootOf(member)].sort() as [RuleId, RuleId];
      parent.set(b, a);
      chained.add(rule).add(member);
    }
  return new Map([...chained].map((rule) => [rule, rootOf(rule)]));
}

/** FNV-1a over UTF-16 units, 32 bits: the same in every process and every version. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  // The low bits of FNV are weak; the high ones are mixed in.
  return (value ^ (value >>> 15)) >>> 0;
}

const HIT_BYTES = 250;
export const STEP_BYTES = 300;

/** What a hit costs, about: its texts, and the objects around them. */
export function bytesOf(...parts: readonly Hit['values'][]): number {
  let bytes = HIT_BYTES;
  for (const part of parts)
    for (const name in part) {
      const value = part[name];
      bytes += 32 + (typeof value === 'string' ? value.length : Array.isArray(value) ? 64 * value.length : 8);
    }
  return bytes;
}

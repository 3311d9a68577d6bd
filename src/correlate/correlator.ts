import type { Match } from '../detect/match.ts';
import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';
import { type CorrelatorState, decodeState, encodeState } from './codec.ts';
import { entitiesOf } from './entities.ts';
import { compareHits, type Firing, type Group, type Hit } from './firing.ts';
import { addHit, cap, type GroupState, MAX_TIME, MIN_TIME, newGroup, type Plan, prune, settle } from './group-state.ts';
import { type CorrelateRules, type Feed, feedsOf, groupsOf } from './plans.ts';
import { createWatermark } from './watermark.ts';

/** What a partition of correlation reads, in its order; time passes by records alone. */
export type CorrelateRecord =
  | { readonly kind: 'match'; readonly match: Match }
  /** No event before `time` is awaited from this source partition; an idle one does not hold the others back. */
  | {
      readonly kind: 'watermark';
      readonly source: string;
      readonly partition: number;
      readonly time: Nanos;
      readonly appendedAt: number;
      readonly idle: boolean;
    }
  /** Every input has ended. */
  | { readonly kind: 'end' };

export type CorrelateOptions = {
  /** Groups kept per rule; beyond, the group that was touched longest ago is evicted and counted. */
  readonly maxGroups: number;
};

export const DEFAULT_CORRELATE_OPTIONS: CorrelateOptions = { maxGroups: 100_000 };

/** Limits that bit, since the state began. */
export type CorrelateStats = {
  readonly groups: number;
  readonly hits: number;
  readonly evicted: number;
  readonly dropped: number;
  readonly ungrouped: number;
};

/** A pure reducer: the same records give the same firings, whatever the clock says. */
export type Correlator = {
  apply(record: CorrelateRecord): readonly Firing[];
  snapshot(): Uint8Array;
  stats(): CorrelateStats;
};

type Rule = { readonly plan: Plan; readonly logic: string; readonly groups: Map<string, GroupState>; nextSweep: Nanos };

/** All groups of a rule are looked at this many times per window: what is decided does not depend on when it is looked at. */
const SWEEPS_PER_WINDOW = 16n;

export function createCorrelator(
  rules: CorrelateRules,
  options: CorrelateOptions = DEFAULT_CORRELATE_OPTIONS,
  state?: CorrelatorState,
): Correlator {
  const feeds = feedsOf(rules);
  const byRule = restoreRules(feeds, state);
  const watermark = createWatermark(MIN_TIME, state?.partitions ?? []);
  const counters = { evicted: 0, dropped: 0, ungrouped: 0, ...state?.counters };
  const chained = new Set(rules.correlations.flatMap(({ members }) => members).filter((id) => byRule.has(id)));
  const alerting = new Set([
    ...rules.correlations.filter(({ alerts }) => alerts).map(({ id }) => id),
    ...rules.detections.filter(({ alerts }) => alerts).map(({ id }) => id),
  ]);
  let waiting: Hit[] = [...(state?.waiting ?? [])];
  let current: Nanos = state === undefined ? MIN_TIME : BigInt(state.watermark);

  const insert = (feed: Feed, group: Group, hit: Hit): readonly Firing[] => {
    const rule = byRule.get(feed.plan.rule) as Rule;
    const known = rule.groups.get(group.key);
    if (known === undefined && rule.groups.size >= options.maxGroups) evict(rule);
    const groupState = known ?? newGroup(group);
    // Re-inserted, so that the map's order is the order of last use.
    rule.groups.delete(group.key);
    rule.groups.set(group.key, groupState);
    const firings = addHit(groupState, feed.plan, hit);
    counters.dropped += cap(groupState, feed.plan);
    return firings;
  };

  const evict = (rule: Rule): void => {
    const [oldest] = rule.groups.keys();
    if (oldest === undefined) return;
    rule.groups.delete(oldest);
    counters.evicted++;
  };

  const take = (match: Match): readonly Firing[] => {
    const entities = entitiesOf(match.ecs);
    const out: Firing[] = [];
    for (const feed of feeds.get(match.rule) ?? []) {
      const groups = groupsOf(feed, match);
      if (groups.length === 0) counters.ungrouped++;
      for (const group of groups) out.push(...insert(feed, group, hitOf(match, entities)));
    }
    return out;
  };

  /** An inner correlation that begins an episode is a match of the rules above it, once its time is settled. */
  const chain = (firings: readonly Firing[]): readonly Firing[] => {
    for (const firing of firings) if (firing.stage === 'opened' && chained.has(firing.rule)) waiting.push(chainedHit(firing));
    return firings.filter(({ rule }) => alerting.has(rule));
  };

  const release = (until: Nanos): readonly Firing[] => {
    const out: Firing[] = [];
    for (;;) {
      waiting.sort(compareHits);
      const next = waiting[0];
      if (next === undefined || next.time >= until) return out;
      waiting = waiting.slice(1);
      const { origin, time, appendedAt, rule, entities, values } = next;
      out.push(...chain(take({ rule, origin, time, appendedAt, lateness: 'in_time', fields: values, ecs: nest(entities) })));
    }
  };

  const advance = (to: Nanos): readonly Firing[] => {
    current = to;
    const out: Firing[] = [...release(to)];
    for (const rule of byRule.values()) {
      if (to < rule.nextSweep) continue;
      const { plan, groups } = rule;
      rule.nextSweep = to === MAX_TIME ? MAX_TIME : to + plan.timespan / SWEEPS_PER_WINDOW;
      for (const [key, group] of groups) {
        out.push(...chain(settle(group, plan, to)));
        if (prune(group, plan, to)) groups.delete(key);
      }
    }
    out.push(...release(to));
    return out;
  };

  return {
    apply(record) {
      if (record.kind === 'match') return chain(take(record.match));
      if (record.kind === 'end') return advance(MAX_TIME);
      const moved = watermark.report(`${record.partition}/${record.source}`, record.time, record.idle);
      return moved === undefined || moved <= current ? [] : advance(moved);
    },
    snapshot: () =>
      encodeState({
        watermark: String(current),
        partitions: watermark.snapshot(),
        counters,
        rules: [...byRule.values()]
          .filter(({ groups }) => groups.size > 0)
          .map(({ plan, logic, groups }) => ({ rule: plan.rule, logic, groups })),
        waiting,
      }),
    stats() {
      let groups = 0;
      let hits = 0;
      for (const rule of byRule.values()) {
        groups += rule.groups.size;
        for (const group of rule.groups.values()) hits += group.hits.length;
      }
      return { groups, hits, ...counters };
    },
  };
}

/** Continues from a snapshot; state of a rule whose logic changed, or that is gone, starts empty. */
export function restoreCorrelator(rules: CorrelateRules, options: CorrelateOptions, snapshot: Uint8Array): Correlator {
  return createCorrelator(rules, options, decodeState(snapshot));
}

function restoreRules(feeds: ReadonlyMap<RuleId, readonly Feed[]>, state: CorrelatorState | undefined): Map<RuleId, Rule> {
  const byRule = new Map<RuleId, Rule>();
  for (const { plan, logic } of [...feeds.values()].flat()) {
    if (byRule.has(plan.rule)) continue;
    const saved = state?.rules.find((one) => one.rule === plan.rule && one.logic === logic);
    byRule.set(plan.rule, { plan, logic, groups: new Map(saved?.groups ?? []), nextSweep: MIN_TIME });
  }
  return byRule;
}

function hitOf({ time, origin, rule, appendedAt, fields }: Match, entities: Hit['entities']): Hit {
  return { time, origin, rule, appendedAt, values: fields, entities };
}

/** The chained match carries the group's values, and what all matches of the window agree on. */
function chainedHit({ rule, time, group, hits }: Firing): Hit {
  const last = hits.at(-1) as Hit;
  const entities: Record<string, JsonValue> = { ...agreed(hits, 'entities'), ...group.values };
  const values: Record<string, JsonValue> = { ...entities, ...agreed(hits, 'values'), ...group.values };
  return { time, origin: last.origin, rule, appendedAt: last.appendedAt, values, entities };
}

/** Fields that every hit has with the same value. */
export function agreed(hits: readonly Hit[], part: 'entities' | 'values' = 'entities'): Record<string, JsonValue> {
  const [first, ...rest] = hits;
  const out: Record<string, JsonValue> = Object.create(null);
  for (const [field, value] of Object.entries(first?.[part] ?? {})) {
    const text = JSON.stringify(value);
    if (rest.every((hit) => JSON.stringify(hit[part][field]) === text)) out[field] = value;
  }
  return out;
}

function nest(flat: Hit['entities']): Match['ecs'] {
  return flat as Match['ecs'];
}

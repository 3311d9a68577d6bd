import { setImmediate } from 'node:timers/promises';
import { createCensus } from '../../correlate/census.ts';
import { absence } from '../../correlate/conditions/absence.ts';
import { beacon } from '../../correlate/conditions/beacon.ts';
import { impossibleTravel } from '../../correlate/conditions/impossible-travel.ts';
import { newValue } from '../../correlate/conditions/new-value.ts';
import { type Look, paneKind } from '../../correlate/conditions/panes.ts';
import { peerGroup } from '../../correlate/conditions/peer-group.ts';
import { rare } from '../../correlate/conditions/rare.ts';
import { timeOfDay } from '../../correlate/conditions/time-of-day.ts';
import { compareHits, type Hit } from '../../correlate/firing.ts';
import { MAX_TIME } from '../../correlate/hits.ts';
import type { Kind, Passage } from '../../correlate/kind.ts';
import { createLatenesses } from '../../correlate/lateness.ts';
import { conditionFields, type Feed, feedsOf, groupsOf } from '../../correlate/plans.ts';
import { hashKeyOf } from '../../correlate/sketches/keyed-hash.ts';
import { createMatchBuffer, createMatcher } from '../../detect/matcher.ts';
import type { Event } from '../../event/event.ts';
import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly, PaneAnomaly } from '../../rule/ir/anomaly.ts';
import type { Condition, Correlation } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import type { JsonValue } from '../../shared/json.ts';
import { type Collected, createCollector } from './collector.ts';

/** One group of a rule, with its panes as they were judged, and what was told of it. */
export type GroupPoints = Collected & { readonly group: Group; readonly matches: number };

type Group = Readonly<Record<string, JsonValue>>;

/** Conditions whose judgements can be drawn: a number, and what was expected of it. */
export type Drawn = PaneAnomaly | MatchAnomaly | Extract<Condition, { readonly kind: 'new_value' | 'absence' }>;

const DRAWN: ReadonlySet<string> = new Set<Drawn['kind']>([
  'spike',
  'seasonal',
  'change',
  'absence',
  'impossible_travel',
  'time_of_day',
  'new_value',
  'rare',
  'beacon',
  'peer_group',
]);
export const isDrawn = (condition: Condition): condition is Drawn => DRAWN.has(condition.kind);

/** Matches that were not judged, and why; `unvalued` have the fields that are compared, and in them nothing that can be. */
export type Tally = {
  readonly matches: number;
  readonly ungrouped: number;
  readonly lacking: ReadonlyMap<string, number>;
  readonly unvalued: number;
  /** How many came too late, and the times of the first of them. */
  readonly late: { readonly count: number; readonly times: readonly Nanos[] };
};

export type Reading = {
  /** Points that are kept of a group: so many of the last, and of those that fired. */
  readonly room: number;
  readonly allowedLateness: Nanos;
  readonly stop?: AbortSignal;
};

const MOST_LATE = 100;

/**
 * Takes events and gives, at their end, the panes of every group of one rule, as the engine judges them; groups that fired
 * most come first. Events that are late are left out, as the engine does. Where it is stopped, groups are missing.
 */
export function collectPoints(
  ruleset: Ruleset,
  rule: Correlation & { readonly condition: Drawn },
  { room, allowedLateness, stop }: Reading,
) {
  const matcher = createMatcher(ruleset.detections);
  const found = createMatchBuffer();
  const feeds = feedsOf(ruleset);
  const latenesses = createLatenesses(allowedLateness);
  const late = { count: 0, times: [] as Nanos[] };
  const tally = { matches: 0, ungrouped: 0, lacking: new Map<string, number>(), unvalued: 0, late };
  // Of a place one form of several is there.
  const needed = rule.condition.kind === 'impossible_travel' ? [] : conditionFields(rule.condition);
  const groups = new Map<string, { readonly group: Group; readonly hits: Hit[] }>();

  const leaveOut = (time: Nanos): void => {
    late.count++;
    if (late.times.length < MOST_LATE) late.times.push(time);
  };
  const keep = (event: Event, member: string, feed: Feed): void => {
    const values: Record<string, JsonValue> = Object.create(null);
    for (const name of [...feed.groupBy.map(({ field }) => field), ...conditionFields(rule.condition)]) {
      const value = event.field(name);
      if (value !== undefined) values[name] = value;
    }
    const absent = needed.filter((name) => values[name] === undefined);
    for (const name of absent) tally.lacking.set(name, (tally.lacking.get(name) ?? 0) + 1);
    const own = groupsOf(feed, values, {});
    if (own.length === 0) tally.ungrouped++;
    // The engine leaves these out.
    if (feed.plan.kind.lacks?.(values)) {
      if (absent.length === 0) tally.unvalued++;
      return;
    }
    const hit: Hit = { time: event.time, origin: event.origin, rule: member, appendedAt: 0, values, entities: {}, bytes: 0 };
    for (const { key, values: group } of own) {
      const known = groups.get(key);
      if (known === undefined) groups.set(key, { group, hits: [hit] });
      else known.hits.push(hit);
    }
  };
  return {
    /** `takenAt`: when it was read, in ms. */
    take(event: Event, takenAt: number): void {
      const { source, partition } = event.origin;
      const { lateness } = latenesses.of(source, partition).observe(event.time, takenAt);
      found.count = 0;
      matcher.match(event, found);
      for (const index of found.rules.subarray(0, found.count)) {
        const member = matcher.detections[index]?.id ?? '';
        const feed = feeds.get(member)?.find(({ plan }) => plan.rule === rule.id);
        if (feed === undefined) continue;
        tally.matches++;
        if (lateness === 'late') leaveOut(event.time);
        else keep(event, member, feed);
      }
    },
    async end(): Promise<readonly GroupPoints[]> {
      const passage = { watermark: MAX_TIME, ended: latenesses.newest() ?? MAX_TIME, silent: () => false, ...censusOf(rule, [...groups]) };
      const found: GroupPoints[] = [];
      for (const { group, hits } of groups.values()) {
        const collected = await collectedOf(rule, hits.sort(compareHits), passage, room, stop);
        if (stop?.aborted) break;
        found.push({ ...collected, group, matches: hits.length });
      }
      return found.sort((a, b) => b.fired - a.fired || b.matches - a.matches);
    },
    /** What keeps matches from being judged: no group, or no value in a field the rule reads. */
    tally: (): Tally => tally,
  };
}

function drawnKind({ condition, ...rule }: Correlation & { readonly condition: Drawn }, look: Look): Kind {
  switch (condition.kind) {
    case 'absence':
      return absence(condition, rule, look);
    case 'impossible_travel':
      return impossibleTravel(condition, look);
    case 'time_of_day':
      return timeOfDay(condition, look);
    case 'new_value':
      return newValue(condition, rule, look);
    case 'rare':
      return rare(condition, rule, look);
    case 'beacon':
      return beacon(condition, look);
    case 'peer_group':
      return peerGroup(condition, rule, look);
    default:
      return paneKind(condition, rule, look);
  }
}

type Groups = readonly (readonly [string, { readonly group: Group; readonly hits: readonly Hit[] }])[];

/** What is counted over all groups, where the kind asks for it. */
function censusOf(rule: Correlation & { readonly condition: Drawn }, groups: Groups): Pick<Passage, 'census'> {
  const { census: counted } = drawnKind(rule, () => undefined);
  if (counted === undefined) return {};
  const census = createCensus(counted.span, hashKeyOf(rule.logicDigest));
  for (const [key, { group: values, hits }] of groups)
    for (const hit of hits) for (const [common, member] of counted.of(hit, { key, values })) census.note(common, member, hit.time);
  return { census };
}

/** Panes between two looks at whether it was stopped. */
const STRIDE = 20_000n;

async function collectedOf(
  rule: Correlation & { readonly condition: Drawn },
  hits: readonly Hit[],
  passage: Passage & { readonly ended: Nanos },
  room: number,
  stop: AbortSignal | undefined,
): Promise<Collected> {
  const { add, end } = createCollector(room, rule.timespan);
  const kind = drawnKind(rule, add);
  const own = kind.initial();
  const pass = (watermark: Nanos): void => {
    for (const _trigger of kind.passed(hits, own, { ...passage, watermark }));
  };
  const [first] = hits;
  const stride = rule.timespan * STRIDE;
  if (first !== undefined && stride > 0n)
    for (let to = first.time + stride; to < passage.ended; to += stride) {
      pass(to);
      await setImmediate();
      if (stop?.aborted) return end();
    }
  pass(MAX_TIME);
  return end();
}

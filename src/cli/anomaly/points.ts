import { createCensus } from '../../correlate/census.ts';
import { absence } from '../../correlate/conditions/absence.ts';
import { beacon } from '../../correlate/conditions/beacon.ts';
import { impossibleTravel } from '../../correlate/conditions/impossible-travel.ts';
import { newValue } from '../../correlate/conditions/new-value.ts';
import { type Look, type PanePoint, paneKind } from '../../correlate/conditions/panes.ts';
import { peerGroup } from '../../correlate/conditions/peer-group.ts';
import { rare } from '../../correlate/conditions/rare.ts';
import { timeOfDay } from '../../correlate/conditions/time-of-day.ts';
import { compareHits, type Hit } from '../../correlate/firing.ts';
import { MAX_TIME } from '../../correlate/hits.ts';
import type { Kind, Passage } from '../../correlate/kind.ts';
import { conditionFields, feedsOf, groupsOf } from '../../correlate/plans.ts';
import { hashKeyOf } from '../../correlate/sketches/keyed-hash.ts';
import { createMatchBuffer, createMatcher } from '../../detect/matcher.ts';
import type { Event } from '../../event/event.ts';
import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly, PaneAnomaly } from '../../rule/ir/anomaly.ts';
import type { Condition, Correlation } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import type { JsonValue } from '../../shared/json.ts';

/** One group of a rule, with every pane as it was judged, and what was told of it. */
export type GroupPoints = {
  readonly group: Readonly<Record<string, JsonValue>>;
  readonly matches: number;
  readonly points: readonly PanePoint[];
  readonly fired: number;
};

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

export type Tally = { readonly matches: number; readonly ungrouped: number; readonly lacking: ReadonlyMap<string, number> };

/** Takes events and gives, at their end, the panes of every group of one rule, as the engine judges them; groups that fired most come first. */
export function collectPoints(ruleset: Ruleset, rule: Correlation & { readonly condition: Drawn }) {
  const matcher = createMatcher(ruleset.detections);
  const found = createMatchBuffer();
  const feeds = feedsOf(ruleset);
  const tally = { matches: 0, ungrouped: 0, lacking: new Map<string, number>() };
  // Of a place one form of several is there.
  const needed = rule.condition.kind === 'impossible_travel' ? [] : conditionFields(rule.condition);
  const groups = new Map<string, { readonly group: GroupPoints['group']; readonly hits: Hit[] }>();
  let newest: Nanos | undefined;
  return {
    take(event: Event): void {
      if (newest === undefined || event.time > newest) newest = event.time;
      found.count = 0;
      matcher.match(event, found);
      for (const index of found.rules.subarray(0, found.count)) {
        const member = matcher.detections[index]?.id ?? '';
        const feed = feeds.get(member)?.find(({ plan }) => plan.rule === rule.id);
        if (feed === undefined) continue;
        const values: Record<string, JsonValue> = Object.create(null);
        for (const name of [...feed.groupBy.map(({ field }) => field), ...conditionFields(rule.condition)]) {
          const value = event.field(name);
          if (value !== undefined) values[name] = value;
        }
        tally.matches++;
        for (const name of needed) if (values[name] === undefined) tally.lacking.set(name, (tally.lacking.get(name) ?? 0) + 1);
        const hit: Hit = { time: event.time, origin: event.origin, rule: member, appendedAt: 0, values, entities: {}, bytes: 0 };
        const own = groupsOf(feed, values, {});
        if (own.length === 0) tally.ungrouped++;
        // The engine leaves these out.
        if (feed.plan.kind.lacks?.(values)) continue;
        for (const { key, values: group } of own) {
          const known = groups.get(key);
          if (known === undefined) groups.set(key, { group, hits: [hit] });
          else known.hits.push(hit);
        }
      }
    },
    end: (): readonly GroupPoints[] => {
      const passage = { watermark: MAX_TIME, ended: newest ?? MAX_TIME, silent: () => false, ...censusOf(rule, [...groups]) };
      return [...groups.values()]
        .map(({ group, hits }) => {
          const points = pointsOf(rule, hits.sort(compareHits), passage);
          return { group, matches: hits.length, points, fired: points.filter(({ judged }) => judged.known && judged.fired).length };
        })
        .sort((a, b) => b.fired - a.fired || b.matches - a.matches);
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

type Groups = readonly (readonly [string, { readonly group: GroupPoints['group']; readonly hits: readonly Hit[] }])[];

/** What is counted over all groups, where the kind asks for it. */
function censusOf(rule: Correlation & { readonly condition: Drawn }, groups: Groups): Pick<Passage, 'census'> {
  const { census: counted } = drawnKind(rule, () => undefined);
  if (counted === undefined) return {};
  const census = createCensus(counted.span, hashKeyOf(rule.logicDigest));
  for (const [key, { group: values, hits }] of groups)
    for (const hit of hits) for (const [common, member] of counted.of(hit, { key, values })) census.note(common, member, hit.time);
  return { census };
}

function pointsOf(rule: Correlation & { readonly condition: Drawn }, hits: readonly Hit[], passage: Passage): readonly PanePoint[] {
  const points: PanePoint[] = [];
  const kind = drawnKind(rule, (point) => points.push(point));
  for (const _trigger of kind.passed(hits, kind.initial(), passage));
  return points;
}

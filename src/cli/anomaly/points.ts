import { impossibleTravel } from '../../correlate/conditions/impossible-travel.ts';
import { type PanePoint, paneKind } from '../../correlate/conditions/panes.ts';
import { timeOfDay } from '../../correlate/conditions/time-of-day.ts';
import { compareHits, type Hit } from '../../correlate/firing.ts';
import { MAX_TIME } from '../../correlate/hits.ts';
import type { Kind } from '../../correlate/kind.ts';
import { conditionFields, feedsOf, groupsOf } from '../../correlate/plans.ts';
import { createMatchBuffer, createMatcher } from '../../detect/matcher.ts';
import type { Event } from '../../event/event.ts';
import type { MatchAnomaly, PaneAnomaly } from '../../rule/ir/anomaly.ts';
import type { Correlation } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import type { JsonValue } from '../../shared/json.ts';

/** One group of a rule, with every pane as it was judged, and what was told of it. */
export type GroupPoints = {
  readonly group: Readonly<Record<string, JsonValue>>;
  readonly matches: number;
  readonly points: readonly PanePoint[];
};

/** Conditions whose judgements can be drawn: a number, and what was expected of it. */
export type Drawn = PaneAnomaly | Extract<MatchAnomaly, { readonly kind: 'impossible_travel' | 'time_of_day' }>;

/** Takes events and gives, at their end, the panes of every group of one rule, as the engine judges them. */
export function collectPoints(ruleset: Ruleset, rule: Correlation & { readonly condition: Drawn }) {
  const matcher = createMatcher(ruleset.detections);
  const found = createMatchBuffer();
  const feeds = feedsOf(ruleset);
  const groups = new Map<string, { readonly group: GroupPoints['group']; readonly hits: Hit[] }>();
  return {
    take(event: Event): void {
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
        const hit: Hit = { time: event.time, origin: event.origin, rule: member, appendedAt: 0, values, entities: {}, bytes: 0 };
        for (const { key, values: group } of groupsOf(feed, values, {})) {
          const known = groups.get(key);
          if (known === undefined) groups.set(key, { group, hits: [hit] });
          else known.hits.push(hit);
        }
      }
    },
    end: (): readonly GroupPoints[] =>
      [...groups.values()]
        .map(({ group, hits }) => ({ group, matches: hits.length, points: pointsOf(rule, hits.sort(compareHits)) }))
        .sort((a, b) => b.matches - a.matches),
  };
}

function drawnKind({ condition, ...rule }: Correlation & { readonly condition: Drawn }, look: (point: PanePoint) => void): Kind {
  if (condition.kind === 'impossible_travel') return impossibleTravel(condition, look);
  if (condition.kind === 'time_of_day') return timeOfDay(condition, look);
  return paneKind(condition, rule, look);
}

function pointsOf(rule: Correlation & { readonly condition: Drawn }, hits: readonly Hit[]): readonly PanePoint[] {
  const points: PanePoint[] = [];
  const kind = drawnKind(rule, (point) => points.push(point));
  for (const _trigger of kind.passed(hits, kind.initial(), { watermark: MAX_TIME, silent: () => false }));
  return points;
}

import { kindOf } from '../correlate/conditions/index.ts';
import { type PanePoint, paneKind } from '../correlate/conditions/panes.ts';
import { waysOf } from '../correlate/conditions/sequence.ts';
import { least, rising } from '../correlate/conditions/thresholds.ts';
import { rangeText } from '../correlate/conditions/told.ts';
import type { Compared, Learning } from '../correlate/detectors/judged.ts';
import type { Hit } from '../correlate/firing.ts';
import { lowerBound, MAX_TIME, MIN_TIME } from '../correlate/hits.ts';
import type { Trigger } from '../correlate/kind.ts';
import { complete, eventEnd } from '../correlate/sequences.ts';
import type { Nanos } from '../event/time.ts';
import { isoTime } from '../event/time.ts';
import type { PaneAnomaly } from '../rule/ir/anomaly.ts';
import { conjunctsOf } from '../rule/ir/conjuncts.ts';
import type { Condition, Correlation, RuleId, Sequence, Threshold } from '../rule/ir/rule.ts';
import { durationText } from '../shared/duration.ts';
import { nearestFacts, nearestRecord, nearestTrace } from './asked.ts';
import type { NearMiss } from './near.ts';
import { triggersOf } from './triggers.ts';

export type { NearMiss } from './near.ts';

/**
 * The nearest miss of a rule for one group over all its matches, in order; undefined where there is nothing to say. `newest`
 * is the time of the newest event of the inputs, of whatever group.
 */
export function nearMiss(
  rule: Correlation,
  hits: readonly Hit[],
  nameOf: (id: RuleId) => string,
  newest = hits.at(-1)?.time,
): NearMiss | undefined {
  const { condition, timespan, members } = rule;
  if (hits.length === 0) return undefined;
  switch (condition.kind) {
    case 'event_count':
    case 'value_count':
    case 'value_sum':
    case 'value_avg':
    case 'value_median':
    case 'value_percentile':
      return overWindows(rule, condition, condition.thresholds, hits);
    case 'temporal': {
      const thresholds = condition.thresholds.length > 0 ? condition.thresholds : [{ compare: 'gte' as const, value: members.length }];
      const found = overWindows(rule, condition, thresholds, hits);
      const seen = new Set(found?.hits.map(({ rule: member }) => member));
      const lacking = members.filter((member) => !seen.has(member)).map(nameOf);
      return found && { ...found, text: `${found.text}${lacking.length > 0 ? `; awaited: ${lacking.join(', ')}` : ''}` };
    }
    case 'temporal_expression':
      return condition.ordered
        ? furthest(waysOf(condition.expression, members), hits, timespan, nameOf)
        : nearestWay(conjunctsOf(condition.expression), hits, timespan, nameOf);
    case 'sequence':
      return furthest([condition.sequence], hits, timespan, nameOf);
    case 'absence': {
      const last = hits.at(-1) as Hit;
      const text = `last seen ${isoTime(last.time)}; it holds when nothing comes until ${isoTime(last.time + timespan)}`;
      return { time: last.time, text, until: last.time + timespan, hits: [last] };
    }
    case 'as_of':
      return nearestRecord(condition, rule, hits, nameOf);
    case 'trace':
      return nearestTrace(condition, rule, hits);
    case 'window_facts':
      return nearestFacts(condition, rule, hits, nameOf);
    case 'spike':
    case 'seasonal':
    case 'change':
      return nearestPane(condition, rule, hits, newest);
    default: {
      const last = hits.at(-1) as Hit;
      return {
        time: last.time,
        text: `${hits.length} ${hits.length === 1 ? 'match' : 'matches'}, none of which made it hold`,
        hits: hits.slice(-5),
      };
    }
  }
}

type Windowed = Extract<Condition, { readonly thresholds: readonly Threshold[] }>;

/** The same condition with thresholds that every window meets: the product's own windows, each with what it observed. */
function overWindows(rule: Correlation, condition: Windowed, thresholds: readonly Threshold[], hits: readonly Hit[]): NearMiss | undefined {
  const up = rising(thresholds);
  const any: readonly Threshold[] = [
    { compare: 'gte', value: -Number.MAX_VALUE },
    ...(up ? [] : [{ compare: 'lte' as const, value: Number.MAX_VALUE }]),
  ];
  const { least: best } = triggersOf(kindOf({ ...condition, thresholds: any }, rule), hits)
    .map((trigger) => ({ trigger, observed: Number(trigger.explain().decision[0]?.observed) }))
    .filter(({ observed }) => Number.isFinite(observed))
    .reduce<{ least: { trigger: Trigger; observed: number; far: number } | undefined }>(
      (found, { trigger, observed }) => {
        const far = distance(observed, thresholds);
        return found.least === undefined || far < found.least.far ? { least: { trigger, observed, far } } : found;
      },
      { least: undefined },
    );
  if (best === undefined) return undefined;
  const { trigger, observed, far } = best;
  const counted = condition.kind === 'event_count' || condition.kind === 'value_count' || condition.kind === 'temporal';
  const span = durationText(rule.timespan);
  const wanted = thresholds.map(({ compare, value }) => `${compare} ${value}`).join(' and ');
  const what = counted ? (condition.kind === 'value_count' ? ' different values' : condition.kind === 'temporal' ? ' members' : '') : '';
  const text =
    counted && up ? `${observed} of ${least(thresholds)}${what} in ${span}` : `${condition.kind} ${observed}, wanted ${wanted}, in ${span}`;
  const explained = trigger.explain().hits;
  return {
    time: trigger.time,
    text,
    ...(counted && up ? { missing: far } : {}),
    until: (explained[0]?.time ?? trigger.start) + rule.timespan,
    hits: explained,
  };
}

const distance = (observed: number, thresholds: readonly Threshold[]): number =>
  thresholds.reduce((most, { compare, value }) => Math.max(most, shortBy(observed, compare, value)), 0);

function shortBy(observed: number, compare: Threshold['compare'], value: number): number {
  if (compare === 'gte') return Math.max(0, value - observed);
  if (compare === 'gt') return Math.max(0, Math.floor(value) + 1 - observed);
  if (compare === 'lte') return Math.max(0, observed - value);
  if (compare === 'lt') return Math.max(0, observed - Math.ceil(value) + 1);
  return compare === 'eq' ? Math.abs(observed - value) : observed === value ? 1 : 0;
}

/** The way of which most members were seen in one window. */
function nearestWay(
  ways: readonly { readonly seen: readonly RuleId[]; readonly absent: readonly RuleId[] }[],
  hits: readonly Hit[],
  timespan: Nanos,
  nameOf: (id: RuleId) => string,
): NearMiss | undefined {
  const waits = ways.some(({ absent }) => absent.length > 0);
  let best: NearMiss | undefined;
  hits.forEach((hit, i) => {
    // What must not be there is waited for: such a window opens at a match.
    const window = waits
      ? hits.slice(i, lowerBound(hits, hit.time + timespan + 1n))
      : hits.slice(lowerBound(hits, hit.time - timespan), i + 1);
    const rules = new Set(window.map(({ rule }) => rule));
    for (const { seen, absent } of ways) {
      const wanted = [...new Set(seen)];
      const lacking = wanted.filter((rule) => !rules.has(rule));
      const there = absent.filter((rule) => rules.has(rule));
      const missing = lacking.length + there.length;
      if (best?.missing !== undefined && best.missing <= missing) continue;
      const parts = [
        `${wanted.length - lacking.length} of ${wanted.length} members in ${durationText(timespan)}`,
        ...(lacking.length > 0 ? [`awaited: ${lacking.map(nameOf).join(', ')}`] : []),
        ...(there.length > 0 ? [`in the way: ${there.map(nameOf).join(', ')}`] : []),
      ];
      best = { time: hit.time, text: parts.join('; '), missing, until: (window[0] as Hit).time + timespan, hits: window };
    }
  });
  return best;
}

/** The furthest step that a chain of some way has reached, and what it awaited; or what kept a whole one from counting. */
function furthest(ways: readonly Sequence[], hits: readonly Hit[], timespan: Nanos, nameOf: (id: RuleId) => string): NearMiss | undefined {
  let best: (NearMiss & { readonly missing: number }) | undefined;
  for (const way of ways) {
    const whole = way.steps.length;
    for (let reached = whole; reached > 0 && (best === undefined || whole - reached < best.missing); reached--) {
      // Without what must be absent the last time: then that is what was in the way.
      const part: Sequence = {
        ...way,
        steps: way.steps.slice(0, reached),
        absent: reached === whole ? [] : way.absent.filter(({ at }) => at < reached),
      };
      const found = lastChain(part, hits, timespan);
      if (found === undefined) continue;
      const [first, last] = [found[0] as Hit, found.at(-1) as Hit];
      const next = way.steps[reached];
      const gap = next?.maxGap;
      const until = gap !== undefined && last.time + gap < first.time + timespan ? last.time + gap : first.time + timespan;
      const text =
        next === undefined
          ? `all ${whole} steps in ${durationText(timespan)}; in the way: ${way.absent.map(({ rule }) => nameOf(rule)).join(', ')}`
          : `step ${reached} of ${whole}; awaited until ${isoTime(until)}: ${nameOf(next.rule)}`;
      best = { time: last.time, text, missing: whole - reached, until, hits: found };
      break;
    }
  }
  return best;
}

function lastChain(way: Sequence, hits: readonly Hit[], timespan: Nanos): readonly Hit[] | undefined {
  let found: readonly Hit[] | undefined;
  for (let i = 0; i < hits.length; i = eventEnd(hits, i)) found = complete(way, hits, i, timespan) ?? found;
  return found;
}

/** The pane that came nearest to its band; or how much is still to be learned. */
function nearestPane(condition: PaneAnomaly, rule: Correlation, hits: readonly Hit[], ended = MIN_TIME): NearMiss | undefined {
  const open = condition.kind !== 'change' && condition.direction === 'up';
  let best: { readonly point: PanePoint; readonly judged: Compared; readonly far: number } | undefined;
  let learning: Learning | undefined;
  const kind = paneKind(condition, rule, (point) => {
    const { value, judged } = point;
    if (!judged.known) learning = judged;
    else if (!judged.fired) {
      const far = Math.min(judged.high - value, open ? Number.POSITIVE_INFINITY : value - judged.low);
      if (best === undefined || far < best.far) best = { point, judged, far };
    }
  });
  for (const _trigger of kind.passed(hits, kind.initial(), { watermark: MAX_TIME, ended, silent: () => false }));
  if (best === undefined) {
    const last = hits.at(-1) as Hit;
    if (learning === undefined) return undefined;
    return {
      time: last.time,
      text: `learning: ${learning.learned} of ${learning.needed}`,
      missing: learning.needed - learning.learned,
      hits: hits.slice(-5),
    };
  }
  const { point, judged } = best;
  const text = `${point.value} in the ${durationText(rule.timespan)} from ${isoTime(point.start)}; it does not hold ${rangeText(judged)}`;
  return {
    time: point.start + rule.timespan,
    text,
    hits: hits.slice(lowerBound(hits, point.start), lowerBound(hits, point.start + rule.timespan)).slice(-20),
  };
}

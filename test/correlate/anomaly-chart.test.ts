import { describe, expect, test } from 'vitest';
import { textChart } from '../../src/cli/anomaly/chart.ts';
import { svgChart } from '../../src/cli/anomaly/svg.ts';
import { impossibleTravel } from '../../src/correlate/conditions/impossible-travel.ts';
import { kindOf } from '../../src/correlate/conditions/index.ts';
import type { PanePoint } from '../../src/correlate/conditions/panes.ts';
import { timeOfDay } from '../../src/correlate/conditions/time-of-day.ts';
import { MAX_TIME } from '../../src/correlate/hits.ts';
import type { Kind } from '../../src/correlate/kind.ts';
import type { Condition } from '../../src/rule/ir/rule.ts';
import { rulesetOf } from '../support/a-rule.ts';

const HOUR = 3_600_000_000_000n;
const judged = (fired: boolean) => ({ known: true as const, fired, baseline: 'b', expected: 3, low: 0, high: 20, confidence: 0.8 });
const points: readonly PanePoint[] = [
  { start: 0n, value: 2, judged: { known: false, learned: 1, needed: 1 } },
  { start: HOUR, value: 4, judged: judged(false) },
  { start: 2n * HOUR, value: 60, judged: judged(true) },
];

test('a chart for the terminal shows band, expectation, observation, what fired and what is learned', () => {
  const [learning, usual, fired] = textChart(points).split('\n');
  expect(learning).toMatch(/^1970-01-01T00:00 {3}\? +2 {2}expected learning 1\/1$/);
  expect(usual).toMatch(/^1970-01-01T01:00 ---\|o-{16} +4 {2}expected 3$/);
  expect(fired).toMatch(/^1970-01-01T02:00 ---\|-{17} +\* +60 {2}expected 3 {2}fired, confidence 0\.80$/);
});

test('a drawing marks what fired and holds names of data as text', () => {
  const svg = svgChart(points, 'rule: user.name=<script>"&');
  expect(svg.match(/<circle /g)).toHaveLength(1);
  expect(svg).toContain('&lt;script&gt;&quot;&amp;');
  expect(svg).not.toContain('<script>');
});

describe('what is drawn of single matches is what fires', () => {
  const conditionOf = (anomaly: object): Condition => {
    const { correlations } = rulesetOf(
      { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
      { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], ...anomaly } },
    );
    return (correlations[0] as (typeof correlations)[number]).condition;
  };
  const firedOf = (kind: Kind, matches: readonly (readonly [bigint, Record<string, number>])[]): readonly bigint[] => {
    const hits = matches.map(([time, values], i) => {
      const origin = { source: 's', partition: 0, offset: BigInt(i), index: 0 };
      return { time, origin, rule: 'a', appendedAt: 0, values, entities: {}, bytes: 0 };
    });
    const triggers = [...kind.passed(hits, kind.initial(), { watermark: MAX_TIME, silent: () => false })];
    return triggers.filter(({ undecided }) => !undecided).map(({ time }) => time);
  };
  const frame = { members: ['a'], timespan: HOUR };
  const drawnAsFired = (points: readonly PanePoint[]) =>
    points.flatMap(({ start, judged: one }) => (one.known && one.fired ? [start] : []));

  test('impossible travel: the speed of each match', () => {
    const condition = conditionOf({ type: 'impossible_travel', location: 'at' });
    if (condition.kind !== 'impossible_travel') throw new Error(condition.kind);
    const matches = [52.5, 52.5, 40.7, 40.7].map((lat, i) => [BigInt(i) * HOUR, { 'at.lat': lat, 'at.lon': 13 * (lat - 50) }] as const);
    const points: PanePoint[] = [];
    const fired = firedOf(
      impossibleTravel(condition, (point) => points.push(point)),
      matches,
    );
    expect(fired).toEqual([2n * HOUR]);
    expect(drawnAsFired(points)).toEqual(fired);
    expect(points.map(({ value }) => value > 1000)).toEqual([false, false, true, false]);
    expect(firedOf(kindOf(condition, frame), matches)).toEqual(fired);
  });

  test('time of day: the share of active hours near this one', () => {
    const condition = conditionOf({ type: 'time_of_day', learn: '5d', min_events: 5 });
    if (condition.kind !== 'time_of_day') throw new Error(condition.kind);
    const hours = [...Array.from({ length: 10 }, (_, day) => 24 * day + 9), 24 * 10 + 3];
    const points: PanePoint[] = [];
    const fired = firedOf(
      timeOfDay(condition, (point) => points.push(point)),
      hours.map((hour) => [BigInt(hour) * HOUR, {}]),
    );
    expect(fired).toEqual([243n * HOUR]);
    expect(drawnAsFired(points)).toEqual(fired);
    expect(points.map(({ judged: one }) => one.known)).toEqual(hours.map((hour) => hour >= 9 + 5 * 24));
  });
});

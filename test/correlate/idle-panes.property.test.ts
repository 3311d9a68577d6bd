import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PanePoint, paneKind } from '../../src/correlate/conditions/panes.ts';
import { compareHits, type Hit } from '../../src/correlate/firing.ts';
import { MAX_TIME } from '../../src/correlate/hits.ts';
import type { Nanos } from '../../src/event/time.ts';
import type { PaneAnomaly } from '../../src/rule/ir/anomaly.ts';
import { rulesetOf } from '../support/a-rule.ts';

const SECOND = 1_000_000_000n;

const conditionOf = (anomaly: object): PaneAnomaly => {
  const { correlations } = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], timespan: '1s', ...anomaly } },
  );
  const condition = correlations[0]?.condition;
  if (condition?.kind !== 'spike' && condition?.kind !== 'seasonal' && condition?.kind !== 'change') throw new Error('no panes');
  return condition;
};

type Silence = readonly [from: number, seconds: number];
type Told = {
  readonly triggers: readonly object[];
  readonly points: readonly PanePoint[];
  readonly state: unknown;
  readonly asked: number;
};

/** What is told, shown and kept when the watermark goes to each of `stops` (seconds) and then to the end. */
function run(
  condition: PaneAnomaly,
  hits: readonly Hit[],
  stops: readonly number[],
  silences: readonly Silence[],
  ended: Nanos | undefined,
): Told {
  const points: PanePoint[] = [];
  let asked = 0;
  const kind = paneKind(condition, { members: ['a'], timespan: SECOND }, (point) => points.push(point));
  const own = kind.initial();
  const triggers: object[] = [];
  const silent = (start: Nanos, end: Nanos): boolean => {
    asked++;
    return silences.some(([from, seconds]) => BigInt(from) * SECOND <= end && BigInt(from + seconds) * SECOND >= start);
  };
  for (const watermark of [...stops.map((stop) => BigInt(stop) * SECOND), MAX_TIME]) {
    const passage = { watermark, silent, ...(ended === undefined ? {} : { ended }) };
    for (const { explain, ...trigger } of kind.passed(hits, own, passage)) {
      const told = explain();
      triggers.push({ ...trigger, decision: told.decision, hits: told.hits.map(({ time }) => time), count: told.count });
    }
  }
  return { triggers, points, state: own, asked };
}

/** Every pane by itself. */
const unfolded = (points: readonly PanePoint[]): readonly PanePoint[] =>
  points.flatMap((point) =>
    Array.from({ length: point.idle ?? 1 }, (_, i) => ({
      ...point,
      start: point.start + BigInt(i) * SECOND,
      ...(point.idle === undefined ? {} : { idle: 1 }),
    })),
  );

const KINDS: readonly (readonly [string, object])[] = [
  ['spike up', { type: 'spike', history: 3, factor: 2, min_current: 1, forget: '150s' }],
  ['spike of both directions', { type: 'spike', history: 2, factor: 2, direction: 'both', min_reference: 1, forget: '150s' }],
  ['spike of a sum', { type: 'spike', history: 1, metric: 'sum', field: 'n', direction: 'both', forget: '90s' }],
  ['spike of different values', { type: 'spike', history: 2, metric: 'distinct', field: 'n', forget: '40s' }],
  ['season of averages', { type: 'seasonal', season: 'none', metric: 'avg', field: 'n', min_history: 2, forget: '150s' }],
  ['season of counts', { type: 'seasonal', season: 'none', min_history: 2, forget: '150s' }],
  ['change of averages', { type: 'change', metric: 'avg', field: 'n', forget: '150s' }],
];

const hitOf = ([at, n]: readonly [number, number], i: number): Hit => ({
  time: BigInt(at) * (SECOND / 4n),
  origin: { source: 's', partition: 0, offset: BigInt(i), index: 0 },
  rule: 'a',
  appendedAt: 0,
  values: { n },
  entities: {},
  bytes: 0,
});

describe('runs of empty panes are judged as pane after pane', () => {
  test.each(KINDS)('%s', (_name, anomaly) => {
    const condition = conditionOf(anomaly);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -400, max: 1600 }), fc.nat(4)), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.integer({ min: -100, max: 400 }), fc.nat(12)), { maxLength: 2 }),
        fc.option(fc.integer({ min: -400, max: 2000 }), { nil: undefined }),
        (matches, silences, end) => {
          const hits = matches.map(hitOf).sort(compareHits);
          const ended = end === undefined ? undefined : BigInt(end) * (SECOND / 4n);
          const every = Array.from({ length: 800 }, (_, i) => i - 101);
          const slow = run(condition, hits, every, silences, ended);
          const fast = run(condition, hits, [], silences, ended);
          expect(fast.triggers).toEqual(slow.triggers);
          expect(fast.state).toEqual(slow.state);
          expect(unfolded(fast.points)).toEqual(unfolded(slow.points));
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('years of empty panes of a second cost a few judgements', () => {
  const condition = conditionOf({ type: 'spike', history: 3, factor: 2, direction: 'both', forget: '3650d' });
  const hits = [0, 4, 4 * 100_000_000].map((at, i) => hitOf([at, 1], i));
  const { points, asked } = run(condition, hits, [], [[50_000_000, 3]], undefined);
  expect(points.reduce((sum, { idle = 1 }) => sum + idle, 0)).toBeGreaterThan(100_000_000);
  expect(points.length).toBeLessThan(300);
  expect(asked).toBeLessThan(1000);
});

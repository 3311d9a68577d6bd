import { describe, expect, test } from 'vitest';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS, restoreCorrelator } from '../../../src/correlate/correlator.ts';
import { distinctOf, MAX_DISTINCT, withDistinct } from '../../../src/correlate/sketches/distinct.ts';
import { hashKeyOf } from '../../../src/correlate/sketches/keyed-hash.ts';
import { rulesetOf } from '../../support/a-rule.ts';
import { aMatch, asRecord, contentOf, SECOND } from '../../support/correlate.ts';

const HOUR = 3600;
const ruleset = rulesetOf(
  { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
  {
    title: 'j',
    name: 'judged',
    anomaly: { type: 'spike', metric: 'distinct', rules: ['a'], 'group-by': ['g'], field: 'v', timespan: '1h', factor: 2 },
  },
);
/** So many different values in each of the hours, some of them twice. */
const matches = (hours: readonly number[]) =>
  hours
    .flatMap((count, hour) => Array.from({ length: count + 100 }, (_, i) => ({ t: hour * HOUR + (i % HOUR), v: `v${hour}-${i % count}` })))
    .map(({ t, v }, n) => asRecord(aMatch('a', t, { g: 'x', v }, n)));

/** Alerts, and what was estimated; with restarts in the middle of hours, or the matches in another order. */
function judged(hours: readonly number[], { restart = false, reversed = false } = {}) {
  const records = matches(hours);
  let correlator = createCorrelator(ruleset);
  const fired = (reversed ? records.toReversed() : records).flatMap((record, i) => {
    const out = correlator.apply(record);
    if (restart && i % 2801 === 2800) correlator = restoreCorrelator(ruleset, DEFAULT_CORRELATE_OPTIONS, correlator.snapshot());
    return out;
  });
  fired.push(...correlator.apply({ kind: 'end', newest: 4n * 3600n * SECOND }));
  return { opened: fired.filter(({ stage }) => stage === 'opened').map(contentOf), losses: correlator.losses() };
}

describe('different values of a pane beyond those that are told apart', () => {
  test('are estimated together with the first ones, and an alert says how well', () => {
    const { opened, losses } = judged([4500, 4500, 10_000, 1]);
    // Without a sketch both hours have 4,096 or more, and nothing is told.
    expect(opened).toHaveLength(1);
    const [{ decision }] = opened as [{ decision: readonly { condition: string; observed: unknown }[] }];
    const told = String(decision[0]?.observed);
    const count = Number(/^about (\d+) \(HyperLogLog, standard error 0\.8 %\)$/.exec(told)?.[1]);
    expect(Math.abs(count - 10_000)).toBeLessThan(0.03 * 10_000);
    expect(losses).toMatchObject([{ rule: 'judged', values: 0 }]);
    expect(losses[0]?.estimated).toBeGreaterThan(6000);
  });
  test('are the same in another order and after restarts', () => {
    const { opened } = judged([4500, 4500, 10_000, 1]);
    expect(judged([4500, 4500, 10_000, 1], { restart: true }).opened).toEqual(opened);
    const [{ decision }] = judged([4500, 4500, 10_000, 1], { reversed: true }).opened as [{ decision: unknown }];
    expect(decision).toEqual((opened[0] as { decision: unknown }).decision);
  });
  test('up to those nothing is estimated', () => {
    const { opened, losses } = judged([2000, 2000, MAX_DISTINCT, 1]);
    expect(opened).toMatchObject([{ decision: [{ observed: MAX_DISTINCT }, {}, {}] }]);
    expect(losses).toEqual([]);
  });
});

test('an estimate says no fewer than are known to be there', () => {
  for (let seed = 0; seed < 10; seed++) {
    const key = hashKeyOf(String(seed));
    let distinct: Parameters<typeof withDistinct>[0] = new Set<string>();
    for (let i = 0; i <= MAX_DISTINCT; i++) distinct = withDistinct(distinct, `v${i}`, key);
    expect(distinct).toBeInstanceOf(Uint8Array);
    expect(distinctOf(distinct)).toBeGreaterThan(MAX_DISTINCT);
    expect(distinctOf(distinct)).toBeLessThan(1.03 * MAX_DISTINCT);
  }
});

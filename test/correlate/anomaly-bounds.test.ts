import { describe, expect, test } from 'vitest';
import { createCorrelator, type Note } from '../../src/correlate/correlator.ts';
import { boundValues, MAX_VALUES, unseen } from '../../src/correlate/known-values.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, SECOND, watermarkAt } from '../support/correlate.ts';

/** What is said when one group sends `count` different values, one per second, within an hour and a half. */
function saidOf(anomaly: object, count: number): readonly Note[] {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], field: 'v', ...anomaly } },
  );
  const notes: Note[] = [];
  const correlator = createCorrelator(ruleset);
  for (let i = 0; i < count; i++) {
    correlator.apply(asRecord(aMatch('a', i, { g: 'x', v: `v${i}`, p: 'q' }, i)), (note) => notes.push(note));
    if (i % 100 !== 99) continue;
    correlator.apply(watermarkAt(BigInt(i) * SECOND), (note) => notes.push(note));
  }
  correlator.apply({ kind: 'end' }, (note) => notes.push(note));
  return notes.filter(({ kind }) => kind === 'bounded');
}

describe('values beyond what a group may hold are counted and told of, once per window', () => {
  test.each([
    ['new_value', { type: 'new_value' }, 1200, 2000],
    ['peer_group', { type: 'peer_group', peers: 'p' }, 1200, 2000],
    ['rare', { type: 'rare' }, 1000, 1100],
    ['spike of different values', { type: 'spike', metric: 'distinct', timespan: '2h' }, 4096, 4200],
  ])('%s', (_, anomaly, within, beyond) => {
    expect(saidOf(anomaly, within)).toEqual([]);
    const [first] = saidOf(anomaly, beyond);
    expect(first).toMatchObject({ kind: 'bounded', rule: 'judged' });
    expect(first?.kind === 'bounded' && first.dropped).toBeGreaterThan(0);
    expect(saidOf(anomaly, beyond).length).toBeLessThanOrEqual(2);
  });
});

test('those seen longest ago are let go, however often and in whatever order values were seen', () => {
  const known = new Map<string, bigint>();
  for (let i = 0; i < 1300; i++) unseen(known, [`v${i}`], BigInt(i), 10_000n);
  unseen(known, ['v3'], 2000n, 10_000n);
  expect(boundValues(known)).toBe(300);
  expect(known.size).toBe(MAX_VALUES);
  expect([known.has('v3'), known.has('v300'), known.has('v301'), known.has('v1299')]).toEqual([true, false, true, true]);
});

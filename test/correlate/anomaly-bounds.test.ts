import { describe, expect, test } from 'vitest';
import { createCorrelator, type Note } from '../../src/correlate/correlator.ts';
import { boundValues, type KnownValues, MAX_VALUES, NO_VALUES, sizeOf, unseen } from '../../src/correlate/known-values.ts';
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
  const own: { last: KnownValues } = { last: NO_VALUES };
  for (let i = 0; i < 1300; i++) unseen(own, [`v${i}`], BigInt(i), 10_000n);
  unseen(own, ['v3'], 2000n, 10_000n);
  expect(boundValues(own.last)).toBe(300);
  expect(sizeOf(own.last)).toBe(MAX_VALUES);
  const has = (value: string): boolean => unseen(own, [value], 2001n, 10_000n).length === 0;
  expect([has('v3'), has('v300'), has('v301'), has('v1299')]).toEqual([true, false, true, true]);
});

import { describe, expect, test } from 'vitest';
import { createCensus } from '../../src/correlate/census.ts';
import { fromText, toText } from '../../src/correlate/codec.ts';
import { createCorrelator, DEFAULT_CORRELATE_OPTIONS, restoreCorrelator } from '../../src/correlate/correlator.ts';
import { hashKeyOf } from '../../src/correlate/sketches/keyed-hash.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, SECOND } from '../support/correlate.ts';

const SPAN = 100n;
const KEY = hashKeyOf('a rule');
const limits = { members: 3, keys: 2, pairs: 4 };

describe('limits of a census that bite are seen', () => {
  test('members beyond those that are told apart are estimated, and the key says so', () => {
    const census = createCensus(SPAN, KEY, undefined, { members: 3, keys: 10, pairs: 100 });
    expect(['a', 'b', 'c', 'a', 'd', 'c'].map((one) => census.note('k', one, 5n))).toEqual([
      'told apart',
      'told apart',
      'told apart',
      'told apart',
      'estimated',
      'told apart',
    ]);
    expect([census.members('k', 5n), census.sureness('k', 5n), census.sureness('other', 5n)]).toEqual([4, 'estimate', 'exact']);
    census.forget(6n);
    expect(census.note('k', 'd', 7n)).toBe('estimated');
    expect([census.members('k', 7n), census.sureness('k', 7n)]).toEqual([4, 'estimate']);
  });

  test('beyond so many keys every further key may have had members', () => {
    const census = createCensus(SPAN, KEY, undefined, limits);
    expect(['x', 'y', 'z'].map((key) => census.note(key, 'a', 5n))).toEqual(['told apart', 'told apart', 'left out']);
    expect(['x', 'y', 'z', 'never'].map((key) => census.sureness(key, 5n))).toEqual(['exact', 'exact', 'or more', 'or more']);
  });

  test('pairs of all keys are bounded together', () => {
    const census = createCensus(SPAN, KEY, undefined, limits);
    const noted = ['xa', 'xb', 'ya', 'yb', 'yc'].map((one) => census.note(one.charAt(0), one.charAt(1), 5n));
    expect(noted).toEqual([...new Array(4).fill('told apart'), 'left out']);
    expect([census.sureness('x', 5n), census.sureness('y', 5n)]).toEqual(['exact', 'or more']);
  });

  test('a key with many members leaves none out when there is no room: a sketch needs less', () => {
    const census = createCensus(SPAN, KEY, undefined, { members: 2048, keys: 1000, pairs: 400 });
    for (let i = 0; i < 300; i++) census.note('k', `m${i}`, 5n);
    for (let i = 0; i < 100; i++) census.note(`other ${i}`, 'm', 5n);
    expect(census.note('k', 'm300', 5n)).toBe('estimated');
    expect(census.note('other 1', 'n', 5n)).toBe('told apart');
    for (let i = 0; i < 3000; i++) expect(census.note('k', `m${i}`, 5n)).toBe('estimated');
    expect(census.sureness('k', 5n)).toBe('estimate');
    const crowd = census.snapshot().panes.get('0')?.keys.get('k') as { readonly pending: Map<number, bigint> };
    expect(crowd.pending.size).toBeLessThan(300);
    expect(Math.abs(census.members('k', 5n) - 3000)).toBeLessThan(0.05 * 3000);
  });

  test('an estimate says no fewer than are known to be there', () => {
    const census = createCensus(SPAN, KEY);
    for (let key = 0; key < 12; key++) {
      for (let i = 0; i < 2049; i++) census.note(`k${key}`, `m${key} ${i}`, 5n);
      expect(census.members(`k${key}`, 5n)).toBeGreaterThanOrEqual(2049);
    }
  });

  test('until their pane is out of reach, also after a restart', () => {
    const census = createCensus(SPAN, KEY, undefined, limits);
    for (const one of ['a', 'b', 'c', 'd', 'e']) census.note('k', one, 5n);
    const restored = createCensus(SPAN, KEY, fromText(toText(census.snapshot())) as ReturnType<typeof census.snapshot>, limits);
    expect([5n, 105n, 205n].map((time) => restored.sureness('k', time))).toEqual(['or more', 'or more', 'exact']);
    restored.forget(250n);
    expect(restored.sureness('k', 105n)).toBe('exact');
  });
});

/** `many` hosts call a common place, the first `few` of them another one, and one of them calls that every minute. */
function beaconAmong(many: number, few: number, { restart = false, reversed = false } = {}) {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { type: 'beacon', rules: ['a'], 'group-by': ['h', 'd'], host: 'h', destination: 'd' } },
  );
  const hosts = Array.from({ length: many }, (_, i) => aMatch('a', 1, { h: `h${i}`, d: '10.0.0.1' }, i));
  const others = Array.from({ length: few }, (_, i) => aMatch('a', 1, { h: `h${i}`, d: '10.0.0.2' }, 20_000 + i));
  const calls = Array.from({ length: 12 }, (_, i) => aMatch('a', 60 * i + 2, { h: 'h1', d: '10.0.0.2' }, 30_000 + i));
  const all = [...hosts, ...others, ...calls].map(asRecord);
  let correlator = createCorrelator(ruleset);
  const fired = (reversed ? all.toReversed() : all).flatMap((one, i) => {
    const out = correlator.apply(one);
    if (restart && i % 997 === 996) correlator = restoreCorrelator(ruleset, DEFAULT_CORRELATE_OPTIONS, correlator.snapshot());
    return out;
  });
  fired.push(...correlator.apply({ kind: 'end', newest: 700n * SECOND }));
  const opened = fired.filter(({ stage }) => stage === 'opened').map(({ decision }) => decision);
  return { opened, losses: correlator.losses() };
}
const baselineOf = (decision: readonly { readonly condition: string; readonly expected: unknown }[] | undefined): unknown =>
  decision?.find(({ condition }) => condition === 'baseline')?.expected;

test('with more hosts than are told apart their number is estimated, none is left out, and the alert says so', () => {
  const { opened, losses } = beaconAmong(2060, 0);
  expect(losses).toMatchObject([{ rule: 'judged', members: 0 }]);
  expect(losses[0]?.estimated).toBeGreaterThan(20);
  const count = /^1 of about (\d+) \(HyperLogLog, standard error 1\.6 %\) hosts call it; 10 calls$/.exec(
    String(baselineOf(opened[0])),
  )?.[1];
  expect(Math.abs(Number(count) - 2060)).toBeLessThan(0.05 * 2060);
});

test('a destination is as common as it is: 200 hosts of 2,400 are fewer than a tenth', () => {
  const { opened } = beaconAmong(2400, 200);
  expect(opened).toHaveLength(1);
  expect(String(baselineOf(opened[0]))).toMatch(/^200 of about 2[34]\d\d /);
  expect(beaconAmong(2400, 200, { restart: true, reversed: true }).opened).toEqual(opened);
  expect(beaconAmong(2400, 300).opened).toEqual([]);
});

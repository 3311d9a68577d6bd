import { describe, expect, test } from 'vitest';
import { createCensus } from '../../src/correlate/census.ts';
import { fromText, toText } from '../../src/correlate/codec.ts';
import { createCorrelator } from '../../src/correlate/correlator.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, SECOND } from '../support/correlate.ts';

const SPAN = 100n;
const limits = { members: 3, keys: 2, pairs: 4 };

describe('limits of a census that bite are seen', () => {
  test('members beyond those of one key are not counted, and the key is full', () => {
    const census = createCensus(SPAN, undefined, { members: 3, keys: 10, pairs: 100 });
    expect(['a', 'b', 'c', 'a', 'd', 'c'].map((one) => census.note('k', one, 5n))).toEqual([true, true, true, true, false, true]);
    expect([census.members('k', 5n), census.full('k', 5n), census.full('other', 5n)]).toEqual([3, true, false]);
  });

  test('beyond so many keys every further key may have had members', () => {
    const census = createCensus(SPAN, undefined, limits);
    expect(['x', 'y', 'z'].map((key) => census.note(key, 'a', 5n))).toEqual([true, true, false]);
    expect(['x', 'y', 'z', 'never'].map((key) => census.full(key, 5n))).toEqual([false, false, true, true]);
  });

  test('pairs of all keys are bounded together', () => {
    const census = createCensus(SPAN, undefined, limits);
    const noted = [
      ['x', 'a'],
      ['x', 'b'],
      ['y', 'a'],
      ['y', 'b'],
      ['y', 'c'],
    ].map(([key, member]) => census.note(key as string, member as string, 5n));
    expect(noted).toEqual([true, true, true, true, false]);
    expect([census.full('x', 5n), census.full('y', 5n)]).toEqual([false, true]);
  });

  test('until their pane is out of reach, also after a restart', () => {
    const census = createCensus(SPAN, undefined, limits);
    for (const one of ['a', 'b', 'c', 'd']) census.note('k', one, 5n);
    const restored = createCensus(SPAN, fromText(toText(census.snapshot())) as ReturnType<typeof census.snapshot>, limits);
    expect([5n, 105n, 205n].map((time) => restored.full('k', time))).toEqual([true, true, false]);
    restored.forget(250n);
    expect(restored.full('k', 105n)).toBe(false);
  });
});

/** 2,060 hosts call a common place, and one of them calls another every minute. */
function beaconAmongMany() {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { type: 'beacon', rules: ['a'], 'group-by': ['h', 'd'], host: 'h', destination: 'd' } },
  );
  const correlator = createCorrelator(ruleset);
  const hosts = Array.from({ length: 2060 }, (_, i) => aMatch('a', 1, { h: `h${i}`, d: '10.0.0.1' }, i));
  const calls = Array.from({ length: 12 }, (_, i) => aMatch('a', 60 * i + 2, { h: 'h1', d: '10.0.0.2' }, 3000 + i));
  const fired = [...hosts, ...calls].map(asRecord).flatMap((one) => correlator.apply(one));
  return { fired: [...fired, ...correlator.apply({ kind: 'end', newest: 700n * SECOND })], losses: correlator.losses() };
}

test('a rule counts the members it left out, and its alert says that there may be more', () => {
  const { fired, losses } = beaconAmongMany();
  // Each of twelve hosts too many lacks in the count of all and in that of the common place.
  expect(losses).toMatchObject([{ rule: 'judged', members: 24 }]);
  const [opened] = fired.filter(({ stage }) => stage === 'opened');
  expect(opened?.decision.find(({ condition }) => condition === 'baseline')?.expected).toBe('1 of 2048 or more hosts call it; 10 calls');
});

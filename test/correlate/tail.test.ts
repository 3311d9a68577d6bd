import { expect, test } from 'vitest';
import { dice } from '../../scripts/dice.ts';
import { learn, newTail, surprise } from '../../src/correlate/detectors/tail.ts';

/** Numbers around 10, the same in every run. */
function noise(count: number): readonly number[] {
  const next = dice(7);
  return Array.from({ length: count }, () => 10 + next());
}

const learned = (values: readonly number[]) => {
  const tail = newTail();
  for (const value of values) learn(tail, value);
  return tail;
};

test('extreme values do not make lesser ones look usual that were wonders before', () => {
  const [rise, extreme] = [15, 1e6];
  const calm = surprise(learned(noise(2000)), rise);
  expect(calm).toBeGreaterThan(10);
  for (const extremes of [1, 2, 3]) {
    const tail = learned([...noise(1000), ...new Array<number>(extremes).fill(extreme), ...noise(1000)]);
    expect(surprise(tail, rise)).toBeGreaterThan(calm / 4);
  }
});

test('what goes on is learned: a level that comes to stay is no wonder any more', () => {
  const tail = learned([...noise(1000), ...noise(100).map((value) => value + 90)]);
  expect(surprise(tail, 100.5)).toBeLessThan(2);
});

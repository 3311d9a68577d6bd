import fc from 'fast-check';
import { expect, test } from 'vitest';
import { learn, newTail, surprise } from '../../../src/correlate/detectors/tail.ts';

const tailOf = (values: readonly number[]) => {
  const tail = newTail();
  for (const value of values) learn(tail, value);
  return tail;
};
const values = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 60, maxLength: 200 });

test('rarity below the tail is the share of values at least as great, within one bucket', () => {
  fc.assert(
    fc.property(values, fc.nat(199), (list, pick) => {
      const tail = tailOf(list);
      const value = list[pick % list.length] as number;
      // What is further away than the histogram reaches counts as equally far.
      fc.pre(Math.abs(value - tail.center) < 1e7 * tail.scale);
      const said = surprise(tail, value);
      // One bucket is 5 % of the distance from the centre, and never less than 5 % of the scale.
      const slack = 0.06 * (Math.abs(value - tail.center) + tail.scale);
      const share = (from: number) => Math.log10((list.length + 1) / (list.filter((one) => one >= from).length + 1));
      expect(said).toBeGreaterThanOrEqual(Math.min(share(value - slack), 1.6) - 1e-9);
      if (said < -Math.log10(0.02)) expect(said).toBeLessThanOrEqual(share(value + slack) + 1e-9);
    }),
  );
});

test('a greater value is never less rare', () => {
  fc.assert(
    fc.property(
      values,
      fc.double({ min: -5000, max: 5000, noNaN: true }),
      fc.double({ min: 0, max: 5000, noNaN: true }),
      (list, a, more) => {
        const tail = tailOf(list);
        expect(surprise(tail, a + more)).toBeGreaterThanOrEqual(surprise(tail, a) - 1e-9);
      },
    ),
  );
});

test('too little to tell is no surprise, and neither is what always was so', () => {
  expect(surprise(tailOf([1, 2, 3]), 1e9)).toBe(0);
  expect(surprise(tailOf(Array.from({ length: 300 }, () => 45)), 45)).toBeLessThan(0.01);
});

test('state stays bounded whatever comes, and old habits are forgotten', () => {
  const tail = newTail();
  for (let i = 0; i < 60_000; i++) learn(tail, i % 2 === 0 ? 1.7 ** (i % 60) : -(1.7 ** (i % 60)));
  expect(tail.counts.length).toBeLessThanOrEqual(761);
  expect(tail.total).toBeLessThanOrEqual(16_384);
  for (let i = 0; i < 200_000; i++) learn(tail, 3);
  expect(surprise(tail, 1e6)).toBeGreaterThan(3);
});

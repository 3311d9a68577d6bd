import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median } from '../../../src/correlate/detectors/judged.ts';

const number = fc.oneof(
  fc.nat(5),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((one) => one + 0),
);
const plain = (list: readonly number[]): number => {
  const sorted = list.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
};

test('the median of a list and of a part of it is that of the sorted one, and the list stays as it is', () => {
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 300, size: 'max' }), fc.nat(), fc.nat(), (list, a, b) => {
      const before = [...list];
      const from = a % list.length;
      const to = from + 1 + (b % (list.length - from));
      expect(median(list) - plain(list)).toBe(0);
      expect(median(list, from, to) - plain(list.slice(from, to))).toBe(0);
      expect(list).toEqual(before);
    }),
    { numRuns: 400 },
  );
});

test('nothing has no median', () => {
  expect(median([])).toBeNaN();
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { insertSorted, middleOf, replaceSorted, spreadAround, staysLocal } from '../../../src/correlate/detectors/regularity.ts';

const gap = fc.oneof(fc.nat(9), fc.integer({ min: 1, max: 2 ** 50 }));
const ascending = (a: number, b: number): number => a - b;

test('the spread is the median of the distances, sorted', () => {
  fc.assert(
    fc.property(fc.array(gap, { minLength: 1, maxLength: 70 }), (gaps) => {
      const sorted = gaps.toSorted(ascending);
      const middle = middleOf(sorted);
      expect(spreadAround(sorted, middle)).toBe(middleOf(sorted.map((one) => Math.abs(one - middle)).sort(ascending)));
    }),
    { numRuns: 1000 },
  );
});

test('a list in order stays the sorted one when numbers come and take the place of others', () => {
  fc.assert(
    fc.property(fc.array(gap, { minLength: 1, maxLength: 20 }), fc.array(fc.tuple(fc.nat(100), gap), { maxLength: 40 }), (first, next) => {
      const plain: number[] = [];
      const sorted: number[] = [];
      for (const one of first) {
        plain.push(one);
        insertSorted(sorted, one);
      }
      for (const [at, one] of next) {
        replaceSorted(sorted, plain[at % plain.length] as number, one);
        plain[at % plain.length] = one;
        expect(sorted).toEqual(plain.toSorted(ascending));
      }
    }),
  );
});

test.each([
  ['127.0.0.1', true],
  ['169.254.1.1', true],
  ['224.0.0.1', true],
  ['239.255.255.250', true],
  ['240.0.0.1', false],
  ['0.0.0.0', true],
  ['0.0.0.1', false],
  ['255.255.255.255', true],
  ['255.255.255.0', false],
  ['::', true],
  ['::1', true],
  ['::2', false],
  ['0:0:0:0:0:0:0:1', true],
  ['fe80::1', true],
  ['FE80::1', true],
  ['ff02::fb', true],
  ['FF02::fb', true],
  ['fd00::1', false],
  ['10.0.0.1', false],
  ['192.168.1.1', false],
  ['16.1.1.1', false],
  ['22.1.1.1', false],
  ['2001:db8::1', false],
  ['ff.example.org', false],
  ['', false],
])('%s stays on the host or its link: %s', (address, stays) => {
  expect(staysLocal(address)).toBe(stays);
});

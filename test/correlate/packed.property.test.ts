import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromText, toText } from '../../src/correlate/codec.ts';
import { pack, unpack } from '../../src/correlate/packed.ts';

const numbers = fc.oneof(
  fc.array(fc.nat(300)),
  fc.array(fc.integer()),
  fc.array(fc.maxSafeInteger()),
  fc.array(fc.double()),
  fc.array(fc.constantFrom(0, -0, 1, 2 ** 40, 2 ** 50, -(2 ** 50), Number.NaN, Number.POSITIVE_INFINITY)),
);

test('a list comes back as it was, also through a checkpoint', () => {
  fc.assert(
    fc.property(numbers, (list) => {
      const text = pack(list);
      expect(unpack(text)).toEqual(list);
      expect(fromText(toText(text))).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test('no list takes more than its doubles and six bytes, and small counts take bits', () => {
  fc.assert(fc.property(numbers, (list) => void expect(pack(list).length).toBeLessThanOrEqual(8 * list.length + 6)));
  expect(pack([4, 5, 6, 5, 4, 7])).toHaveLength(4);
  expect(pack([0, 0, 0, 0, 0, 0])).toHaveLength(1);
  expect(unpack('')).toEqual([]);
});

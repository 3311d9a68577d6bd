import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromText, toText } from '../../src/correlate/codec.ts';
import { type KnownValues, NO_VALUES, sizeOf, unseen } from '../../src/correlate/known-values.ts';

const value = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('', 'a', 'b', 'aa', 'ab', 'c', 'ä', '\u20ac', '\ud83d\ude00') },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('a\0b', '\0', '\0a\0', 'x'.repeat(300)) },
);
const step = fc.record({
  values: fc.array(value, { maxLength: 3 }),
  gap: fc.oneof(fc.nat(40), fc.constantFrom(2 ** 32, 2 ** 45)),
  restart: fc.boolean(),
});

test.each([0n, -(2n ** 62n), 1_700_000_000_000_000_000n])('what was seen within the span is known, from %s on, few or many', (from) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      let own: { last: KnownValues } = { last: NO_VALUES };
      const plain = new Map<string, bigint>();
      let now = from;
      for (const { values, gap, restart } of steps) {
        now += BigInt(gap);
        const expected: string[] = [];
        for (const one of values) {
          const seen = plain.get(one);
          if (seen === undefined || seen < now - 50n) expected.push(one);
          plain.set(one, now);
        }
        expect(unseen(own, values, now, 50n)).toEqual(expected);
        expect(sizeOf(own.last)).toBe(plain.size);
        if (restart) own = fromText(toText(own)) as typeof own;
      }
    }),
    { numRuns: 150 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromText, toText } from '../../src/correlate/codec.ts';
import { boundValues, type KnownValues, NO_VALUES, olderOf, packValues, sizeOf, unseen } from '../../src/correlate/known-values.ts';
import { hashKeyOf } from '../../src/correlate/sketches/keyed-hash.ts';

const FIFTY = { span: 50n, hashKey: hashKeyOf('a rule') };

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
        expect(unseen(own, values, now, FIFTY)).toEqual(expected);
        expect(sizeOf(own.last)).toBe(plain.size);
        if (restart) packValues(own);
        if (restart) own = fromText(toText(own)) as typeof own;
      }
    }),
    { numRuns: 150 },
  );
});

test('beyond the times that are kept, what was seen within the span is known, and what was not for a quarter more is not', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(4000n, 4001n, 9999n, 40_000n),
      fc.constantFrom(-20_000n, 1_700_000_000_000n),
      // Runs of values one after the other, forwards through a long list of them.
      fc.array(fc.record({ from: fc.nat(6000), count: fc.integer({ min: 1, max: 1500 }), pause: fc.nat(3000), restart: fc.boolean() }), {
        minLength: 3,
        maxLength: 10,
        size: 'max',
      }),
      (span, start, runs) => {
        const remembering = { span, hashKey: hashKeyOf(`rule ${span}`) };
        let own: { last: KnownValues } = { last: NO_VALUES };
        const seen = new Map<string, bigint>();
        let now = start;
        for (const { from, count, pause, restart } of runs) {
          now += BigInt(pause);
          for (let i = from; i < from + count; i++) {
            now += 1n;
            const value = `v${i}`;
            const last = seen.get(value);
            const known = unseen(own, [value], now, remembering).length === 0;
            if (last !== undefined && last >= now - span) expect(known).toBe(true);
            if (last === undefined || last < now - (5n * (span + 3n)) / 4n) expect(known).toBe(false);
            seen.set(value, now);
            boundValues(own, now, remembering, { dropped: (count) => expect(count).toBe(0) });
          }
          expect(sizeOf(own.last)).toBeLessThanOrEqual(1250);
          packValues(own);
          if (restart) own = fromText(toText(own)) as typeof own;
        }
      },
    ),
    { numRuns: 12 },
  );
});

test('a flood of values makes none of those known before it look new, within or beyond what there is room for', () => {
  const remembering = { span: 30n * 86_400n, hashKey: hashKeyOf('a rule') };
  const own: { last: KnownValues } = { last: NO_VALUES };
  const usual = Array.from({ length: 900 }, (_, i) => `usual ${i}`);
  unseen(own, usual, 0n, remembering);
  let dropped = 0;
  for (let i = 0; i < 60_000; i++) {
    unseen(own, [`flood ${i}`], BigInt(100 + i), remembering);
    boundValues(own, BigInt(100 + i), remembering, { dropped: (count) => void (dropped += count) });
    if (i % 20_000 === 19_999) expect(unseen(own, usual, BigInt(100 + i), remembering)).toEqual([]);
  }
  expect(dropped).toBeGreaterThan(30_000);
  expect(olderOf(own.last)).toBe(24_576);
  // Those that found no room are new again, as without fingerprints; the first ones of the flood are known.
  expect(unseen(own, ['flood 3', 'flood 50000'], 70_000n, remembering)).toEqual(['flood 50000']);
});

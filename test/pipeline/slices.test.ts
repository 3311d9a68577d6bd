import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSlices, SLICE_MS } from '../../src/pipeline/slices.ts';
import type { Batch } from '../../src/source/source.ts';
import { aRecord } from '../support/an-event.ts';

const batchOf = (count: number): Batch => ({
  partition: 3,
  records: Array.from({ length: count }, (_, n) => ({ ...aRecord('x'), partition: 3, offset: BigInt(10 + 7 * n) })),
  gap: { from: 1n, to: 9n, cause: 'expired' },
  next: BigInt(10 + 7 * count),
  end: true,
});

test('a batch is whole until a record is known to take long; then its slices take about as long as they may', () => {
  const slices = createSlices();
  expect([...slices.of(batchOf(1000))]).toEqual([batchOf(1000)]);
  slices.took(1000, 100);
  expect([...slices.of(batchOf(1000))].map(({ records }) => records.length)).toEqual([200, 200, 200, 200, 200]);
  // One record takes longer than a slice may: nothing is cut smaller.
  slices.took(1, 10 * SLICE_MS);
  expect([...slices.of(batchOf(3))].map(({ records }) => records.length)).toEqual([1, 1, 1]);
  for (let i = 0; i < 100; i++) slices.took(1000, 1);
  expect([...slices.of(batchOf(1000))]).toHaveLength(1);
});

test('the slices of a batch are the batch: every record once, in order, with its gap first and its end last', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 50 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 400 }))),
      (count, took) => {
        const slices = createSlices();
        for (const [records, ms] of took) slices.took(records, ms);
        const whole = batchOf(count);
        const parts = [...slices.of(whole)];
        expect(parts.flatMap(({ records }) => records)).toEqual(whole.records);
        parts.forEach((part, n) => {
          const last = n === parts.length - 1;
          expect({ partition: part.partition, gap: part.gap, end: part.end }).toEqual({
            partition: 3,
            gap: n === 0 ? whole.gap : undefined,
            end: last ? true : undefined,
          });
          // Where to resume is where the next slice begins.
          expect(part.next).toBe(last ? whole.next : parts[n + 1]?.records[0]?.offset);
        });
      },
    ),
    { numRuns: 200 },
  );
});

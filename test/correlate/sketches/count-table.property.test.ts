import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromText, toText } from '../../../src/correlate/codec.ts';
import {
  COUNTS_BYTES,
  type CountTable,
  countOnce,
  countTable,
  MANY,
  MOST_COUNTED,
  timesOf,
} from '../../../src/correlate/sketches/count-table.ts';
import { hashKeyOf, hashOf } from '../../../src/correlate/sketches/keyed-hash.ts';

/** Fingerprints that stand close together, so that they are in each other's way, and others. */
const hash = fc.oneof(fc.nat(300), fc.nat(2 ** 24 - 1)).map((fingerprint) => fingerprint * 2 ** 29 + 7);

test('counts as a map of fingerprints does, in any order, after restarts, and says when there is no room', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(hash, fc.constantFrom(1, 1, 1, 2, 300)), { maxLength: 400, size: 'max' }),
      fc.constantFrom(0, 1, 5),
      (list, grants) => {
        let table = countTable();
        const plain = new Map<number, number>();
        const asked: number[] = [];
        const room = (bytes: number): boolean => asked.push(bytes) <= grants;
        const refused: number[] = [];
        for (const [one, times] of list)
          for (let i = 0; i < times; i++) {
            const fingerprint = Math.floor(one / 2 ** 29) || 1;
            if (countOnce(table, one, room)) plain.set(fingerprint, (plain.get(fingerprint) ?? 0) + 1);
            else refused.push(fingerprint);
          }
        // Whoever is in it is counted on without room.
        expect(refused.filter((fingerprint) => plain.has(fingerprint))).toEqual([]);
        expect(asked.slice(0, grants)).toEqual(asked.slice(0, grants).map((_, i) => COUNTS_BYTES * 2 ** i));
        table = fromText(toText(table)) as CountTable;
        expect(table.count).toBe(plain.size);
        expect(list.map(([one]) => timesOf(table, one))).toEqual(
          list.map(([one]) => Math.min(MANY, plain.get(Math.floor(one / 2 ** 29) || 1) ?? 0)),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('never counts fewer than came, and one value in 5,000 for another when it is as full as it may be', () => {
  let [taken, tries] = [0, 0];
  for (let seed = 0; seed < 10; seed++) {
    const key = hashKeyOf(String(seed));
    const table = countTable();
    for (let i = 0; i < MOST_COUNTED; i++) expect(countOnce(table, hashOf(`v${i}`, key), () => true)).toBe(true);
    for (let i = 0; i < MOST_COUNTED; i++) expect(timesOf(table, hashOf(`v${i}`, key))).toBeGreaterThanOrEqual(1);
    for (let i = 0; i < 5000; i++, tries++) if (timesOf(table, hashOf(`new ${i}`, key)) > 0) taken++;
  }
  // Nine are expected (1.8 in 10,000); the seeds stand here, so that no run is by chance.
  expect([tries, taken <= 20]).toEqual([50_000, true]);
});

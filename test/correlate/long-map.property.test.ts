import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLongMap } from '../../src/correlate/long-map.ts';

const steps = fc.array(fc.tuple(fc.constantFrom('set', 'delete', 'move'), fc.constantFrom(...'abcdefghij')), {
  maxLength: 60,
  size: 'max',
});

test('several maps are to be asked like one, in the order of insertion', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (list, part) => {
      const [long, model] = [createLongMap<number>(part), new Map<string, number>()];
      list.forEach(([step, key], n) => {
        if (step !== 'set') expect(long.delete(key)).toBe(model.delete(key));
        if (step !== 'delete') {
          long.set(key, n);
          model.set(key, n);
        }
        expect([...long.entries()]).toEqual([...model.entries()]);
        expect(long.size).toBe(model.size);
        for (const one of 'abcdefghij') expect(long.get(one)).toBe(model.get(one));
      });
    }),
    { numRuns: 100 },
  );
});

test('what is moved to the end while one goes through it is met once more, as in a Map', () => {
  const long = createLongMap<number>(2);
  for (const [i, key] of [...'abcd'].entries()) long.set(key, i);
  const met: string[] = [];
  for (const [key, value] of long.entries()) {
    met.push(key);
    if (met.length > 6) break;
    if (met.length > 4) continue;
    long.delete(key);
    long.set(key, value);
  }
  expect(met).toEqual([...'abcdabc']);
});

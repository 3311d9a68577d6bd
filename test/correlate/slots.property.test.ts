import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, numberOf, STEP } from '../../src/correlate/detectors/coarse.ts';
import { indexOf, listsAt, placeOf, withLists } from '../../src/correlate/slots.ts';

const value = fc.oneof(
  { weight: 6, arbitrary: fc.nat(9) },
  { weight: 2, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(0, -0, 2 ** 49, 2 ** 50, 2 ** 50 - 1, -(2 ** 50), Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE),
);
const write = fc.record({ slot: fc.nat(100), list: fc.array(value, { maxLength: 70 }) });

test('what is written to slots in any order is what each holds, without loss', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 25 }), (writes) => {
      const plain = new Map<number, readonly number[]>();
      let text = '';
      for (const { slot, list } of writes) {
        const place = placeOf(text, slot);
        text = withLists(text, place, listsAt(text, place).with(indexOf(slot), list));
        plain.set(slot, list);
      }
      for (let slot = 0; slot < 120; slot += 24) {
        const expected = Array.from({ length: 24 }, (_, i) => plain.get(slot + i) ?? []);
        expect(listsAt(text, placeOf(text, slot))).toEqual(expected);
      }
      expect([...text].every((one) => one.charCodeAt(0) < 256)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

describe('a season of a week takes few bytes', () => {
  /** Six weeks of 168 hours, each as `of` says. */
  const bytesOf = (of: (hour: number, week: number) => number): number => {
    let text = '';
    for (let hour = 0; hour < 168; hour++) {
      const place = placeOf(text, hour);
      const list = [0, 1, 2, 3, 4, 5].map((week) => of(hour, week));
      text = withLists(text, place, listsAt(text, place).with(indexOf(hour), list));
    }
    return text.length;
  };
  test('of nothing: a bit for each hour', () => expect(bytesOf(() => 0)).toBeLessThanOrEqual(7 * 6));
  test('of one number always', () => expect(bytesOf(() => 5)).toBeLessThanOrEqual(200));
  test('of office hours with one to four matches', () => {
    const office = (hour: number): boolean => hour < 120 && hour % 24 >= 8 && hour % 24 < 18;
    expect(bytesOf((hour, week) => (office(hour) ? 1 + ((hour * 7 + week * 5) % 4) : 0))).toBeLessThanOrEqual(165);
  });
});

describe('numbers to seven binary digits', () => {
  const number = fc.double({ noNaN: true });
  test('are at most their step off, and in order', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        if (Number.isFinite(a)) expect(Math.abs(numberOf(codeOf(a)) - a)).toBeLessThanOrEqual(Math.abs(a) * STEP + 2 ** -32);
        if (a < b) expect(codeOf(a)).toBeLessThanOrEqual(codeOf(b));
        expect(codeOf(numberOf(codeOf(a)))).toBe(codeOf(a));
        expect(Number.isSafeInteger(codeOf(a)) && Number.isFinite(numberOf(codeOf(a)))).toBe(true);
      }),
      { numRuns: 1000, examples: [[Number.MAX_VALUE, Number.POSITIVE_INFINITY]] },
    );
  });
  test('and exact where they are whole and below 128', () => {
    for (let whole = -128; whole <= 128; whole++) expect(numberOf(codeOf(whole))).toBe(whole);
  });
});

test('a text that nobody wrote gives lists that end', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1, 3, 64, 127, 192, 224, 255), { maxLength: 60 }), (bytes) => {
      const text = String.fromCharCode(...bytes);
      for (const list of listsAt(text, { block: 0, from: 0, to: text.length })) expect(list.length).toBeLessThan(2048);
    }),
    { numRuns: 200 },
  );
});

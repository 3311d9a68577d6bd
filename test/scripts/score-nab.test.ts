import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Labels, normalized, probationOf, sigmoid, tally } from '../../scripts/score-nab/score.ts';

const standard = { truePositive: 1, falsePositive: 0.11, falseNegative: 1 };
const labels: Labels = {
  rows: 100,
  probation: 15,
  windows: [
    { from: 40, to: 49 },
    { from: 80, to: 89 },
  ],
};
const at = (...rows: number[]): Float64Array => Float64Array.from({ length: 100 }, (_, row) => (rows.includes(row) ? 1 : 0));
const score = (...rows: number[]) => {
  const { raw, windows } = tally(at(...rows), labels, standard, 1);
  return normalized(raw, windows, standard);
};

describe('the score of the benchmark', () => {
  test('nothing said is 0, every window at its first row is 100', () => {
    expect(score()).toBe(0);
    expect(score(40, 80)).toBeCloseTo(100, 10);
  });

  test('what is worth what: by hand from the published function', () => {
    // Row 44 of the window 40 to 49 has y = -(49 - 44 + 1) / 10.
    expect(tally(at(44), labels, standard, 1).raw).toBeCloseTo((2 / (1 + Math.exp(-3)) - 1) / (2 / (1 + Math.exp(-5)) - 1) - 1, 12);
    // Before any window the full price; behind one by the distance, in lengths of the window.
    expect(tally(at(20), labels, standard, 1).raw).toBeCloseTo(-2 - 0.11, 12);
    expect(tally(at(58), labels, standard, 1).raw).toBeCloseTo(-2 + 0.11 * (2 / (1 + Math.exp(5)) - 1), 12);
    expect(sigmoid(3.01)).toBe(-1);
  });

  test('the first 15 percent are not scored, at most 750 rows', () => {
    expect(score(3, 14)).toBe(0);
    expect([probationOf(100), probationOf(99), probationOf(20_000)]).toEqual([15, 14, 750]);
  });

  test('a window counts once, by its earliest detection; false alarms count each', () => {
    expect(score(41, 45, 49)).toBe(score(41));
    expect(tally(at(20, 21, 60), labels, standard, 1)).toMatchObject({ found: 0, windows: 2, falseAlarms: 3 });
  });

  test('no detections give more than a perfect detector', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 30 }), (rows) => {
        expect(score(...rows)).toBeLessThanOrEqual(100);
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadRules } from '../../src/rule/load.ts';

const holds = {
  gt: (n: number, v: number) => n > v,
  gte: (n: number, v: number) => n >= v,
  lt: (n: number, v: number) => n < v,
  lte: (n: number, v: number) => n <= v,
  eq: (n: number, v: number) => n === v,
  neq: (n: number, v: number) => n !== v,
};
const bounds = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...(Object.keys(holds) as (keyof typeof holds)[])), fc.integer({ min: 1, max: 6 })),
  {
    minLength: 1,
    selector: ([compare]) => compare,
  },
);

test('a condition is said to never hold exactly where no number meets it', () => {
  fc.assert(
    fc.property(bounds, fc.constantFrom('event_count', 'temporal', 'value_count', 'value_avg'), (thresholds, type) => {
      const condition = Object.fromEntries([...thresholds, ...(type.startsWith('value') ? [['field', 'f']] : [])]);
      const text = JSON.stringify({
        title: 'c',
        correlation: { type, rules: ['a', 'b', 'd'], 'group-by': ['u'], timespan: '5m', condition },
      });
      const members = ['a', 'b', 'd'].map((name) => ({
        path: `${name}.yml`,
        text: `title: t\nname: ${name}\nlogsource: {product: x}\ndetection: {s: {a: 1}, condition: s}\n`,
      }));
      const { problems } = loadRules([{ path: 'c.json', text }, ...members]);
      // Tenths from 0 to 20 for an average; whole numbers else, from what each type finds at least to what it finds at most.
      const most = type === 'temporal' ? 3 : 20;
      const least = type === 'event_count' || type === 'temporal' ? 1 : 0;
      const numbers = Array.from({ length: 201 }, (_, i) => i / 10).filter((n) => type === 'value_avg' || Number.isInteger(n));
      const possible = numbers.some((n) => n >= least && n <= most && thresholds.every(([compare, value]) => holds[compare](n, value)));
      expect(problems.some(({ code }) => code === 'correlation/never')).toBe(!possible);
    }),
    { numRuns: 500 },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUDGET, drawn, PART, type Season, seasonMemory } from '../../src/correlate/detectors/season-memory.ts';
import { readNoisy, type Shape, TURN, writeNoisy } from '../../src/correlate/noisy/lists.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, contentOf, firingsOf, SECOND, watermarkAt } from '../support/correlate.ts';

const ascending = (a: number, b: number): number => a - b;

describe('sorted lists in fractions of a bit', () => {
  const code = fc.oneof(
    { weight: 6, arbitrary: fc.nat(9) },
    { weight: 2, arbitrary: fc.integer({ min: -20, max: 200 }) },
    { weight: 1, arbitrary: fc.integer({ min: -40_000, max: 40_000 }) },
  );
  const shaped = fc
    .record({ slots: fc.integer({ min: 1, max: 40 }), keep: fc.integer({ min: 2, max: 60 }), daily: fc.constantFrom(0, 1, 7, 24) })
    .chain((shape) =>
      fc.tuple(
        fc.constant<Shape>(shape),
        fc.array(fc.oneof(fc.array(fc.nat(3), { maxLength: shape.keep }), fc.array(code, { maxLength: shape.keep })), {
          minLength: shape.slots,
          maxLength: shape.slots,
        }),
        fc.nat(TURN - 1),
      ),
    );
  test('are what was written, behind the head and nothing but it', () => {
    fc.assert(
      fc.property(shaped, ([shape, lists, wider]) => {
        const sorted = lists.map((list) => list.toSorted(ascending));
        const text = writeNoisy(sorted, shape, wider, '\x01\0');
        expect(text.slice(0, 2)).toBe('\x01\0');
        expect([...text].every((one) => one.charCodeAt(0) < 256)).toBe(true);
        expect(readNoisy(text, 2, shape, wider)).toEqual(sorted);
      }),
      { numRuns: 200 },
    );
  });
});

const value = fc.oneof(
  { weight: 8, arbitrary: fc.nat(12) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1_000_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 0 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e150, -1e150, 2 ** 53, 1e-9, -0, 1.5, Number.MAX_VALUE) },
);
/** A season and the values of its panes from the first slot on; pauses leave slots out. */
const season = fc
  .record({
    slots: fc.constantFrom(1, 3, 12, 24, 60),
    keep: fc.constantFrom(2, 3, 6, 10),
    daily: fc.constantFrom(0, 3),
    digits: fc.boolean(),
    budget: fc.constantFrom(30, 60, 100, BUDGET),
  })
  .chain((of) =>
    fc.tuple(
      fc.constant<Season>(of.slots === 60 ? { ...of, budget: Math.max(60, of.budget) } : of),
      fc.infiniteStream(fc.tuple(value, fc.nat(30))),
      fc.integer({ min: 1, max: Math.ceil(of.slots * of.keep * 1.5) }),
      fc.constantFrom<'any' | 'noise' | 'huge'>('any', 'noise', 'huge'),
    ),
  );
/** Panes with values: one in thirty is left out. */
function* panes([of, stream, count, mood]: [Season, Iterator<readonly [number, number]>, number, string]): Iterable<
  readonly [number, number, number]
> {
  for (let pane = 0; pane < count; pane++) {
    const [one, pause] = stream.next().value as readonly [number, number];
    if (pause === 0) continue;
    const drawnValue = mood === 'noise' ? Math.abs(one % 40) : mood === 'huge' ? one * 1e20 * (pause % 2 === 0 ? 1 : -1) : one;
    // What a metric is bounded by.
    yield [pane, pane % of.slots, Math.max(-1e150, Math.min(1e150, drawnValue))];
  }
}
/** Eight times the octave of the steps, and some more. */
const levelOf = (text: string): number => (isWhole(text) ? 0 : text.charCodeAt(0) * 256 + text.charCodeAt(1));
const isWhole = (text: string): boolean => text === '' || text.startsWith('\0');

describe('the memory of a season', () => {
  test('with room for all: the last values of each slot as they came', () => {
    fc.assert(
      fc.property(season, (given) => {
        const recall = seasonMemory({ ...given[0], digits: false, budget: Number.POSITIVE_INFINITY });
        const plain = new Map<number, number[]>();
        let text = '';
        for (const [pane, slot, one] of panes(given as never)) {
          const { values, learn, stepAt, leastAt } = recall(text, slot);
          expect(values).toEqual(plain.get(slot) ?? []);
          expect([stepAt(one), leastAt(one)]).toEqual([0, 0]);
          plain.set(slot, [...(plain.get(slot) ?? []), one].slice(-given[0].keep));
          text = learn(one, pane);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('never takes more than its budget, and is as long as the rule says, whatever the values', () => {
    fc.assert(
      fc.property(season, (given) => {
        const [of] = given;
        const recall = seasonMemory(of);
        const counts = new Map<number, number>();
        let text = '';
        for (const [pane, slot, one] of panes(given as never)) {
          const { values, learn } = recall(text, slot);
          expect(values.length).toBe(Math.min(of.keep, counts.get(slot) ?? 0));
          for (const each of values) expect(Number.isFinite(each)).toBe(true);
          counts.set(slot, (counts.get(slot) ?? 0) + 1);
          text = learn(one, pane);
          expect(text.length).toBeLessThanOrEqual(of.budget as number);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('is the last values while it is whole; in steps, those that the draw leaves, each within a step of what it was', () => {
    let steps = 0;
    fc.assert(
      fc.property(season, (given) => {
        const [of] = given;
        const recall = seasonMemory(of);
        const plain = new Map<number, number[]>();
        let [text, widest] = ['', 0];
        for (const [pane, slot, one] of panes(given as never)) {
          widest = Math.max(widest, levelOf(text));
          const was = isWhole(text);
          const { values, learn, stepAt } = recall(text, slot);
          const kept = plain.get(slot) ?? [];
          const expected = was ? kept : kept.toSorted(ascending);
          const near = (a: number, b: number): number => {
            // Half a step each for where the value lies on it, and one for all the steps that were made wider so far; where they
            // are finer again, of those that were the widest.
            const width = Math.max(stepAt(a), stepAt(b), was ? 0 : 1) * 2 ** Math.ceil((widest - (was ? widest : levelOf(text))) / 8);
            return 1.5 * width + (of.digits ? Math.abs(a) / 64 : 0) + 1e-9;
          };
          values.forEach((each, i) => {
            const plainly = expected[i] as number;
            if (Math.abs(plainly) < 1e140) expect(Math.abs(each - plainly)).toBeLessThanOrEqual(near(each, plainly));
          });
          const room = kept.length < of.keep ? expected : was ? expected.slice(1) : expected.toSpliced(drawn(pane, of.keep), 1);
          plain.set(slot, [...room, one]);
          text = learn(one, pane);
          if (!isWhole(text)) steps++;
          // Back from steps to whole, it is not known any more which values are the oldest.
          else if (!was) return;
        }
      }),
      { numRuns: 60 },
    );
    expect(steps).toBeGreaterThan(500);
  });

  test('reads whatever text it is given: numbers, within what it was given or its budget', () => {
    const texts = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(season, texts, fc.boolean(), (given, damaged, inSteps) => {
        const [of] = given;
        const recall = seasonMemory(of);
        let text = inSteps ? `\x02${damaged}` : damaged;
        if (isWhole(text)) return;
        for (const [pane, slot, one] of panes(given as never)) {
          const { values, learn } = recall(text, slot);
          for (const each of values) expect(Number.isFinite(each)).toBe(true);
          text = learn(one, pane);
          if (pane > 20) break;
        }
        expect(text.length).toBeLessThanOrEqual(Math.max(damaged.length + 1, of.budget as number));
      }),
      { numRuns: 60 },
    );
  });

  test('ends with a damaged text of whole values as well', () => {
    const texts = fc
      .array(fc.constantFrom(0, 1, 3, 64, 127, 192, 224, 255), { maxLength: 60 })
      .map((bytes) => String.fromCharCode(0, ...bytes));
    fc.assert(
      fc.property(season, texts, ([of], damaged) => {
        const recall = seasonMemory(of);
        const text = recall(damaged, 0).learn(1, 0);
        expect(recall(text, 0).learn(2, 1).length).toBeLessThanOrEqual(Math.max(damaged.length + 1, of.budget as number));
      }),
      { numRuns: 40 },
    );
  });

  test('is a function of its text and the pane: others in between change nothing', () => {
    fc.assert(
      fc.property(season, season, (one, other) => {
        const list = [...panes(one as never)];
        const noise = [...panes(other as never)];
        const run = (between: boolean): string => {
          const recall = seasonMemory(one[0]);
          const beside = seasonMemory(other[0]);
          let [text, second] = ['', ''];
          list.forEach(([pane, slot, each], i) => {
            const [p, s, v] = noise[i % Math.max(1, noise.length)] ?? [0, 0, 0];
            const { learn } = recall(text, slot);
            if (between) second = beside(second, s).learn(v, p);
            text = learn(each, pane);
          });
          return text;
        };
        expect(run(true)).toBe(run(false));
      }),
      { numRuns: 15 },
    );
  });
});

/** The same noise in every run: 0 to `most`. */
const noise = (i: number, most: number): number => Math.floor((((Math.imul(i + 1, 0x9e3779b1) ^ (i << 7)) >>> 0) / 2 ** 32) * (most + 1));

describe('a memory that was filled', () => {
  const filled = (of: Season, panes: number, value: (pane: number) => number): string => {
    const recall = seasonMemory(of);
    let text = '';
    for (let pane = 0; pane < panes; pane++) text = recall(text, pane % of.slots).learn(value(pane), pane);
    return text;
  };
  const week = { slots: 168, keep: 6, daily: 24, digits: false };

  test('of a week of noise is in steps of at most three deviations', () => {
    const text = filled(week, 168 * 8, (pane) => noise(pane, 12));
    expect(isWhole(text)).toBe(false);
    expect(seasonMemory(week)(text, 0).stepAt(6)).toBeLessThan(3 * 3.7);
  });
  const day = { slots: 24, keep: 6, daily: 0, digits: false, budget: 60 };
  test('is whole again when nothing is left to remember', () => {
    const text = filled(day, 24 * 80, (pane) => (pane < 24 * 8 ? noise(pane, 1000) : 0));
    expect(isWhole(text)).toBe(true);
    expect(seasonMemory(day)(text, 5).values).toEqual([0, 0, 0, 0, 0, 0]);
  });
  test('is in fine steps again when its values are calm again', () => {
    const width = (panes: number): number =>
      seasonMemory(day)(
        filled(day, panes, (pane) => (pane < 24 * 8 ? noise(pane, 1000) : 300)),
        5,
      ).stepAt(300);
    expect(width(24 * 8)).toBeGreaterThan(40);
    expect(width(24 * 40)).toBeLessThan(10);
  });
  test('takes several values on one step as spread over it, and no deviation as less than what one step can tell', () => {
    const recall = seasonMemory(week);
    const busy = filled(week, 168 * 8, (pane) => (pane % 24 === 5 ? 400 : noise(pane, 1000)));
    const { values, stepAt, leastAt } = recall(busy, 24 * 3 + 5);
    const middle = values[3] as number;
    const step = stepAt(middle);
    expect(step).toBeGreaterThan(20);
    expect(leastAt(middle)).toBeCloseTo(step / Math.sqrt(12), 9);
    expect(new Set(values).size).toBe(6);
    const width = (values.at(-1) as number) - (values[0] as number);
    expect(width / step).toBeGreaterThan(0.7);
    expect(width / step).toBeLessThan(0.95);
  });
  test('draws each of its values as often as any other', () => {
    const counts = new Array<number>(6).fill(0);
    for (let week = 0; week < 6000; week++)
      counts.splice(drawn(490_005 + 168 * week, 6), 1, (counts[drawn(490_005 + 168 * week, 6)] as number) + 1);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
  test('is several texts where it is longer, each within the budget', () => {
    const minutes = { slots: 2016, keep: 6, daily: 288, digits: true };
    const parts = Math.ceil((minutes.slots * 6) / PART);
    const text = filled(minutes, minutes.slots * 2, (pane) => noise(pane, 100_000));
    expect(parts).toBe(12);
    expect(text.length).toBeLessThanOrEqual(parts * BUDGET);
    expect(seasonMemory(minutes)(text, 2015).values.length).toBe(2);
  });
});

test('a rule whose groups remember in steps alerts the same after a restart at every record, and says so', () => {
  const ruleset = rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    {
      title: 'j',
      name: 'judged',
      anomaly: {
        type: 'seasonal',
        rules: ['a'],
        'group-by': ['g'],
        metric: 'sum',
        field: 'v',
        timespan: '1h',
        season: 'hour_of_day',
        keep: 12,
        score: 4,
        floor: 1,
      },
      wardline: { keep_alive: '1s' },
    },
  );
  // Twelve days of hours that have nothing in common do not fit whole.
  const hours = Array.from({ length: 288 }, (_, i) => 3600 * i);
  const sum = (i: number): number => (i % 37 === 36 ? 1e9 : 1000 + noise(i, 1_000_000));
  const marked = hours.flatMap((t, i) => [asRecord(aMatch('a', t, { g: 'x', v: sum(i) }, i)), watermarkAt(BigInt(t) * SECOND)]);
  const once = firingsOf(ruleset, marked).map(contentOf);
  expect(firingsOf(ruleset, marked, { restartEvery: 1 }).map(contentOf)).toEqual(once);
  expect(once.length).toBeGreaterThan(2);
  expect(JSON.stringify(once, (_key, one) => (typeof one === 'bigint' ? String(one) : one))).toContain('remembered in steps of');
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CorrelateRecord } from '../../src/correlate/correlator.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, contentOf, firingsOf, SECOND, watermarkAt } from '../support/correlate.ts';

const rules = (anomaly: object) =>
  rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], ...anomaly }, wardline: { keep_alive: '1s' } },
  );
const PANE = 10;
const kinds: readonly (readonly [string, ReturnType<typeof rules>])[] = [
  ['spike', rules({ type: 'spike', timespan: '10s', history: 2, factor: 2, direction: 'both' })],
  ['seasonal', rules({ type: 'seasonal', timespan: '10s', season: 'none', min_history: 2, score: 2 })],
  ['absence', rules({ type: 'absence', timespan: '10s', remember: '30s' })],
  ['absence after three', rules({ type: 'absence', timespan: '10s', min_seen: 3, remember: '30s' })],
];
const events = fc.array(fc.record({ t: fc.nat(150), g: fc.constantFrom('x', 'x', 'y') }), { minLength: 1, maxLength: 60, size: 'max' });
type Event = { readonly t: number; readonly g: string };
const recordsOf = (list: readonly Event[]): readonly CorrelateRecord[] => list.map(({ t, g }, n) => asRecord(aMatch('a', t, { g }, n)));
const newestOf = (list: readonly Event[]): number => Math.max(...list.map(({ t }) => t));
const told = (ruleset: ReturnType<typeof rules>, records: readonly CorrelateRecord[], restartEvery?: number) =>
  firingsOf(ruleset, records, restartEvery === undefined ? {} : { restartEvery }).filter(({ stage }) => stage === 'opened');

describe.each(kinds)('%s', (name, ruleset) => {
  /** The same records, and a watermark at the newest event, behind which nothing but rises of the last pane is left to the end. */
  const passed = (list: readonly Event[]): readonly CorrelateRecord[] => {
    const newest = BigInt(newestOf(list)) * SECOND;
    return [...recordsOf(list), { ...watermarkAt(newest + 1n), newest } as CorrelateRecord];
  };

  test('the end of the inputs decides as a watermark at the newest event would have', () => {
    fc.assert(
      fc.property(events, (list) => {
        const once = told(ruleset, recordsOf(list)).map(contentOf);
        expect(new Set(once.map((one) => JSON.stringify(one)))).toEqual(
          new Set(told(ruleset, passed(list)).map((one) => JSON.stringify(contentOf(one)))),
        );
        expect(told(ruleset, recordsOf(list), 1).map(contentOf)).toEqual(once);
      }),
      { numRuns: 100 },
    );
  });

  test('nothing is told of what lies beyond the newest event, but a rise of its pane', () => {
    let some = 0;
    fc.assert(
      fc.property(events, (list) => {
        const newest = newestOf(list);
        const pane = (Math.floor(newest / PANE) + 1) * PANE;
        for (const { time, decision } of told(ruleset, recordsOf(list))) {
          some++;
          if (time <= BigInt(newest) * SECOND) continue;
          expect(name).not.toMatch(/absence/);
          expect(time).toBe(BigInt(pane) * SECOND - 1n);
          const baseline = Number(String(decision[1]?.expected).split(': ')[1]);
          expect(Number(decision[0]?.observed)).toBeGreaterThanOrEqual(baseline);
        }
      }),
      { numRuns: 100 },
    );
    expect(some).toBeGreaterThan(20);
  });
});

import { describe, expect, test } from 'vitest';
import { type CorrelateRecord, createCorrelator, DEFAULT_CORRELATE_OPTIONS, restoreCorrelator } from '../../src/correlate/correlator.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, endOf, firingsOf, SECOND, watermarkAt } from '../support/correlate.ts';

const rules = (anomaly: object) =>
  rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], ...anomaly }, wardline: { keep_alive: '1s' } },
  );
const seen = (g: string, ...times: readonly number[]) => times.map((t, n) => asRecord(aMatch('a', t, { g }, n + (g === 'x' ? 0 : 1000))));
/** Instants at which group x fired. */
const told = (ruleset: ReturnType<typeof rules>, records: Parameters<typeof firingsOf>[1]): readonly number[] =>
  firingsOf(ruleset, records)
    .filter(({ stage, group }) => group.values['g'] === 'x' && (stage === 'opened' || stage === 'continued'))
    .map(({ time }) => Number(time) / 1e9);

describe('falls at the end of the inputs', () => {
  const falls = rules({ type: 'spike', timespan: '10s', history: 3, factor: 2, direction: 'down', min_reference: 2 });
  const four = [0, 1, 2, 3].flatMap((pane) => [1, 2, 3, 4].map((at) => 10 * pane + at));

  test('are told of every pane that is over, also where no watermark had passed it', () => {
    // Pane 4 has one match, and is over: another group goes on to 52 s.
    expect(told(falls, [...seen('x', ...four, 45), ...seen('y', 52)])).toEqual([50 - 1e-9]);
    // Pane 4 has none at all.
    expect(told(falls, [...seen('x', ...four), ...seen('y', 52)])).toEqual([50 - 1e-9]);
  });

  test('are told of a pane whose last instant is the newest event', () => {
    const until = (newest: bigint) => [...seen('x', ...four, 45), { ...watermarkAt(0n), newest } as CorrelateRecord];
    expect(told(falls, until(50n * SECOND - 1n))).toEqual([50 - 1e-9]);
    expect(told(falls, until(50n * SECOND - 2n))).toEqual([]);
  });

  test('are the same with a watermark that came so far', () => {
    expect(told(falls, [...seen('x', ...four), ...seen('y', 52), watermarkAt(52n * SECOND)])).toEqual([50 - 1e-9]);
  });

  test('are not told of the pane in which they end, nor of later ones', () => {
    expect(told(falls, seen('x', ...four, 45))).toEqual([]);
    expect(told(falls, [...seen('x', ...four, 45), ...seen('y', 49)])).toEqual([]);
    expect(told(falls, seen('x', ...four))).toEqual([]);
  });

  test('while a rise in that pane is one', () => {
    const rises = rules({ type: 'spike', timespan: '10s', history: 3, factor: 2 });
    const burst = Array.from({ length: 9 }, (_, i) => 41 + i / 4);
    expect(told(rises, seen('x', ...four, ...burst))).toEqual([50 - 1e-9]);
  });
});

describe('an absence at the end of the inputs', () => {
  const gone = rules({ type: 'absence', timespan: '10s' });
  /** Windows that were left undecided. */
  const cut = (records: Parameters<typeof firingsOf>[1]): number => {
    const correlator = createCorrelator(gone);
    for (const record of [...records, endOf(records)]) correlator.apply(record);
    return correlator.cut();
  };

  test('is told where its time was over at the newest event, of whatever group', () => {
    expect(told(gone, [...seen('x', 0, 5), ...seen('y', 15)])).toEqual([15]);
    expect(told(gone, [...seen('x', 0, 5), ...seen('y', 14.9)])).toEqual([]);
    expect(told(gone, seen('x', 0, 5))).toEqual([]);
    expect(told(gone, [...seen('x', 0, 5), watermarkAt(15n * SECOND)])).toEqual([15]);
  });

  test('is counted as undecided where it was not', () => {
    expect(cut([...seen('x', 0, 5), ...seen('y', 15)])).toBe(1);
    expect(cut([...seen('x', 0, 5), ...seen('y', 14.9)])).toBe(2);
    expect(cut([...seen('x', 0, 5), ...seen('y', 15), watermarkAt(40n * SECOND)])).toBe(0);
  });
});

test('windows that are open are as many after a restart', () => {
  const member = (name: string) => ({
    title: name,
    name,
    logsource: { category: 'test' },
    detection: { sel: { t: name }, condition: 'sel' },
  });
  const correlation = { type: 'temporal', rules: ['a', 'b'], 'group-by': ['g'], timespan: '10s', condition: 'a and not b' };
  const ruleset = rulesetOf(member('a'), member('b'), { title: 'j', name: 'judged', correlation });
  const correlator = createCorrelator(ruleset);
  // The window of x was decided, and its match is kept for those of later ones.
  for (const record of [...seen('x', 0), ...seen('y', 12), watermarkAt(15n * SECOND)]) correlator.apply(record);
  const restored = restoreCorrelator(ruleset, DEFAULT_CORRELATE_OPTIONS, correlator.snapshot());
  expect([correlator.open(), restored.open()]).toEqual([1, 1]);
});

import { describe, expect, test } from 'vitest';
import { createCorrelator, type Note } from '../../src/correlate/correlator.ts';
import type { Firing } from '../../src/correlate/firing.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aMatch, asRecord, endOf, firingsOf, nameOf, SECOND, watermarkAt } from '../support/correlate.ts';

const rules = (anomaly: object) =>
  rulesetOf(
    { title: 'a', name: 'a', logsource: { category: 'test' }, detection: { sel: { t: 'a' }, condition: 'sel' } },
    { title: 'j', name: 'judged', anomaly: { rules: ['a'], 'group-by': ['g'], ...anomaly } },
  );
const opened = (firings: readonly Firing[]): readonly Firing[] => firings.filter(({ stage }) => stage === 'opened');

/** Numbers that look drawn by lot and are always the same. */
function lots(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

describe('change of a series', () => {
  /** Bytes per five minutes around 100, and ten times as much for half an hour from pane 300 on. */
  const lot = lots(7);
  const matches = Array.from({ length: 400 }, (_, pane) => {
    const usual = 90 + 20 * lot();
    return asRecord(aMatch('a', pane * 300 + 10, { g: 'x', bytes: pane >= 300 && pane < 306 ? 10 * usual : usual }, pane));
  });
  const ruleset = rules({ type: 'change', metric: 'sum', field: 'bytes', timespan: '5m' });

  test('one disturbance is one alert, with baseline, expected, seen and how sure it is', () => {
    const [first, ...more] = opened(firingsOf(ruleset, matches));
    expect(more).toEqual([]);
    expect(first?.time).toBe(301n * 300n * SECOND - 1n);
    const [what, baseline, confidence] = first?.decision ?? [];
    expect(what).toMatchObject({ condition: 'change of sum of bytes per 5m', expected: expect.stringMatching(/^from 9\d\.?\d* to 1\d\d/) });
    expect(Number(what?.observed)).toBeGreaterThan(900);
    expect(baseline?.expected).toMatch(/^own past of 300 panes; least expected: /);
    expect(Number(confidence?.observed)).toBeGreaterThan(0.5);
  });

  test('the views that were least expected say what was usual to them and what they saw', () => {
    const views = opened(firingsOf(ruleset, matches))[0]?.decision.slice(3) ?? [];
    expect(views.length).toBeGreaterThan(0);
    for (const { condition, expected, observed } of views) {
      const [, usual] = /^usual up to (\S+)$/.exec(String(expected)) ?? [];
      expect(Number(observed), condition).toBeGreaterThan(Number(usual));
    }
    // What is unusual where it is low is told as it is, and not with its sign turned.
    const few = Array.from({ length: 400 }, (_, pane) => {
      const usual = 90 + 20 * lot();
      return asRecord(aMatch('a', pane * 300 + 10, { g: 'x', bytes: pane >= 300 && pane < 306 ? 5 : usual }, pane));
    });
    const low = opened(firingsOf(ruleset, few))[0]?.decision.find(({ expected }) => String(expected).startsWith('usual down to '));
    expect(Number(low?.observed)).toBeGreaterThanOrEqual(0);
    expect(Number(low?.observed)).toBeLessThan(Number(String(low?.expected).slice('usual down to '.length)));
  });

  test('a restart after every record changes nothing', () => {
    const some = matches.slice(0, 320);
    expect(firingsOf(ruleset, some, { restartEvery: 40 }).map(nameOf)).toEqual(firingsOf(ruleset, some).map(nameOf));
  });
});

describe('undecided', () => {
  const notesOf = (anomaly: object, records: readonly Parameters<ReturnType<typeof createCorrelator>['apply']>[0][]): readonly Note[] => {
    const notes: Note[] = [];
    const correlator = createCorrelator(rules(anomaly));
    for (const record of [...records, endOf(records)]) correlator.apply(record, (note) => notes.push(note));
    return notes;
  };
  const every = (seconds: number, count: number) =>
    Array.from({ length: count }, (_, i) => asRecord(aMatch('a', i * seconds, { g: 'x', v: 'p', p: 'q' }, i)));

  test.each([
    ['spike', { type: 'spike', timespan: '10s', history: 3 }],
    ['seasonal', { type: 'seasonal', timespan: '10s', season: 'none' }],
    ['change', { type: 'change', timespan: '10s' }],
    ['new_value', { type: 'new_value', field: 'v', learn: '7d' }],
    ['rare', { type: 'rare', field: 'v' }],
    ['time_of_day', { type: 'time_of_day' }],
    ['peer_group', { type: 'peer_group', field: 'v', peers: 'p' }],
  ])('%s says once per group that it is learning', (_name, anomaly) => {
    expect(notesOf(anomaly, every(10, 20))).toMatchObject([{ kind: 'undecided', reason: 'learning', group: { values: { g: 'x' } } }]);
  });

  test('a pane in which a source was silent is undecided, and not learned', () => {
    const records = [
      ...every(10, 5),
      watermarkAt(50n * SECOND),
      { kind: 'lost', source: 'test', partition: 0, from: 60n * SECOND } as const,
      watermarkAt(65n * SECOND),
      asRecord(aMatch('a', 66, { g: 'x' }, 90)),
      ...Array.from({ length: 8 }, (_, i) => asRecord(aMatch('a', 71 + i, { g: 'x' }, 100 + i))),
    ];
    const silent = notesOf({ type: 'spike', timespan: '10s', history: 2, factor: 2 }, records).filter(
      (note) => note.kind === 'undecided' && note.reason === 'silent',
    );
    expect(silent).toMatchObject([{ window: { start: 60n * SECOND, end: 70n * SECOND - 1n } }]);
  });
});

describe('state', () => {
  test('a group that is not seen any more is forgotten', () => {
    for (const anomaly of [
      { type: 'spike', timespan: '10s', forget: '60s' },
      { type: 'seasonal', timespan: '10s', season: 'none', forget: '60s' },
      { type: 'change', timespan: '10s', forget: '60s' },
      { type: 'rare', field: 'v', timespan: '60s' },
      { type: 'time_of_day', forget: '60s' },
      { type: 'impossible_travel', location: 'at', forget: '60s' },
      { type: 'beacon', host: 'g', destination: 'v', remember: '60s', 'group-by': ['g'] },
      { type: 'peer_group', field: 'v', peers: 'p', remember: '60s' },
      { type: 'new_value', field: 'v', forget: '60s' },
    ]) {
      const correlator = createCorrelator(rules(anomaly));
      for (let i = 0; i < 30; i++)
        correlator.apply(asRecord(aMatch('a', i, { g: `g${i}`, v: '10.1.1.1', p: 'q', 'at.lat': 1, 'at.lon': i }, i)));
      correlator.apply(watermarkAt(31n * SECOND));
      expect(correlator.stats().groups).toBe(30);
      correlator.apply(watermarkAt(7200n * SECOND));
      expect(correlator.stats().groups, anomaly.type).toBe(0);
    }
  });
});

describe('an alert about a pane', () => {
  const matches = [
    ...Array.from({ length: 4 }, (_, pane) => asRecord(aMatch('a', pane * 10 + 1, { g: 'x' }, pane))),
    ...Array.from({ length: 17 }, (_, i) => asRecord(aMatch('a', 41 + i / 4, { g: 'x' }, 10 + i))),
    watermarkAt(60n * SECOND),
  ];
  const ruleset = rules({ type: 'spike', timespan: '10s', history: 3, factor: 2 });

  test('counts all matches of the pane, and keeps some of them as evidence', () => {
    const firings = firingsOf(ruleset, matches);
    expect(opened(firings)).toMatchObject([{ count: 17, total: 17 }]);
    // The first and the last four.
    expect(opened(firings)[0]?.hits.map(({ origin }) => Number(origin.offset))).toEqual([10, 23, 24, 25, 26]);
    expect(firings.filter(({ stage }) => stage === 'closed')).toMatchObject([{ count: 17, total: 17 }]);
  });

  test.each([
    ['count', {}],
    ['distinct', { field: 'v' }],
    ['sum', { field: 'n' }],
    ['avg', { field: 'n' }],
  ])('counts matches and not values, whatever is measured: %s', (metric, field) => {
    const of = (pane: number, i: number, time: number) =>
      asRecord(
        aMatch(
          'a',
          time,
          { g: 'x', v: `${pane} ${i % (pane === 4 ? 90 : 10)}`, n: pane === 4 ? [499, 500, '501'] : [1, 2, 3] },
          100 * pane + i,
        ),
      );
    const records = [
      ...Array.from({ length: 4 }, (_, pane) => Array.from({ length: 10 }, (_, i) => of(pane, i, pane * 100 + i))).flat(),
      ...Array.from({ length: 95 }, (_, i) => of(4, i, 400 + i)),
      watermarkAt(600n * SECOND),
    ];
    const judged = metric === 'avg' ? { type: 'seasonal', season: 'none' } : { type: 'spike', history: 2, factor: 2 };
    const firings = firingsOf(rules({ ...judged, metric, ...field, timespan: '100s' }), records);
    expect(opened(firings)).toMatchObject([{ count: 95, total: 95 }]);
    const { hits = [], decision = [] } = opened(firings)[0] ?? {};
    expect([hits[0]?.time, hits.at(-1)?.time]).toEqual([400n * SECOND, 494n * SECOND]);
    expect(decision[0]?.observed).toBe({ count: 95, distinct: 90, sum: 95 * 1500, avg: 500 }[metric]);
  });

  test('a fall to nothing has no matches, and one from before as evidence', () => {
    const falls = rules({ type: 'spike', timespan: '10s', history: 3, factor: 2, direction: 'down' });
    const [first] = opened(firingsOf(falls, [...matches.slice(0, 4), watermarkAt(60n * SECOND)]));
    expect(first).toMatchObject({ count: 0, window: { start: 40n * SECOND, end: 50n * SECOND - 1n } });
    expect(first?.hits.map(({ time }) => time)).toEqual([31n * SECOND]);
    expect(first?.decision[0]).toMatchObject({ expected: 'above 0.5', observed: 0 });
  });

  /** Sums of panes of ten seconds. */
  const sums = (anomaly: object, values: readonly number[]) =>
    opened(
      firingsOf(rules({ type: 'spike', metric: 'sum', field: 'n', timespan: '10s', ...anomaly }), [
        ...values.map((n, pane) => asRecord(aMatch('a', pane * 10 + 1, { g: 'x', n }, pane))),
        watermarkAt(BigInt(values.length) * 10n * SECOND),
      ]),
    );

  test('a rise fires from its bound on, and says so', () => {
    expect(sums({ factor: 2 }, [10, 20])[0]?.decision).toMatchObject([
      { expected: 'below 20', observed: 20 },
      { expected: 'the pane before: 10' },
      { observed: 0.5 },
    ]);
    expect(sums({ factor: 2 }, [10, 19.999])).toEqual([]);
    expect(sums({ factor: 2, direction: 'both' }, [10, 5])[0]?.decision[0]).toMatchObject({ expected: 'above 5 and below 20' });
    expect(sums({ factor: 2, direction: 'down' }, [10, 5])[0]?.decision[0]).toMatchObject({ expected: 'above 5' });
  });

  test('amounts below one rise as others do, from min_current on; counts are compared with at least one', () => {
    const small = { factor: 3, min_current: 0.5 };
    expect(sums(small, [0.1, 0.1, 0.9])).toHaveLength(1);
    expect(sums(small, [0.1, 0.1, 0.4])).toEqual([]);
    expect(sums({ factor: 3 }, [0.1, 0.1, 0.9])).toEqual([]);
    const counted = (few: number) =>
      firingsOf(rules({ type: 'spike', timespan: '10s', history: 3, factor: 3 }), [
        asRecord(aMatch('a', 1, { g: 'x' }, 1)),
        ...Array.from({ length: few }, (_, i) => asRecord(aMatch('a', 31 + i, { g: 'x' }, 2 + i))),
        watermarkAt(40n * SECOND),
      ]);
    // The median of 1, 0, 0 is none.
    expect(counted(2)).toEqual([]);
    expect(opened(counted(3))).toHaveLength(1);
  });

  test('a season of sums says how well it remembers', () => {
    const season = rules({ type: 'seasonal', metric: 'sum', field: 'n', timespan: '10s', season: 'none', min_history: 2 });
    const bytes = [1000, 1001, 1002, 90_000].map((n, pane) => asRecord(aMatch('a', pane * 10 + 1, { g: 'x', n }, pane)));
    const [first] = opened(firingsOf(season, [...bytes, watermarkAt(40n * SECOND)]));
    expect(first?.decision[1]?.expected).toBe('median of the 3 panes before, remembered to 7 binary digits: 1000');
  });

  test('says what was expected without a least number where only rises matter', () => {
    const season = rules({ type: 'seasonal', timespan: '10s', season: 'none', direction: 'up', min_history: 2, score: 2 });
    const [first] = opened(firingsOf(season, matches));
    expect(first?.decision[0]?.expected).toMatch(/^below \d/);
  });
});

test('an absence says after how many matches, and the last of them; it has no confidence', () => {
  const gone = rules({ type: 'absence', timespan: '1h' });
  const records = Array.from({ length: 7 }, (_, i) => asRecord(aMatch('a', i * 60, { g: 'x' }, i)));
  const [first, ...more] = opened(firingsOf(gone, [...records, watermarkAt(7200n * SECOND)], { restartEvery: 3 }));
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    count: 7,
    decision: [
      { condition: 'absence', expected: 'a match within 1h', observed: 0 },
      { condition: 'baseline', expected: '7 matches before, the last at 1970-01-01T00:06:00.000Z' },
    ],
  });
});

test('hours that are left out of what is expected are counted', () => {
  const day = 86_400;
  const hours = (list: readonly number[]) =>
    list.flatMap((hour) => Array.from({ length: hour === 20 ? 1 : 20 }, (_, d) => d * day + hour * 3600));
  const events = [...hours([8, 9, 10, 11, 20]), 21 * day + 2 * 3600].map((time, n) => asRecord(aMatch('a', time, { g: 'x' }, n)));
  const [first] = opened(firingsOf(rules({ type: 'time_of_day' }), [...events, watermarkAt(BigInt(22 * day) * SECOND)]));
  expect(first?.decision[0]).toMatchObject({
    expected: 'hours 8, 9, 10, 11 (97.56 % of the active hours; 2 more of the day have the rest)',
    observed: '2:00',
  });
});

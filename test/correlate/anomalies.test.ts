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
    expect(opened(firings)[0]?.hits).toHaveLength(5);
    expect(firings.filter(({ stage }) => stage === 'closed')).toMatchObject([{ count: 17, total: 17 }]);
  });

  test('says what was expected without a least number where only rises matter', () => {
    const season = rules({ type: 'seasonal', timespan: '10s', season: 'none', direction: 'up', min_history: 2, score: 2 });
    const [first] = opened(firingsOf(season, matches));
    expect(first?.decision[0]?.expected).toMatch(/^up to \d/);
  });
});

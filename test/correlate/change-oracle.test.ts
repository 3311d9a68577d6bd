import { expect, test } from 'vitest';
import { dice } from '../../scripts/dice.ts';
import { heed, newAlarm } from '../../src/correlate/detectors/alarm.ts';
import { change, newSeries, observe } from '../../src/correlate/detectors/series.ts';
import { changesOf } from '../support/change-oracle.ts';

const HOUR = 3600;
const THRESHOLD = 2.5;

/** Thirteen days of hourly numbers with a rhythm, noise, some bursts, a step and a lull, at other times in each series: the same in every run. */
function seriesOf(seed: number): readonly number[] {
  const next = dice(seed);
  const bursts = Array.from({ length: 6 }, () => 100 + Math.floor(200 * next()));
  const [step, lull] = [150 + Math.floor(120 * next()), 150 + Math.floor(120 * next())];
  return Array.from({ length: 312 }, (_, i) => {
    const burst = bursts.reduce((sum, at) => sum + (i >= at && i < at + 3 ? 8 + 4 * next() : 0), 0);
    const level = 20 + 6 * Math.sin((2 * Math.PI * i) / 24) + 4 * next() + burst + (i > step ? 5 : 0);
    return i > lull && i < lull + 6 ? 0.2 * level : level;
  });
}
// Seeds among which each fault below shows.
const SERIES = [1, 2, 3, 4, 5, 18, 41].map(seriesOf);
const times = seriesOf(1).map((_, i) => i * HOUR);
const expected = SERIES.map((values) => changesOf(values, times, THRESHOLD));

type Fault = {
  /** Before a value is taken. */
  readonly series?: (series: ReturnType<typeof newSeries>) => void;
  readonly alarm?: (alarm: ReturnType<typeof newAlarm>) => void;
  /** What comes of the score and of the views. */
  readonly score?: (seen: ReturnType<typeof observe>) => number;
};

/** The detector, with a fault put into its state or its answer at every step. */
const flagsOf = (fault: Fault) => SERIES.map((values) => flagsIn(values, fault));
function flagsIn(values: readonly number[], { series: spoil, alarm: hush, score: other }: Fault): readonly boolean[] {
  const [series, alarm] = [newSeries(), newAlarm()];
  return values.map((value, i) => {
    spoil?.(series);
    hush?.(alarm);
    const seen = observe(series, times[i] as number, value);
    return heed(alarm, seen.score === undefined ? undefined : (other?.(seen) ?? seen.score), THRESHOLD);
  });
}

test('the oracle of change agrees with the detector, which fires often here', () => {
  expect(expected.flat().filter(Boolean).length).toBeGreaterThanOrEqual(10);
  expect(flagsOf({})).toEqual(expected);
});

test('what a view that decided saw lies beyond what is usual to it, as it is told', () => {
  const views = SERIES.flatMap((values) => {
    const detector = change(THRESHOLD);
    const own = { past: detector.initial() };
    return values.flatMap((value, i) => {
      const judged = detector.judge(own, times[i] as number, value);
      return judged.known && judged.fired ? (judged.views ?? []) : [];
    });
  });
  expect(views.length).toBeGreaterThanOrEqual(20);
  expect(views.some(({ low }) => low)).toBe(true);
  for (const { name, low, usual, seen } of views) expect(low ? usual - seen : seen - usual, name).toBeGreaterThan(0);
});

/** Faults that somebody could make; each leaves the detector running. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'the score of one value and not of three': { series: (series) => void (series.said = [9, 9]) },
  'scores before are forgotten': { series: (series) => void (series.said = []) },
  'a series that speaks often is heard as at first': { alarm: (alarm) => void (alarm.wont = 0) },
  'a disturbance is told again and again': { alarm: (alarm) => void (alarm.said = 0) },
  'what was said never fades': { alarm: (alarm) => void (alarm.said *= 2 ** (1 / 35)) },
  'the everyday counts': {
    score: ({ score, views }) => (score ?? 0) + views.reduce((sum, { surprise }) => sum + Math.min(1, surprise), 0) / 3,
  },
  'drift over the hours is lost': { series: (series) => void (series.drift = 0) },
  'hours of the days before are lost': { series: (series) => series.hours.forEach(({ past }) => void past.splice(0)) },
  'the last values are cut at 60': { series: ({ recent }) => void recent.splice(0, Math.max(0, recent.length - 60)) },
};

test.each(Object.entries(FAULTS))('and finds it out where %s', (_, fault) => {
  expect(flagsOf(fault)).not.toEqual(expected);
});

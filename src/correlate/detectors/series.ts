import { type Alarm, bar, heed, newAlarm } from './alarm.ts';
import { confidenceOf, median, type PaneDetector, type Viewed } from './judged.ts';
import { bucketOf, learn, newTail, surprise, type Tail, upTo } from './tail.ts';

/**
 * Change in a series of numbers, seen in several ways at once: level, step, distance to the median before, means of two
 * neighbouring windows, also in spreads of what was before, spread, and distance to the same hour of the days before. Each view says how rare its value is
 * among its own past (`tail.ts`); the views are joined as Fisher's method joins tests, by the sum of the logarithms, of
 * which the mean over three values counts.
 * When a score is worth an alarm says `alarm.ts`. State: about 20 KB.
 */
export type Series = {
  seen: number;
  /** The last values, oldest first. */
  recent: number[];
  readonly tails: Tail[];
  readonly hours: { readonly past: number[] }[];
  hour: number;
  now: number[];
  /** Distance to the hour, smoothed. */
  drift: number;
  /** What the views said together of the last values before this one, newest first. */
  said: readonly number[];
};

/** Values before anything is said: until then the answer is *undecided*. */
export const SERIES_WARM_UP = 100;
/** Scores whose mean is the score: what is odd once is seldom a disturbance, and what goes on is one at half the height. */
const TOGETHER = 3;
/** Values over which the distance to the hour is smoothed. */
const DRIFT = 50;

const RECENT = 125;
const DAYS = 5;
const PER_HOUR = 64;
const DAY = 86_400;
const HOUR = 3600;

export const newSeries = (): Series => ({
  seen: 0,
  recent: [],
  tails: VIEWS.map(newTail),
  hours: Array.from({ length: DAY / HOUR }, () => ({ past: [] })),
  hour: Number.NEGATIVE_INFINITY,
  now: [],
  drift: 0,
  said: [],
});

export type Seen = {
  /** Sum over the views of -log10 of the chance, as far as it is beyond the everyday, as the mean of the last values; undefined while it learns. */
  readonly score: number | undefined;
  /** How rare the value of each view is, as -log10 of the chance. */
  readonly views: readonly SeenIn[];
  /** The value that was expected: the median of the values before. */
  readonly expected: number;
};

/** What one view saw, as it is kept: of what is unusual when low, less than 0. */
type SeenIn = { readonly view: number; readonly surprise: number; readonly seen: number };

/** Takes the next value (time in seconds since the epoch) and says how it fits. */
export function observe(series: Series, time: number, value: number): Seen {
  const offHour = expectHour(series, time, value);
  series.drift += (offHour - series.drift) / DRIFT;
  const { recent, tails } = series;
  recent.push(value);
  if (recent.length > RECENT) recent.shift();
  const look = lookAt(recent, offHour, series.drift);
  const warm = series.seen >= SERIES_WARM_UP;
  const views = VIEWS.map(({ of }, view): SeenIn => {
    const tail = tails[view] as Tail;
    const seen = of(look);
    if (seen === undefined) return { view, surprise: 0, seen: 0 };
    const bucket = bucketOf(tail, seen);
    const rarity = warm ? Math.min(surprise(tail, seen, bucket), MOST) : 0;
    learn(tail, seen, bucket);
    return { view, surprise: rarity, seen };
  });
  series.seen++;
  const score = views.reduce((sum, { surprise }) => sum + Math.max(0, surprise - EVERYDAY), 0);
  const all = [score, ...series.said].slice(0, TOGETHER);
  series.said = all.slice(0, TOGETHER - 1);
  return { score: warm ? all.reduce((sum, one) => sum + one, 0) / TOGETHER : undefined, views, expected: look.median20 };
}

type Past = { readonly series: Series; readonly alarm: Alarm };

/** The series of panes, judged by its own past. */
export function change(threshold: number): PaneDetector<Past> {
  return {
    initial: () => ({ series: newSeries(), alarm: newAlarm() }),
    judge({ past: { series, alarm } }, start, value) {
      const before = series.recent.slice();
      const needed = bar(alarm, threshold);
      const { score, views, expected } = observe(series, start, value);
      const fired = heed(alarm, score, threshold);
      if (score === undefined) return { known: false, learned: series.seen, needed: SERIES_WARM_UP, first: series.seen === 1 };
      const { seen } = series;
      const edge = (share: number): number => before.sort(ascending)[Math.floor(before.length * share)] ?? value;
      return {
        known: true,
        fired,
        expected,
        confidence: confidenceOf(score, needed),
        // Asked for when there is something to tell.
        get baseline() {
          const names = leastExpected(views).map(({ view }) => VIEWS[view]?.name);
          return `own past of ${seen - 1} panes; least expected: ${names.join(', ')}; median of the 20 before`;
        },
        get views() {
          return leastExpected(views)
            .filter(({ surprise }) => surprise > EVERYDAY)
            .map((one) => viewed(one, series.tails[one.view] as Tail));
        },
        get low() {
          return edge(0.02);
        },
        get high() {
          return edge(0.98);
        },
      };
    },
  };
}

const leastExpected = (views: readonly SeenIn[]): readonly SeenIn[] => views.toSorted((a, b) => b.surprise - a.surprise).slice(0, 2);

function viewed({ view, seen }: SeenIn, tail: Tail): Viewed {
  const { name, low = false } = VIEWS[view] as View;
  const sign = low ? -1 : 1;
  return { name, low, usual: sign * upTo(tail, 1 - 10 ** -EVERYDAY), seen: sign * seen };
}

const ascending = (a: number, b: number): number => a - b;

/** What happens once in ten values is nothing to count. */
const EVERYDAY = 1;
/** One view alone cannot say more than this. */
const MOST = 20;

type Look = {
  readonly length: number;
  readonly value: number;
  readonly before: number;
  readonly median20: number;
  readonly median100: number;
  /** Of the last 12, 50 and 100 values. */
  readonly mean12: number;
  readonly mean50: number;
  readonly spread100: number;
  mean(from: number, to: number): number;
  spread(from: number, to?: number, middle?: number): number;
  /** Distance of this hour's median to that of the days before; 0 while fewer than two are known. */
  readonly offHour: number;
  readonly drift: number;
};

/** `low`: what is unusual is little of it, so that `of` turns the sign. */
type View = { readonly name: string; readonly low?: true; readonly of: (look: Look) => number | undefined };

const VIEWS: readonly View[] = [
  { name: 'high', of: ({ value }) => value },
  { name: 'low', low: true, of: ({ value }) => -value },
  { name: 'step', of: ({ value, before }) => Math.abs(value - before) },
  { name: 'off the median of 20', of: ({ value, median20 }) => Math.abs(value - median20) },
  { name: 'off the median of 100', of: ({ length, value, median100 }) => (length < 100 ? undefined : Math.abs(value - median100)) },
  { name: 'shift over 10', of: ({ length, mean }) => (length < 20 ? undefined : Math.abs(mean(10, 0) - mean(20, 10))) },
  { name: 'shift over 25', of: ({ length, mean }) => (length < 125 ? undefined : Math.abs(mean(25, 0) - mean(125, 25))) },
  { name: 'high mean of 12', of: ({ length, mean12 }) => (length < 12 ? undefined : mean12) },
  { name: 'low mean of 12', low: true, of: ({ length, mean12 }) => (length < 12 ? undefined : -mean12) },
  { name: 'high mean of 50', of: ({ length, mean50 }) => (length < 50 ? undefined : mean50) },
  { name: 'low mean of 50', low: true, of: ({ length, mean50 }) => (length < 50 ? undefined : -mean50) },
  { name: 'spread of 24', of: ({ length, spread }) => (length < 24 ? undefined : spread(24)) },
  { name: 'spread of 100', of: ({ length, spread100 }) => (length < 100 ? undefined : spread100) },
  { name: 'stillness of 100', low: true, of: ({ length, spread100 }) => (length < 100 ? undefined : -spread100) },
  { name: 'mean of 5 in spreads of the 100 before', of: (look) => inSpreads(look, 5) },
  { name: 'mean of 20 in spreads of the 100 before', of: (look) => inSpreads(look, 20) },
  {
    name: 'spread of 25 against the 100 before (logarithm)',
    of: ({ length, spread }) => (length < 125 ? undefined : Math.log((spread(25) + LEAST) / (spread(125, 25) + LEAST))),
  },
  { name: 'above the hour', of: ({ offHour }) => offHour },
  { name: 'below the hour', low: true, of: ({ offHour }) => -offHour },
  { name: 'off the hour', of: ({ offHour }) => Math.abs(offHour) },
  { name: 'drift above the hours', of: ({ drift }) => drift },
  { name: 'drift below the hours', low: true, of: ({ drift }) => -drift },
];

/** A share of the level, or else this, is the least spread: without any, every step would be without measure. */
const LEAST_SHARE = 0.02;
const LEAST = 1e-9;

/** How far the mean of the last `of` values is from that of the 100 before them, in their standard deviations. */
function inSpreads({ length, mean, spread }: Look, of: number): number | undefined {
  if (length < of + 100) return undefined;
  const before = mean(of + 100, of);
  return Math.abs(mean(of, 0) - before) / (spread(of + 100, of, before) + LEAST_SHARE * Math.abs(before) + LEAST);
}

function lookAt(recent: readonly number[], offHour: number, drift: number): Look {
  const { length } = recent;
  /** Of the values from `from` before the end to `to` before it. */
  const mean = (from: number, to: number): number => {
    const start = Math.max(0, length - from);
    const end = Math.max(start, length - to);
    let sum = 0;
    for (let i = start; i < end; i++) sum += recent[i] as number;
    return end > start ? sum / (end - start) : 0;
  };
  const spread = (from: number, to = 0, middle = mean(from, to)): number => {
    const start = Math.max(0, length - from);
    const end = Math.max(start, length - to);
    let sum = 0;
    for (let i = start; i < end; i++) sum += ((recent[i] as number) - middle) ** 2;
    return end > start ? Math.sqrt(sum / (end - start)) : 0;
  };
  const value = recent[length - 1] as number;
  const medianBefore = (of: number): number => (length < 2 ? value : median(recent, Math.max(0, length - 1 - of), length - 1));
  return {
    length,
    value,
    before: recent[length - 2] ?? value,
    median20: medianBefore(20),
    median100: medianBefore(100),
    mean12: mean(12, 0),
    mean50: mean(50, 0),
    spread100: spread(100),
    mean,
    spread,
    offHour,
    drift,
  };
}

/** Puts the value into its hour and returns how far the hour's median so far is from that of the same hour before. */
function expectHour(series: Series, time: number, value: number): number {
  const hour = Math.floor(time / HOUR);
  const slots = series.hours.length;
  if (hour !== series.hour) {
    const { past } = series.hours[((series.hour % slots) + slots) % slots] ?? { past: [] };
    if (series.now.length > 0) past.push(median(series.now));
    if (past.length > DAYS) past.shift();
    series.now = [];
    series.hour = hour;
  }
  series.now.push(value);
  if (series.now.length > PER_HOUR) series.now.shift();
  const { past } = series.hours[((hour % slots) + slots) % slots] as { past: number[] };
  return past.length < 2 ? 0 : median(series.now, Math.max(0, series.now.length - 6)) - median(past);
}

import { dice, gauss } from '../dice.ts';
import type { Series } from './corpus.ts';
import { probationOf } from './score.ts';

/**
 * Series made of the benchmark's: begun later, at a coarser pace, mirrored, on another scale, with noise. What is a
 * disturbance in one is a disturbance in the others, so a setting that is good for these too is good for more than the
 * files it was chosen on. Windows that come to lie among the rows that are not scored are left out.
 */
export const TRANSFORMS: Readonly<Record<string, (series: Series) => Series>> = {
  'as it is': (series) => series,
  'begun after 7 %': (series) => begunAt(series, 0.07),
  'begun after 15 %': (series) => begunAt(series, 0.15),
  'means of 2 rows': (series) => coarser(series, 2),
  'means of 3 rows': (series) => coarser(series, 3),
  mirrored: (series) => mapped(series, ({ value, low, high }) => low + high - value),
  logarithm: (series) => mapped(series, ({ value, low }) => Math.log1p(value - low)),
  'square root': (series) => mapped(series, ({ value, low }) => Math.sqrt(value - low)),
  square: (series) => mapped(series, ({ value, low, high }) => ((value - low) / (high - low || 1)) ** 2),
  'with noise': (series) => {
    const next = dice(series.values.length);
    return mapped(series, ({ value, spread }) => value + 0.1 * spread * gauss(next));
  },
};

type Place = { readonly value: number; readonly low: number; readonly high: number; readonly spread: number };

function mapped({ name, times, values, labels }: Series, of: (place: Place) => number): Series {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] as number;
  const [low, high, spread] = [at(0), sorted.at(-1) as number, at(0.75) - at(0.25)];
  return made(
    name,
    times,
    values.map((value) => of({ value, low, high, spread })),
    labels.windows,
  );
}

function begunAt({ name, times, values, labels }: Series, share: number): Series {
  const first = Math.floor(values.length * share);
  return made(
    name,
    times.slice(first),
    values.slice(first),
    labels.windows.map(({ from, to }) => ({ from: from - first, to: to - first })),
  );
}

function coarser({ name, times, values, labels }: Series, rows: number): Series {
  const length = Math.floor(values.length / rows);
  const meanAt = (_: unknown, i: number): number => values.subarray(i * rows, (i + 1) * rows).reduce((sum, one) => sum + one, 0) / rows;
  return made(
    name,
    Float64Array.from({ length }, (_, i) => times[i * rows] as number),
    Float64Array.from({ length }, meanAt),
    labels.windows.map(({ from, to }) => ({ from: Math.ceil(from / rows), to: Math.floor(to / rows) })),
  );
}

function made(name: string, times: Float64Array, values: Float64Array, windows: Series['labels']['windows']): Series {
  const probation = probationOf(values.length);
  const scored = windows.filter(({ from, to }) => from >= probation && to > from);
  return { name, times, values, labels: { rows: values.length, probation, windows: scored } };
}

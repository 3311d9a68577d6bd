import { dice, gauss } from '../dice.ts';

/** Times the usual rate that are made, falls and rises. */
export const SIZES = [0, 0.25, 0.5, 1.5, 2, 3, 5, 10] as const;
const HOURS = 168;
/** One pane in so many is made. */
const SELDOM = 20;

export type Series = {
  readonly name: string;
  /** Events of an hour, on average. */
  readonly rate: (hour: number) => number;
  /** Sums of bytes, lognormal around 10,000 for each event, and not counts. */
  readonly sums?: boolean;
  /** The rate varies from hour to hour, lognormal, about by half. */
  readonly varies?: boolean;
  /** The standard deviation of a usual value at the mean rate. */
  readonly deviation: number;
};

/** From 0.3 by night to 1.7 at noon, less at weekends. */
const day = (hour: number): number =>
  0.3 + 1.4 * Math.max(0, Math.sin((((hour % 24) - 6) / 24) * 2 * Math.PI)) * (hour % HOURS < 120 ? 1 : 0.4);
const flat = (): number => 1;

function series(rates: readonly number[], shape: (hour: number) => number, more: { sums?: boolean; varies?: boolean } = {}): Series[] {
  const name = `${more.sums ? 'bytes' : 'counts'}${shape === day ? ', day and night' : ''}`;
  const mean = Array.from({ length: HOURS }, (_, hour) => shape(hour)).reduce((sum, one) => sum + one, 0) / HOURS;
  return rates.map((rate) => ({
    name: `${name}, ${rate} an hour${more.varies ? ', varies by half' : ''}`,
    rate: (hour) => rate * shape(hour),
    // The mean square of a lognormal number of spread 1 is e^2 times the square of its middle.
    deviation: Math.hypot(Math.sqrt(rate * mean) * (more.sums ? 10_000 * Math.E : 1), more.varies ? 0.6 * rate * mean : 0),
    ...more,
  }));
}

export const SERIES: readonly Series[] = [
  ...series([0.5, 2, 6, 50, 200], flat),
  ...series([6, 20, 200], day),
  ...series([200], day, { varies: true }),
  ...series([6, 50], flat, { sums: true }),
  ...series([6, 50], day, { sums: true }),
];

function poisson(mean: number, next: () => number): number {
  // Halves are drawn apart: the chance of none of many is no number any more.
  if (mean > 100) return poisson(mean / 2, next) + poisson(mean / 2, next);
  let count = 0;
  for (let chance = next(), least = Math.exp(-mean); chance > least; chance *= next()) count++;
  return count;
}

/** `made`: one per size, at some panes. */
type Drawn = { readonly usual: number; readonly made: readonly number[] };

/** What a group has in an hour, at `times` its usual rate. */
export function drawsOf({ rate, sums, varies }: Series, group: number): (hour: number, times: number, makes: boolean) => Drawn {
  const next = dice(group + 1);
  const drawn = (mean: number): number => {
    const count = poisson(mean, next);
    if (!sums) return count;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += Math.round(10_000 * Math.exp(gauss(next)));
    return sum;
  };
  return (hour, times, makes) => {
    const mean = times * rate(hour) * (varies ? Math.exp(0.5 * gauss(next)) : 1);
    return { usual: drawn(mean), made: makes && next() * SELDOM < 1 ? SIZES.map((size) => drawn(size * mean)) : [] };
  };
}

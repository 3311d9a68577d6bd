import { NANOS_PER_MS, type Nanos } from '../event/time.ts';
import { QUARTER_MS, zoneShift } from '../event/zone-shift.ts';

/** The number of the pane of `width` that an instant lies in; 0 begins with the epoch. */
export type PaneNumber = (time: Nanos) => number;

/** That number, of instants far apart: nothing is remembered. Divides downwards, also before the epoch. */
export const paneAt = (time: Nanos, width: Nanos): bigint => time / width - (time < 0n && time % width !== 0n ? 1n : 0n);

/** The last answer is remembered, since instants are mostly in order: two comparisons are a quarter of a division. */
export function paneNumber(width: Nanos): PaneNumber {
  let [start, end, number] = [0n, 0n, 0];
  return (time) => {
    if (time >= start && time < end) return number;
    const pane = paneAt(time, width);
    start = pane * width;
    end = start + width;
    number = Number(pane);
    return number;
  };
}

/** The last instant of a pane; the last answer is remembered, since groups are mostly in one pane. */
export function lastInstant(width: Nanos): (pane: number) => Nanos {
  let [known, last] = [Number.NaN, 0n];
  return (pane) => {
    if (pane !== known) {
      last = BigInt(pane + 1) * width - 1n;
      known = pane;
    }
    return last;
  };
}

const HOUR: Nanos = 3_600_000_000_000n;
const QUARTER: Nanos = BigInt(QUARTER_MS) * NANOS_PER_MS;

/** The hour by the clock of a zone, numbered from the first one of 1970 on, in which the clock stands; the last answer is remembered. */
export function hourIn(zone: string): PaneNumber {
  const shift = zoneShift(zone);
  let [start, end, number] = [0n, 0n, 0];
  return (time) => {
    if (time >= start && time < end) return number;
    const added = shift(time);
    const local = time + added;
    const hour = local / HOUR;
    if (time < 0n || local < 0n) return Number(hour);
    number = Number(hour);
    // Until then neither the hour nor what the zone adds is another one.
    const quarter = time - (time % QUARTER);
    const first = hour * HOUR - added;
    start = first > quarter ? first : quarter;
    end = first + HOUR < quarter + QUARTER ? first + HOUR : quarter + QUARTER;
    return number;
  };
}

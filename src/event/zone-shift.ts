import { WardlineError } from '../shared/errors.ts';
import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos, zoneMinutes } from './time.ts';

/** No zone changes its offset within a quarter of an hour. */
export const QUARTER_MS = 900_000;

/**
 * What a zone adds to UTC at an instant: `UTC`, `+02:00`, or a name such as `Europe/Berlin`. The last answer is remembered,
 * since instants are mostly in order. Throws WardlineError `settings` for a zone that is none.
 */
export function zoneShift(zone: string): (instant: Nanos) => Nanos {
  const fixed = zoneMinutes(zone);
  if (fixed !== undefined) {
    const shift = BigInt(fixed) * 60n * NANOS_PER_SECOND;
    return () => shift;
  }
  const format = formatOf(zone);
  let known = { quarter: Number.NaN, shift: 0n };
  return (instant) => {
    const quarter = Math.floor(Number(instant / NANOS_PER_MS) / QUARTER_MS);
    if (quarter !== known.quarter) {
      const parts = Object.fromEntries(format.formatToParts(quarter * QUARTER_MS).map(({ type, value }) => [type, Number(value)]));
      const wall = Date.UTC(
        parts['year'] ?? 0,
        (parts['month'] ?? 1) - 1,
        parts['day'],
        (parts['hour'] ?? 0) % 24,
        parts['minute'],
        parts['second'],
      );
      known = { quarter, shift: BigInt(wall - quarter * QUARTER_MS) * NANOS_PER_MS };
    }
    return known.shift;
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const n = 'numeric';
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: n, month: n, day: n, hour: n, minute: n, second: n });
  } catch (error) {
    throw new WardlineError(
      'settings',
      `"${timeZone}" is no time zone; write a name such as Europe/Berlin or UTC, or an offset such as +02:00`,
      { cause: error },
    );
  }
}

/** Is it a zone: an IANA name or an offset? */
export function isZone(zone: string): boolean {
  try {
    zoneShift(zone);
    return true;
  } catch {
    return false;
  }
}

import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos, zoneMinutes } from '../event/time.ts';
import { WardlineError } from '../shared/errors.ts';

const HOUR = 3600n * NANOS_PER_SECOND;

/**
 * Offset of a zone from UTC at a local time. A local time that occurs twice takes the earlier offset, one that does not
 * exist shifts forward. Offsets are remembered per hour of local time, since logs are mostly in order.
 */
export function zoneOffset(zone: string): (local: Nanos) => Nanos {
  const fixed = zoneMinutes(zone);
  if (fixed !== undefined) return () => BigInt(fixed) * 60n * NANOS_PER_SECOND;
  const format = formatOf(zone);
  const offsetAt = (instantMs: number): number => {
    const parts = Object.fromEntries(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
    const wall = Date.UTC(
      parts['year'] ?? 0,
      (parts['month'] ?? 1) - 1,
      parts['day'],
      (parts['hour'] ?? 0) % 24,
      parts['minute'],
      parts['second'],
    );
    return wall - Math.floor(instantMs / 1000) * 1000;
  };
  const memo = new Map<bigint, Nanos>();
  return (local) => {
    const hour = local / HOUR;
    let offset = memo.get(hour);
    if (offset === undefined) {
      const wallMs = Number(local / NANOS_PER_MS);
      const day = 86_400_000;
      // The offsets of the days around; the larger one gives the earlier instant of an ambiguous hour.
      const [before, after] = [offsetAt(wallMs - day), offsetAt(wallMs + day)];
      const fits = [Math.max(before, after), Math.min(before, after)].filter((candidate) => offsetAt(wallMs - candidate) === candidate);
      offset = BigInt(fits[0] ?? before) * NANOS_PER_MS;
      if (memo.size > 4096) memo.clear();
      memo.set(hour, offset);
    }
    return offset;
  };
}

/** Is it a zone that local times can be read in: an IANA name or an offset? */
export function isZone(zone: string): boolean {
  try {
    zoneOffset(zone);
    return true;
  } catch {
    return false;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    throw new WardlineError(
      'settings',
      `"${zone}" is no time zone; write a name such as Europe/Berlin or UTC, or an offset such as +02:00`,
      { cause: error },
    );
  }
}

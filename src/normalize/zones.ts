import { NANOS_PER_MS, NANOS_PER_SECOND, type Nanos, zoneMinutes } from '../event/time.ts';
import { zoneShift } from '../event/zone-shift.ts';

const HOUR = 3600n * NANOS_PER_SECOND;

/**
 * Offset of a zone from UTC at a local time. A local time that occurs twice takes the earlier offset, one that does not
 * exist shifts forward. Offsets are remembered per hour of local time, since logs are mostly in order.
 */
export function zoneOffset(zone: string): (local: Nanos) => Nanos {
  const shift = zoneShift(zone);
  if (zoneMinutes(zone) !== undefined) return shift;
  const offsetAt = (instantMs: number): number => Number(shift(BigInt(instantMs) * NANOS_PER_MS) / NANOS_PER_MS);
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

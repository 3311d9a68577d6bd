/** Nanoseconds since 1970-01-01T00:00:00Z. */
export type Nanos = bigint;

export const NANOS_PER_MS = 1_000_000n;
export const NANOS_PER_SECOND = 1_000_000_000n;

/** ISO 8601 in UTC with millisecond, microsecond or nanosecond digits, whichever loses nothing. */
export function isoTime(time: Nanos): string {
  const ms = time / NANOS_PER_MS - (time % NANOS_PER_MS < 0n ? 1n : 0n);
  const rest = time - ms * NANOS_PER_MS;
  const base = new Date(Number(ms)).toISOString();
  if (rest === 0n) return base;
  const digits = rest.toString().padStart(6, '0');
  return `${base.slice(0, -1)}${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}

export function fromMs(ms: number): Nanos {
  return BigInt(Math.trunc(ms)) * NANOS_PER_MS;
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** A time read from text, and whether the text named its zone. */
export type ParsedTime = { readonly time: Nanos; readonly zoned: boolean };

/** Reads ISO 8601 / RFC 3339 text (also with a blank instead of T); UTC where no zone is given. Undefined if it is none. */
export function parseIsoTime(text: string): ParsedTime | undefined {
  const m = ISO.exec(text);
  if (m === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = m;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(ms);
  const valid = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60;
  if (Number.isNaN(ms) || !valid) return undefined;
  const nanos = BigInt(ms) * NANOS_PER_MS + BigInt(fraction.padEnd(9, '0'));
  return { time: nanos - zoneOffset(zone), zoned: zone !== undefined };
}

function zoneOffset(zone: string | undefined): Nanos {
  if (zone === undefined || zone === 'Z') return 0n;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return BigInt(zone.startsWith('-') ? -minutes : minutes) * 60n * NANOS_PER_SECOND;
}

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

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?( ?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d\d(?::?\d\d)?))?$/;

/** A time read from text, and whether the text named its zone. */
export type ParsedTime = { readonly time: Nanos; readonly zoned: boolean };

/** Minutes east of UTC of the zone names that logs write; ambiguous ones (IST, BST of Bangladesh) mean what they mean most often. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ...[
    ['Z', 0],
    ['UTC', 0],
    ['GMT', 0],
    ['WET', 0],
    ['WEST', 60],
    ['BST', 60],
    ['CET', 60],
    ['CEST', 120],
    ['EET', 120],
  ],
  ...[
    ['EEST', 180],
    ['MSK', 180],
    ['IST', 330],
    ['HKT', 480],
    ['SGT', 480],
    ['JST', 540],
    ['KST', 540],
    ['AEST', 600],
  ],
  ...[
    ['AEDT', 660],
    ['NZST', 720],
    ['NZDT', 780],
    ['EST', -300],
    ['EDT', -240],
    ['CST', -360],
    ['CDT', -300],
  ],
  ...[
    ['MST', -420],
    ['MDT', -360],
    ['PST', -480],
    ['PDT', -420],
    ['AKST', -540],
    ['AKDT', -480],
    ['HST', -600],
  ],
] as [string, number][]);

/** Minutes east of UTC that a zone as logs write it stands for (`Z`, `CEST`, `+0200`, `-02:00`); undefined if it is none. */
export function zoneMinutes(zone: string): number | undefined {
  const named = ZONES.get(zone);
  if (named !== undefined) return named;
  const digits = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (digits === null) return undefined;
  const [hours, rest] = [Number(digits[2]), Number(digits[3] ?? 0)];
  // No zone is further from UTC; a time with such an offset has none that can be believed.
  if (hours > 18 || rest > 59) return undefined;
  const minutes = hours * 60 + rest;
  return digits[1] === '-' ? -minutes : minutes;
}

/** Reads ISO 8601 / RFC 3339 text (also with a blank instead of T); UTC where no zone is given. Undefined if it is none. */
export function parseIsoTime(text: string): ParsedTime | undefined {
  const m = ISO.exec(text);
  if (m === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = m;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(ms);
  const valid = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60;
  if (Number.isNaN(ms) || !valid) return undefined;
  const offset = zone === undefined ? 0 : zoneMinutes(zone.trimStart());
  if (offset === undefined) return undefined;
  const nanos = BigInt(ms) * NANOS_PER_MS + BigInt(fraction.padEnd(9, '0'));
  return { time: nanos - BigInt(offset) * 60n * NANOS_PER_SECOND, zoned: zone !== undefined };
}

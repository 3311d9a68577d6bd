import { fromMs, NANOS_PER_MS, NANOS_PER_SECOND, type Nanos, parseIsoTime } from '../event/time.ts';
import type { JsonValue } from '../shared/json.ts';

/** An event's time and what is doubtful about it. */
export type EventTime = { readonly time: Nanos; readonly tags: readonly string[] };

export type TimeOptions = {
  /** Offset of zone-less local times from UTC, in nanoseconds to subtract; undefined = no zone configured (UTC is assumed). */
  readonly zoneOffset: ((local: Nanos) => Nanos) | undefined;
  readonly maxFutureSkewMs: number;
};

const NO_TAGS: readonly string[] = [];
const ASSUMED: readonly string[] = ['assumed_zone'];
/** Clocks and zones may be off by this much; a log line is not from further ahead. */
const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Reads the time a record claims. Without one it is the time the log took the record (`broker_time`); a claim later
 * than that by more than the allowed skew is not believed (`future_time`), so a forged clock closes no windows.
 */
export function eventTime(claimed: JsonValue | undefined, appendedAt: number, options: TimeOptions): EventTime {
  const read = claimed === undefined ? undefined : readTime(claimed, appendedAt);
  if (read === undefined) return { time: fromMs(appendedAt), tags: ['broker_time'] };
  const { zoneOffset } = options;
  const time = read.zoned || zoneOffset === undefined ? read.time : read.time - zoneOffset(read.time);
  if (time > fromMs(appendedAt + options.maxFutureSkewMs)) return { time: fromMs(appendedAt), tags: ['future_time'] };
  return { time, tags: read.zoned || zoneOffset !== undefined ? NO_TAGS : ASSUMED };
}

function readTime(value: JsonValue, appendedAt: number): { time: Nanos; zoned: boolean } | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? epoch(value) : undefined;
  if (typeof value !== 'string') return undefined;
  if (/^\d{9,19}(?:\.\d{1,9})?$/.test(value)) return value.length > 15 && !value.includes('.') ? epochText(value) : epoch(Number(value));
  return parseIsoTime(value) ?? parseSyslogTime(value, appendedAt) ?? parseSlashTime(value);
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by magnitude. */
function epoch(value: number): { time: Nanos; zoned: boolean } | undefined {
  if (value <= 0) return undefined;
  if (value < 1e11) return { time: BigInt(Math.round(value * 1e6)) * 1000n, zoned: true };
  if (value < 1e14) return { time: BigInt(Math.round(value * 1000)) * 1000n, zoned: true };
  return { time: BigInt(Math.round(value)) * (value < 1e17 ? 1000n : 1n), zoned: true };
}

function epochText(value: string): { time: Nanos; zoned: boolean } {
  return { time: BigInt(value) * (value.length > 17 ? 1n : 1000n), zoned: true };
}

/** RFC 3164 times carry no year: the one that brings the time nearest to when the record was taken, and not after it. */
function parseSyslogTime(text: string, appendedAt: number): { time: Nanos; zoned: boolean } | undefined {
  const m = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  const month = MONTHS.indexOf(m?.[1] ?? '');
  if (m === null || month < 0) return undefined;
  const [, , day, hour, minute, second] = m;
  const year = new Date(appendedAt).getUTCFullYear();
  const candidates = [year - 1, year, year + 1].map((y) => Date.UTC(y, month, Number(day), Number(hour), Number(minute), Number(second)));
  const past = candidates.filter((candidate) => candidate <= appendedAt + DAY_MS);
  const ms = past.reduce((best, candidate) => Math.max(best, candidate), candidates[0] as number);
  return { time: fromMs(ms), zoned: false };
}

/** `22/Feb/2026:16:46:18 +0000` of web servers. */
function parseSlashTime(text: string): { time: Nanos; zoned: boolean } | undefined {
  const m = /^(\d{1,2})\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?: ([+-]\d{4}))?$/.exec(text);
  const month = MONTHS.indexOf(m?.[2] ?? '');
  if (m === null || month < 0) return undefined;
  const [, day, , year, hour, minute, second, zone] = m;
  const local = BigInt(Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second))) * NANOS_PER_MS;
  if (zone === undefined) return { time: local, zoned: false };
  const minutes = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3))) * (zone.startsWith('-') ? -1 : 1);
  return { time: local - BigInt(minutes) * 60n * NANOS_PER_SECOND, zoned: true };
}

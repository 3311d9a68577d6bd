import { fromMs, NANOS_PER_MS, type Nanos, type ParsedTime, parseIsoTime } from '../event/time.ts';
import type { JsonValue } from '../shared/json.ts';
import { parseWrittenTime } from './written-time.ts';

/** An event's time and what is doubtful about it. */
export type EventTime = {
  readonly time: Nanos;
  readonly tags: readonly string[];
  /** The time that was claimed and not believed. */
  readonly claimed?: Nanos;
};

export type TimeOptions = {
  /** Offset of zone-less local times from UTC, in nanoseconds to subtract; undefined = no zone configured (UTC is assumed). */
  readonly zoneOffset: ((local: Nanos) => Nanos) | undefined;
  readonly maxFutureSkewMs: number;
};

const NO_TAGS: readonly string[] = [];
/** The last instant that has a date (ECMA-262, time values). */
const LAST = fromMs(8.64e15);
const ASSUMED: readonly string[] = ['assumed_zone'];
const BROKER: readonly string[] = ['broker_time'];
const FUTURE: readonly string[] = ['future_time'];

/**
 * Reads the time a record claims. Without one it is the time the log took the record (`broker_time`); a claim later
 * than that by more than the allowed skew is not believed (`future_time`), so a forged clock closes no windows.
 */
export function eventTime(claimed: JsonValue | undefined, appendedAt: number, options: TimeOptions): EventTime {
  const read = claimed === undefined ? undefined : readTime(claimed, appendedAt);
  if (read === undefined) return { time: fromMs(appendedAt), tags: BROKER };
  const { zoneOffset } = options;
  const time = read.zoned || zoneOffset === undefined ? read.time : read.time - zoneOffset(read.time);
  if (time > fromMs(appendedAt + options.maxFutureSkewMs))
    return { time: fromMs(appendedAt), tags: FUTURE, ...(time <= LAST ? { claimed: time } : {}) };
  return { time, tags: read.zoned || zoneOffset !== undefined ? NO_TAGS : ASSUMED };
}

/** The time a record claims in milliseconds, without knowing when it was taken; undefined where that is needed to tell. */
export function claimedMs(value: JsonValue | undefined): number | undefined {
  const read = value === undefined ? undefined : readTime(value, Number.NaN);
  return read === undefined ? undefined : Number(read.time / NANOS_PER_MS);
}

function readTime(value: JsonValue, appendedAt: number): ParsedTime | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? epoch(value) : undefined;
  if (typeof value !== 'string') return undefined;
  if (/^\d{9,19}(?:\.\d{1,9})?$/.test(value)) return value.length > 15 && !value.includes('.') ? epochText(value) : epoch(Number(value));
  return parseIsoTime(value) ?? parseWrittenTime(value, appendedAt);
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by magnitude. */
function epoch(value: number): ParsedTime | undefined {
  if (value <= 0) return undefined;
  if (value < 1e11) return { time: BigInt(Math.round(value * 1e6)) * 1000n, zoned: true };
  if (value < 1e14) return { time: BigInt(Math.round(value * 1000)) * 1000n, zoned: true };
  return { time: BigInt(Math.round(value)) * (value < 1e17 ? 1000n : 1n), zoned: true };
}

function epochText(value: string): ParsedTime {
  return { time: BigInt(value) * (value.length > 17 ? 1n : 1000n), zoned: true };
}

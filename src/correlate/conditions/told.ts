import type { Nanos } from '../../event/time.ts';
import type { JsonValue } from '../../shared/json.ts';
import type { Census } from '../census.ts';
import type { Compared } from '../detectors/judged.ts';
import type { Decision } from '../firing.ts';
import { SMALL } from '../sketches/hyperloglog.ts';

/** What an anomaly says of itself in the decision trail: what it looked at, its baseline, what it expected and saw, how sure it is. */
export type Told = {
  readonly what: string;
  readonly baseline: string;
  readonly expected: JsonValue;
  readonly observed: JsonValue;
  /** 0.5 at the threshold, towards 1 beyond it. */
  readonly confidence: number;
};

export const decisionsOf = ({ what, baseline, expected, observed, confidence }: Told): readonly Decision[] => [
  { condition: what, expected, observed },
  { condition: 'baseline', expected: baseline, observed },
  { condition: 'confidence', expected: 'at least 0.5', observed: rounded(confidence) },
];

/** What would not have fired: within the usual, or short of what fires from there on, on the sides that are judged. */
export function rangeText({ low, high, firesAt }: Pick<Compared, 'low' | 'high' | 'firesAt'>): string {
  if (firesAt === undefined) return `from ${rounded(low)} to ${rounded(high)}, of the level alone`;
  const { low: least, high: most } = firesAt;
  return [...(least === undefined ? [] : [`above ${rounded(least)}`]), ...(most === undefined ? [] : [`below ${rounded(most)}`])].join(
    ' and ',
  );
}

const HOUR = 3_600_000_000_000n;

/** How many hours of those that learning takes are over, at least one to go. */
export function hoursOf(age: Nanos, learn: Nanos): { readonly learned: number; readonly needed: number } {
  const needed = Math.max(1, Number((learn + HOUR - 1n) / HOUR));
  return { learned: Math.min(needed - 1, Number(age / HOUR)), needed };
}

/** A count that a HyperLogLog gave, with its error in per cent. */
export const about = (count: number, error: number): string => `about ${rounded(count)} (HyperLogLog, standard error ${error} %)`;

/** Members of a key in a census, less `itself`, and how sure that is. */
export function membersText(census: Census | undefined, key: string, time: Nanos, itself = 0): JsonValue {
  const count = Math.max(0, (census?.members(key, time) ?? itself) - itself);
  const sureness = census?.sureness(key, time) ?? 'exact';
  if (sureness === 'estimate') return about(count, SMALL.error);
  return sureness === 'exact' ? count : `${count} or more`;
}

/** Four digits that count, so that a person can read it. */
export const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value > 0 ? 1e308 : -1e308);

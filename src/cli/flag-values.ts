import { formats } from '../normalize/index.ts';
import { tryParseDuration } from '../shared/duration.ts';
import { WardlineError } from '../shared/errors.ts';
import { parseInstant } from '../shared/instant.ts';
import { printable } from '../shared/table.ts';

/** Throws `usage` for a log format that there is not. */
export function requireFormat(name: string | undefined): void {
  if (name === undefined || formats.some((known) => known.name === name)) return;
  throw new WardlineError(
    'usage',
    `--format: there is no format "${printable(name)}"; known: ${formats.map((known) => known.name).join(', ')}`,
  );
}

/** The whole number that a flag was given, `least` or more; throws `usage` for anything else. */
export function wholeNumber(text: string, flag: string, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || text.trim() === '')
    throw new WardlineError('usage', `${flag} takes a whole number from ${least}, not ${text}`);
  return value;
}

/** The instant that a flag was given, in ms; throws `usage` for anything else. */
export function instantOf(text: string, flag: string): number {
  const ms = parseInstant(text);
  if (ms === undefined)
    throw new WardlineError('usage', `${flag} takes a time such as 2026-11-01 or 2026-11-01T06:00:00Z, not "${printable(text)}"`);
  return ms;
}

/** The duration that a flag was given, in ms; throws `usage` for anything else. */
export function durationOf(text: string, flag: string): number {
  const nanos = tryParseDuration(text);
  if (nanos === undefined) throw new WardlineError('usage', `${flag} takes a duration such as 30m, 4h or 90d, not "${printable(text)}"`);
  return Number(nanos / 1_000_000n);
}

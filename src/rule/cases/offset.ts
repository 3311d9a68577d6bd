import { parseIsoTime } from '../../event/time.ts';
import { tryParseDuration } from '../../shared/duration.ts';

const START = '2026-11-20T08:00:00Z';

/** `0s`, `250ms`, `1h30m` in nanoseconds; undefined if the text is none. */
export function parseOffset(text: string): bigint | undefined {
  const ms = /^(\d{1,15})ms$/.exec(text)?.[1];
  if (ms !== undefined) return BigInt(ms) * 1_000_000n;
  return text === '0s' ? 0n : tryParseDuration(text);
}

/** An offset that the schema has let through. */
export const offsetOf = (text: string): bigint => parseOffset(text) ?? 0n;

/** `90s` after the start, or an instant of its own (`2026-11-20T08:01:30Z`): nanoseconds since the epoch; undefined if the text is neither. */
export const parseMoment = (text: string, start: bigint): bigint | undefined => {
  const after = parseOffset(text);
  return after === undefined ? parseIsoTime(text)?.time : start + after;
};

/** The moment of a text that the schema has let through. */
export const momentOf = (text: string, one: { readonly start?: string | undefined }): bigint =>
  parseMoment(text, startOf(one)) ?? startOf(one);

/** The instant that offsets of a case count from. */
export const startOf = ({ start = START }: { readonly start?: string | undefined }): bigint => parseIsoTime(start)?.time ?? 0n;

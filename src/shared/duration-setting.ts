import { z } from 'zod';
import { tryParseDuration } from './duration.ts';

const NANOS_PER_MS = 1_000_000n;
const NOT_ONE = { error: 'not a duration; write 90s, 15m, 1h30m or 7d' };

const text = z.string().refine((written) => tryParseDuration(written) !== undefined, NOT_ONE);

/** `15m` as a user writes it, nanoseconds inside. */
export const durationNanos = text.transform((written) => tryParseDuration(written) ?? 0n);

const msOf = (written: string): number => Number((tryParseDuration(written) ?? 0n) / NANOS_PER_MS);

/** `15m` as a user writes it, milliseconds inside. */
export const durationMs = text.transform(msOf);

/** The same where nothing at all is a duration as well: `0s`. */
export const durationMsOrNone = z
  .string()
  .refine((written) => written === '0s' || tryParseDuration(written) !== undefined, NOT_ONE)
  .transform(msOf);

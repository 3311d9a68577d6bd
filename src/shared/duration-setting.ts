import { z } from 'zod';
import { tryParseDuration } from './duration.ts';

const NANOS_PER_MS = 1_000_000n;

/** `15m` as a user writes it, milliseconds inside. */
export const durationMs = z
  .string()
  .refine((text) => tryParseDuration(text) !== undefined, { error: 'not a duration; write 90s, 15m, 1h or 30d' })
  .transform((text) => Number((tryParseDuration(text) ?? 0n) / NANOS_PER_MS));

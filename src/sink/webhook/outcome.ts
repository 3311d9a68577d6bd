import type { Delivery } from '../sink.ts';

/** Seconds after the n-th failed attempt; about 75 hours in all, then the delivery is dead. */
const SCHEDULE_S = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/** `Fri, 20 Nov 2026 08:00:00 GMT`; anything else would be guessed at by the date parser. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const MAX_RETRY_AFTER_MS = 86_400_000;

/** Delay before the next attempt with full jitter, `random` in [0, 1); undefined when the schedule is used up. */
export function retryDelayMs(attempt: number, random: number): number | undefined {
  const seconds = SCHEDULE_S[attempt];
  return seconds === undefined ? undefined : Math.round(seconds * 1000 * (0.5 + random / 2));
}

/** What a receiver's status means: 2xx has it, some may pass later, others never will. */
export function outcomeOf(id: string, status: number, retryAfterMs: number | undefined): Delivery {
  if (status >= 200 && status < 300) return { id, outcome: 'stored' };
  const reason = `status ${status}`;
  const concernsReceiver = (status >= 300 && status < 400) || [401, 403, 404, 408, 410, 425, 429].includes(status) || status >= 500;
  if (!concernsReceiver) return { id, outcome: 'rejected', reason };
  return { id, outcome: 'retry', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** `Retry-After` in seconds or as a date; absurd values are cut at a day. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : HTTP_DATE.test(header) ? Date.parse(header) - now : Number.NaN;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

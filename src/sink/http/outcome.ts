import type { Delivery } from '../sink.ts';

/** `Fri, 20 Nov 2026 08:00:00 GMT`; anything else would be guessed at by the date parser. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const MAX_RETRY_AFTER_MS = 86_400_000;

/**
 * What a receiver's status means: 2xx has it; redirects, refused access, time-outs and server faults may pass; 410 asks
 * for nothing more; any other 4xx is about this alert and never will pass.
 */
export function outcomeOf(id: string, status: number, retryAfterMs: number | undefined): Delivery {
  if (status >= 200 && status < 300) return { id, outcome: 'stored' };
  const reason = `status ${status}`;
  if (status === 410) return { id, outcome: 'gone', reason };
  const after = retryAfterMs === undefined ? {} : { retryAfterMs };
  if ((status >= 300 && status < 400) || [401, 403, 404].includes(status))
    return { id, outcome: 'retry', reason, concerns: 'receiver', ...after };
  return [408, 425, 429].includes(status) || status >= 500
    ? { id, outcome: 'retry', reason, ...after }
    : { id, outcome: 'rejected', reason };
}

/** `Retry-After` in seconds or as a date; absurd values are cut at a day. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : HTTP_DATE.test(header) ? Date.parse(header) - now : Number.NaN;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

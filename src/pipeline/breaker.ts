import { HEALTHY, type ReceiverState } from '../store/outbox.ts';

/** After this many failed calls in a row a receiver is left alone. */
export const BREAK_AFTER = 5;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 300_000;

/** How a failed call bears on the receiver. `at-once`: what failed concerns the receiver and not one alert. */
export type Failure = { readonly reason: string; readonly opens: 'at-once' | 'in-a-row'; readonly retryAfterMs?: number | undefined };

/**
 * The state after a failed call. Closed it opens after five failures in a row, or at once when the receiver itself said
 * no; a trial call that fails doubles the pause, up to five minutes. `Retry-After` of the receiver makes a pause longer.
 */
export function afterFailure(before: ReceiverState, { reason, opens, retryAfterMs = 0 }: Failure, now: number): ReceiverState {
  const failures = before.failures + 1;
  if (before.state === 'closed' && opens === 'in-a-row' && failures < BREAK_AFTER) {
    return { ...before, failures, reason, until: retryAfterMs > 0 ? now + retryAfterMs : before.until };
  }
  const pauseMs = before.state === 'open' ? Math.min(before.pauseMs * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
  const since = before.state === 'open' ? before.since : now;
  return { state: 'open', failures, until: now + Math.max(pauseMs, retryAfterMs), pauseMs, since, reason };
}

export function afterSuccess(before: ReceiverState, now: number): ReceiverState {
  return before.state === 'closed' && before.failures === 0
    ? before
    : { ...HEALTHY, since: before.state === 'closed' ? before.since : now };
}

export function afterGone(before: ReceiverState, reason: string, now: number): ReceiverState {
  return { ...HEALTHY, failures: before.failures + 1, state: 'disabled', since: now, reason };
}

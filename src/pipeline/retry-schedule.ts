/** Seconds after the n-th failed attempt; about 75 hours in all, then the delivery is dead. */
const SCHEDULE_S = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/**
 * Delay before the next attempt when `attempt` of them failed (from 1), jittered between half and all of the schedule by
 * `random` in [0, 1); undefined when the schedule is used up.
 */
export function retryDelayMs(attempt: number, random: number): number | undefined {
  const seconds = SCHEDULE_S[attempt - 1];
  return seconds === undefined ? undefined : Math.round(seconds * 1000 * (0.5 + random / 2));
}

import { Cron } from 'croner';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { Interval } from './series.ts';

/** A cron expression of five or six fields and the IANA zone its times are in. */
export type Schedule = { readonly cron: string; readonly timezone: string };

/**
 * The newest finished periods of a schedule, oldest first: each reaches from one of its instants up to, not including,
 * the next. Those that ended before `since` are left out, and no more than `most` are given. Pure: `now` is passed in.
 * Throws WardlineError `settings` when the expression or the zone is none.
 */
export function finishedPeriods(schedule: Schedule, now: number, since: number, most: number): Interval[] {
  const instants = cronOf(schedule)
    .previousRuns(most + 1, new Date(now + 1))
    .map((date) => date.getTime())
    .sort((a, b) => a - b);
  const periods = instants.slice(1).map((to, i) => ({ from: instants[i] as number, to }));
  return periods.filter(({ to }) => to > since && to <= now);
}

/** What is wrong with a schedule, or nothing. */
export function scheduleProblem(schedule: Schedule): string | undefined {
  try {
    return cronOf(schedule).nextRun(new Date(0)) === null ? `"${schedule.cron}" never comes` : undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function cronOf({ cron, timezone }: Schedule): Cron {
  try {
    return new Cron(cron, { timezone, paused: true });
  } catch (error) {
    throw new WardlineError('settings', `"${cron}" in ${timezone} is no schedule: ${messageOf(error)}`);
  }
}

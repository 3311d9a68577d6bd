import { Cron } from 'croner';
import { messageOf, WardlineError } from '../shared/errors.ts';
import { isZone } from '../shared/zone.ts';
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

/** What is wrong with a schedule, and with which part of it; or nothing. */
export function scheduleProblem({
  cron,
  timezone,
}: Schedule): { readonly key: 'schedule' | 'timezone'; readonly message: string } | undefined {
  if (!isZone(timezone)) return { key: 'timezone', message: `"${timezone}" is no time zone; write one such as UTC or Europe/Berlin` };
  try {
    if (cronOf({ cron, timezone }).nextRun(new Date(0)) !== null) return undefined;
    return { key: 'schedule', message: `"${cron}" never comes` };
  } catch (error) {
    return { key: 'schedule', message: messageOf(error) };
  }
}

function cronOf({ cron, timezone }: Schedule): Cron {
  try {
    return new Cron(cron, { timezone, paused: true });
  } catch (error) {
    const reason = messageOf(error).replace(/^CronPattern: /, '');
    throw new WardlineError('settings', `"${cron}" is no cron expression such as "0 6 * * 1" (minute hour day month weekday): ${reason}`);
  }
}

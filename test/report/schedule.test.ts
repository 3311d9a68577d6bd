import { describe, expect, test } from 'vitest';
import { finishedPeriods, scheduleProblem } from '../../src/report/schedule.ts';

const at = Date.parse;
const texts = (periods: readonly { from: number; to: number }[]): string[] =>
  periods.map(({ from, to }) => `${new Date(from).toISOString()} ${new Date(to).toISOString()}`);

describe('periods of a schedule', () => {
  test('reach from one instant to the next, and only finished ones are given', () => {
    const daily = { cron: '0 6 * * *', timezone: 'UTC' };
    expect(texts(finishedPeriods(daily, at('2026-11-03T05:59:59.999Z'), 0, 2))).toEqual([
      '2026-10-31T06:00:00.000Z 2026-11-01T06:00:00.000Z',
      '2026-11-01T06:00:00.000Z 2026-11-02T06:00:00.000Z',
    ]);
    expect(texts(finishedPeriods(daily, at('2026-11-03T06:00:00.000Z'), 0, 1))).toEqual([
      '2026-11-02T06:00:00.000Z 2026-11-03T06:00:00.000Z',
    ]);
  });

  test('that ended before a time are left out', () => {
    const daily = { cron: '0 0 * * *', timezone: 'UTC' };
    expect(finishedPeriods(daily, at('2026-11-03T01:00:00Z'), at('2026-11-02T12:00:00Z'), 5)).toHaveLength(1);
  });

  test('are days of the zone: the one in which clocks go back has 25 hours', () => {
    const [period] = finishedPeriods({ cron: '0 0 * * *', timezone: 'Europe/Berlin' }, at('2026-10-26T12:00:00Z'), 0, 1);
    expect(((period?.to ?? 0) - (period?.from ?? 0)) / 3_600_000).toBe(25);
  });

  test.each([
    [{ cron: 'daily', timezone: 'UTC' }, 'schedule', /^"daily" is no cron expression such as/],
    [{ cron: '0 0 * * *', timezone: 'Nowhere/City' }, 'timezone', /^"Nowhere\/City" is no time zone/],
    [{ cron: '0 0 31 2 *', timezone: 'UTC' }, 'schedule', /never comes$/],
  ] as const)('%j is refused with a reason, for its part', (schedule, key, message) => {
    expect(scheduleProblem(schedule)).toEqual({ key, message: expect.stringMatching(message) });
  });

  test('a sound one has no problem', () => {
    expect(scheduleProblem({ cron: '0 0 1 * *', timezone: 'America/New_York' })).toBeUndefined();
  });
});

/** A part of the week in one zone: on these days, between these minutes of the day. */
export type TimeRange = {
  /** 0 Sunday to 6 Saturday; empty: every day. */
  readonly weekdays: readonly number[];
  /** Minutes of the day, `from` included, `to` not; empty: the whole day. */
  readonly times: readonly { readonly from: number; readonly to: number }[];
  readonly zone: string;
};

export type TimeInterval = { readonly name: string; readonly ranges: readonly TimeRange[] };

/** Is an instant (ms since the epoch) in one of the ranges? */
export function isWithin({ ranges }: TimeInterval, at: number): boolean {
  return ranges.some(({ weekdays, times, zone }) => {
    const { weekday, minute } = wallClock(at, zone);
    return (
      (weekdays.length === 0 || weekdays.includes(weekday)) &&
      (times.length === 0 || times.some(({ from, to }) => minute >= from && minute < to))
    );
  });
}

const formats = new Map<string, Intl.DateTimeFormat>();
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function wallClock(at: number, zone: string): { readonly weekday: number; readonly minute: number } {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return { weekday: DAYS.indexOf(parts['weekday'] ?? ''), minute: Number(parts['hour']) * 60 + Number(parts['minute']) };
}

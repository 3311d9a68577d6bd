import type { PanePoint } from '../../correlate/conditions/panes.ts';
import { rounded } from '../../correlate/conditions/told.ts';
import type { Nanos } from '../../event/time.ts';

/** A point that is drawn; `skipped` points before it are not. A run of idle panes ends before `until`. */
export type DrawnPoint = PanePoint & { readonly skipped?: number; readonly until?: Nanos };

export type Collected = {
  /** In order of time: the last ones, those that fired, and what is around these. */
  readonly points: readonly DrawnPoint[];
  /** How many there were. */
  readonly count: number;
  readonly fired: number;
  /** Points that fired and are not drawn: the times of the first of them, and how many they are. */
  readonly undrawn: { readonly times: readonly Nanos[]; readonly count: number };
};

/** Points `from` up to `to`, of which more than one are alike. */
type Entry = { point: PanePoint; readonly from: number; to: number };
type Spot = { readonly fired: Entry; readonly around: Entry[] };

const AROUND = 2;
const MOST_TIMES = 100;

/**
 * Keeps of all points those that are drawn: the last `room`, the last `room` of those that fired, and two around each.
 * Panes without a match that were judged alike, one after the other, are one point. `width` of a pane in nanoseconds.
 */
export function createCollector(room: number, width: Nanos) {
  let last: Entry[] = [];
  let spots: Spot[] = [];
  let [count, fired, owed] = [0, 0, 0];
  const undrawn = { times: [] as Nanos[], count: 0 };

  const firedAt = (entry: Entry): void => {
    fired++;
    spots.push({ fired: entry, around: last.slice(-1 - AROUND).filter((one) => one === entry || !hasFired(one.point)) });
    owed = AROUND;
    if (spots.length <= 2 * room) return;
    for (const { fired: gone } of spots.slice(0, spots.length - room)) leaveOut(gone);
    spots = lastOf(spots, room);
  };
  const leaveOut = ({ point }: Entry): void => {
    undrawn.count++;
    if (undrawn.times.length < MOST_TIMES) undrawn.times.push(point.start);
  };
  return {
    add(point: PanePoint): void {
      const before = last.at(-1);
      const idle = point.idle ?? 1;
      count += idle;
      if (before !== undefined && alike(before.point, point)) {
        before.point = { ...point, start: before.point.start, idle: (before.point.idle ?? 1) + idle };
        before.to = count;
        return;
      }
      const entry = { point, from: count - idle, to: count };
      last.push(entry);
      if (last.length > 2 * room + AROUND) last = last.slice(-room - AROUND);
      if (hasFired(point)) firedAt(entry);
      else if (owed > 0) {
        owed--;
        spots.at(-1)?.around.push(entry);
      }
    },
    end(): Collected {
      const told = lastOf(spots, room);
      for (const { fired: gone } of spots.slice(0, spots.length - told.length)) leaveOut(gone);
      const entries = new Set([...told.flatMap(({ around }) => around), ...lastOf(last, room)]);
      let to = 0;
      const points: DrawnPoint[] = [];
      for (const entry of [...entries].sort((a, b) => a.from - b.from)) {
        const { point, from } = entry;
        const { idle = 1 } = point;
        points.push({
          ...point,
          ...(from > to ? { skipped: from - to } : {}),
          ...(idle > 1 ? { until: point.start + BigInt(idle) * width } : {}),
        });
        to = entry.to;
      }
      return { points, count, fired, undrawn };
    },
  };
}

const hasFired = ({ judged }: PanePoint): boolean => judged.known && judged.fired;
const lastOf = <T>(list: readonly T[], count: number): T[] => list.slice(Math.max(0, list.length - count));

/** Two points of panes without a match of which the second says nothing that the first does not. */
function alike(a: PanePoint, b: PanePoint): boolean {
  if (a.idle === undefined || b.idle === undefined || a.value !== b.value || a.label !== b.label) return false;
  const [one, two] = [a.judged, b.judged];
  if (!one.known || !two.known) return one.known === two.known;
  const same = (['expected', 'low', 'high'] as const).every((key) => rounded(one[key]) === rounded(two[key]));
  return same && !one.fired && !two.fired;
}

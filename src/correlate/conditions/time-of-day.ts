import type { Nanos } from '../../event/time.ts';
import type { MatchAnomaly } from '../../rule/ir/anomaly.ts';
import { ANOMALY_BOUNDS } from '../../rule/ir/anomaly-bounds.ts';
import { confidenceOf } from '../detectors/judged.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Kind } from '../kind.ts';
import { pack, unpack } from '../packed.ts';
import { hourIn } from '../pane-number.ts';
import type { Look } from './panes.ts';
import { decisionsOf, rounded } from './told.ts';

/** `days`: on how many the group was active in each hour, packed; several matches in one hour of one day count once. */
type Own = Applied & { first: Nanos | undefined; newest: Nanos; hour: number; days: string; told: boolean };

const HOURS = 24;
/** At so many days in all the counts are halved (rounded down), so that a new shift is learned. */
const MOST = ANOMALY_BOUNDS.activeHours;
const NO_DAYS = pack(new Array<number>(HOURS).fill(0));

/**
 * Activity at an hour in which the group is hardly ever active: at most `maxShare` of its active hours fall into this hour
 * and the ones beside it, and it is `learn` old with at least `minEvents` active hours.
 */
export function timeOfDay(condition: Extract<MatchAnomaly, { readonly kind: 'time_of_day' }>, look?: Look): Kind {
  const { zone, learn, minEvents, maxShare, forget } = condition;
  const hourOf = hourIn(zone);
  return inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, first: undefined, newest: 0n, hour: -1, days: NO_DAYS, told: false }),
    apply(own, hit) {
      const { time } = hit;
      own.first ??= time;
      own.newest = time;
      const hour = hourOf(time);
      if (hour === own.hour) return undefined;
      own.hour = hour;
      const slot = ((hour % HOURS) + HOURS) % HOURS;
      const days = unpack(own.days);
      const at = (offset: number): number => days[(slot + offset + HOURS) % HOURS] as number;
      const near = at(-1) + at(0) + at(1);
      const all = days.reduce((sum, count) => sum + count, 0);
      days[slot] = at(0) + 1;
      if (all >= MOST) days.forEach((count, i) => void (days[i] = count >> 1));
      own.days = pack(days);
      const known = all >= minEvents && time >= own.first + learn;
      const share = all === 0 ? 0 : near / all;
      const confidence = confidenceOf(maxShare * all + 1, near + 1);
      const fired = near <= maxShare * all;
      // An hour and the ones beside it are an eighth of the day.
      const judged = { fired, baseline: 'share of the active hours', expected: 1 / 8, low: maxShare, high: 1, confidence };
      look?.({ start: time, value: share, judged: known ? { known, ...judged } : { known, learned: all, needed: minEvents } });
      if (!known) {
        if (own.told) return undefined;
        own.told = true;
        return { time, start: time, end: time + learn, undecided: true, learning: true, explain: () => ({ decision: [], hits: [hit] }) };
      }
      if (!fired) return undefined;
      const decision = decisionsOf({
        what: `hour of the day (${zone})`,
        baseline: `${rounded(all)} active hours, of these ${rounded(near)} within an hour of ${slot}:00`,
        expected: usual(days),
        observed: `${slot}:00`,
        confidence,
      });
      return { time, start: own.first, end: time, explain: () => ({ decision, hits: [hit] }) };
    },
    due: ({ first, newest }) => (first === undefined ? undefined : newest + forget),
    postpones: true,
    elapsed(own) {
      own.first = undefined;
      own.hour = -1;
      own.told = false;
      own.days = NO_DAYS;
      return undefined;
    },
    blank: ({ first }) => first === undefined,
  });
}

/** The hours with most activity that make up nine tenths of it. */
function usual(days: readonly number[]): string {
  const order = days.map((count, hour) => ({ count, hour })).sort((a, b) => b.count - a.count || a.hour - b.hour);
  const enough = 0.9 * days.reduce((sum, count) => sum + count, 0);
  const hours: number[] = [];
  let sum = 0;
  for (const { count, hour } of order) {
    if (sum >= enough) break;
    sum += count;
    hours.push(hour);
  }
  const all = days.reduce((total, count) => total + count, 0);
  const others = days.filter((count) => count > 0).length - hours.length;
  const rest = others === 0 ? '' : ` (${rounded((100 * sum) / all)} % of the active hours; ${others} more of the day have the rest)`;
  return `hours ${hours.sort((a, b) => a - b).join(', ')}${rest}`;
}

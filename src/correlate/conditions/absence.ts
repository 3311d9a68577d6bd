import { isoTime, type Nanos } from '../../event/time.ts';
import { durationText } from '../../shared/duration.ts';
import { confidenceOf } from '../detectors/judged.ts';
import type { Decision, Hit } from '../firing.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Frame, Kind } from '../kind.ts';
import type { Look } from './panes.ts';

/** Matches since the group was last forgotten, oldest first; no more than `minSeen` are kept, and all are counted. */
type Own = Applied & { seen: Hit[]; fired: boolean; count?: number };

const SECOND = 1_000_000_000n;

/**
 * A group that had `minSeen` matches within `remember` and then none for the timespan. The trigger is the last match plus
 * the timespan; the next match arms it again. A silent source makes it undecided: silence is not absence. `look` is shown
 * the time in seconds from each match to the next one, to when the group is forgotten or to the end of the inputs.
 */
export function absence(
  { minSeen, remember }: { readonly minSeen: number; readonly remember: Nanos },
  { timespan }: Frame,
  look?: Look,
): Kind {
  const draw = ({ seen, fired }: Own, until: Nanos, more = ''): void => {
    const last = seen.at(-1)?.time;
    if (look === undefined || last === undefined) return;
    const gap = until - last;
    const [value, most] = [Number(gap) / 1e9, Number(timespan) / 1e9];
    const compared = { fired, baseline: 'time between matches', expected: most, low: 0, high: most, confidence: confidenceOf(value, most) };
    const learning = { known: false as const, learned: seen.length, needed: minSeen };
    const label = `${durationText(gap - (gap % SECOND))}${more}`;
    look({ start: last, value, label, judged: seen.length < minSeen ? learning : { known: true, ...compared } });
  };
  return inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, seen: [], fired: false, count: 0 }),
    apply(own, hit) {
      draw(own, hit.time);
      own.fired = false;
      own.count = (own.count ?? own.seen.length) + 1;
      own.seen = [...own.seen.filter(({ time }) => time >= hit.time - remember), hit].slice(-minSeen);
      return undefined;
    },
    due({ seen, fired }) {
      const last = seen.at(-1);
      if (last === undefined) return undefined;
      return last.time + (fired || seen.length < minSeen ? remember : timespan);
    },
    elapsed(own, at, { silent, ended, cut }) {
      const { seen } = own;
      const last = (seen.at(-1) as Hit).time;
      const armed = !own.fired && seen.length >= minSeen;
      // The inputs ended before the time was over: else every group that was there to the end would be told of.
      const early = ended !== undefined && at > ended;
      if (armed && early) cut?.();
      if (!armed || early) {
        if (early) draw(own, ended > last ? ended : last, ' to the end of the inputs');
        else draw(own, at, ', then forgotten');
        own.seen = [];
        own.count = 0;
        own.fired = false;
        return undefined;
      }
      own.fired = true;
      const { count = seen.length } = own;
      const explain = () => ({ decision: decisionOf(count, last, timespan), hits: seen, count });
      return { time: at, start: last, end: at, undecided: silent(last, at), explain };
    },
    open: ({ seen, fired }) => !fired && seen.length >= minSeen,
    blank: ({ seen }) => seen.length === 0,
  });
}

/** No confidence: what is told is that nothing came, for just so long. */
const decisionOf = (count: number, last: Nanos, timespan: Nanos): readonly Decision[] => [
  { condition: 'absence', expected: `a match within ${durationText(timespan)}`, observed: 0 },
  { condition: 'baseline', expected: `${count} ${count === 1 ? 'match' : 'matches'} before, the last at ${isoTime(last)}`, observed: 0 },
];

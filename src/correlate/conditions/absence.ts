import type { Nanos } from '../../event/time.ts';
import type { Hit } from '../firing.ts';
import { MIN_TIME } from '../hits.ts';
import { type Applied, inOrderKind } from '../in-order.ts';
import type { Frame, Kind } from '../kind.ts';

/** Matches since the group was last forgotten, oldest first; no more than `minSeen` are kept. */
type Own = Applied & { seen: Hit[]; fired: boolean };

/**
 * A group that had `minSeen` matches within `remember` and then none for the timespan. The trigger is the last match plus
 * the timespan; the next match arms it again. A silent source makes it undecided: silence is not absence.
 */
export function absence({ minSeen, remember }: { readonly minSeen: number; readonly remember: Nanos }, { timespan }: Frame): Kind {
  return inOrderKind<Own>({
    initial: () => ({ applied: MIN_TIME, seen: [], fired: false }),
    apply(own, hit) {
      own.fired = false;
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
        own.seen = [];
        own.fired = false;
        return undefined;
      }
      own.fired = true;
      const decision = [{ condition: 'absence', expected: `a match within ${timespan / 1_000_000_000n}s`, observed: 0 }];
      const explain = () => ({ decision, hits: seen });
      return { time: at, start: last, end: at, undecided: silent(last, at), explain };
    },
    open: ({ seen, fired }) => !fired && seen.length >= minSeen,
    blank: ({ seen }) => seen.length === 0,
  });
}

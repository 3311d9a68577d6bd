import type { Nanos } from '../event/time.ts';
import type { Decision, Hit } from './firing.ts';
import { lowerBound, MIN_TIME } from './hits.ts';
import { type Kind, NOTHING, type Passage, SETTLED, type Trigger } from './kind.ts';

/**
 * How a condition over one window is asked (correlation page, section 2): `trigger` at every match, on the window that ends
 * there, at once and again when a late match comes; `trailing` the same once no earlier match can come; `anchored` once
 * per window that opens at the first match not yet covered by one.
 */
export type Mode = 'trigger' | 'trailing' | 'anchored';

/** A condition over the hits `[from, to)` of one closed window. */
export type WindowTest = {
  holds(hits: readonly Hit[], from: number, to: number): boolean;
  decision(hits: readonly Hit[], from: number, to: number): readonly Decision[];
  /** The keys of a hit, where the answer depends on which keys stand in the window and not on how often. */
  keysOf?(hit: Hit): readonly string[];
  spare?: Kind['spare'];
};

type Own = { settled: Nanos };

/** A kind out of a condition over windows of `timespan`. */
export function windowKind(mode: Mode, timespan: Nanos, test: WindowTest): Kind<Own> {
  const span = (hits: readonly Hit[], start: Nanos, end: Nanos): readonly [number, number] => [
    lowerBound(hits, start),
    lowerBound(hits, end + 1n),
  ];
  const trigger = (hits: readonly Hit[], start: Nanos, end: Nanos, undecided: boolean): Trigger => ({
    time: end,
    start,
    end,
    ...(undecided ? { undecided } : {}),
    explain() {
      const [from, to] = span(hits, start, end);
      return { decision: test.decision(hits, from, to), hits: hits.slice(from, to) };
    },
  });

  /** Windows are judged again where a match came between others: each of them ends at a later match. */
  function* reached(hits: readonly Hit[], at: number): Iterable<Trigger> {
    const { time } = hits[at] as Hit;
    const [least, most] = changed(hits, at);
    for (let i = at; i < hits.length; i++) {
      const end = (hits[i] as Hit).time;
      if (end > most) break;
      if (end > time && end < least) continue;
      // Hits of one instant share a window: it is judged at the last of them.
      if (hits[i + 1]?.time === end) continue;
      if (test.holds(hits, lowerBound(hits, end - timespan), i + 1)) yield trigger(hits, end - timespan, end, false);
    }
  }

  /**
   * The ends of windows that the hit at `at` can change. Where only keys matter, a window that holds the same keys once
   * more, before or after it, stays as it was.
   */
  const changed = (hits: readonly Hit[], at: number): readonly [Nanos, Nanos] => {
    const { time } = hits[at] as Hit;
    const { keysOf } = test;
    if (keysOf === undefined || at === hits.length - 1) return [time, time + timespan];
    const keys = keysOf(hits[at] as Hit);
    const alike = (hit: Hit | undefined): boolean => hit !== undefined && sameKeys(keysOf(hit), keys);
    let before = at - 1;
    while (before >= 0 && time - (hits[before] as Hit).time <= timespan && !alike(hits[before])) before--;
    let after = at + 1;
    while (after < hits.length && (hits[after] as Hit).time - time <= timespan && !alike(hits[after])) after++;
    const least = alike(hits[before]) ? (hits[before] as Hit).time + timespan + 1n : time;
    const most = alike(hits[after]) ? (hits[after] as Hit).time - 1n : time + timespan;
    return [least, most > time ? (most < time + timespan ? most : time + timespan) : time];
  };

  function* settle(hits: readonly Hit[], own: Own, { watermark, silent }: Passage): Iterable<Trigger> {
    for (let i = lowerBound(hits, own.settled + 1n); i < hits.length; i++) {
      const { time } = hits[i] as Hit;
      if (time <= own.settled) continue;
      const [start, end] = mode === 'trailing' ? [time - timespan, time] : [time, time + timespan];
      if (end >= watermark) break;
      own.settled = end;
      const undecided = silent(start, end);
      if (undecided || test.holds(hits, ...span(hits, start, end))) yield trigger(hits, start, end, undecided);
    }
  }

  return {
    reach: timespan,
    settled: mode !== 'trigger',
    delay: 0n,
    initial: () => ({ settled: MIN_TIME }),
    rests: SETTLED,
    inserted(hits, at) {
      if (mode !== 'trigger') return NOTHING;
      // Most matches are the newest of their group: one window, asked without anything around it (bench/windows.ts).
      if (at < hits.length - 1) return reached(hits, at);
      const end = (hits[at] as Hit).time;
      const start = end - timespan;
      const from = (hits[0] as Hit).time >= start ? 0 : lowerBound(hits, start);
      return test.holds(hits, from, at + 1) ? [trigger(hits, start, end, false)] : NOTHING;
    },
    passed: (hits, own, passage) => (mode === 'trigger' ? NOTHING : settle(hits, own, passage)),
    due(hits, own) {
      if (mode === 'trigger') return undefined;
      const next = hits[lowerBound(hits, own.settled + 1n)];
      return next === undefined ? undefined : next.time + (mode === 'trailing' ? 0n : timespan);
    },
    ...(test.spare === undefined ? {} : { spare: test.spare }),
    blank: () => true,
  };
}

const sameKeys = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((key, i) => key === b[i]);

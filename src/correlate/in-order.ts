import type { Nanos } from '../event/time.ts';
import type { Hit } from './firing.ts';
import { lowerBound } from './hits.ts';
import { type Kind, NOTHING, type Passage, type Trigger } from './kind.ts';

/**
 * A kind whose answer depends on the order of matches (anomalies, absence, first seen): it is given each match once, in
 * final order, when the watermark has passed it, and is told when an instant it asked for has passed without a match.
 */
export type InOrder<Own extends Applied> = {
  initial(): Own;
  /** The next match; changes `own`. */
  apply(own: Own, hit: Hit, passage: Passage): Trigger | undefined;
  /** An instant at which time alone decides something (a deadline, the end of a pane); undefined: none. */
  due(own: Own): Nanos | undefined;
  /** The instant `at` that `due` gave has passed; every match up to it, it included, was applied. Changes `own` so that `due` moves on. */
  elapsed(own: Own, at: Nanos, passage: Passage): Trigger | undefined;
  /** Does it wait for something to decide, and not only to forget? Left out: it does not. */
  open?(own: Own): boolean;
  /** True when a group with this state need not be kept. */
  blank(own: Own): boolean;
};

/** How far the matches of a group were applied; at first `MIN_TIME`. It stands in the state of the kind: one object less per group. */
export type Applied = { applied: Nanos };

/** Hits are kept `reach` behind the watermark for evidence (default none). */
export function inOrderKind<Own extends Applied>(order: InOrder<Own>, reach: Nanos = 0n): Kind<Own> {
  function* elapse(state: Own, until: Nanos, passage: Passage): Iterable<Trigger> {
    for (let due = order.due(state); due !== undefined && due < until; due = order.due(state)) {
      const trigger = order.elapsed(state, due, passage);
      if (trigger !== undefined) yield trigger;
    }
  }
  return {
    reach,
    settled: true,
    ownEvidence: true,
    delay: 0n,
    initial: () => order.initial(),
    inserted: () => NOTHING,
    *passed(hits, own, passage) {
      for (let i = lowerBound(hits, own.applied); i < hits.length; i++) {
        const hit = hits[i] as Hit;
        if (hit.time >= passage.watermark) break;
        const due = order.due(own);
        if (due !== undefined && due < hit.time) yield* elapse(own, hit.time, passage);
        const trigger = order.apply(own, hit, passage);
        if (trigger !== undefined) yield trigger;
      }
      yield* elapse(own, passage.watermark, passage);
      own.applied = passage.watermark;
    },
    due(hits, own) {
      const next = hits[lowerBound(hits, own.applied)]?.time;
      const due = order.due(own);
      return next === undefined || (due !== undefined && due < next) ? due : next;
    },
    open: (hits, own) => lowerBound(hits, own.applied) < hits.length || (order.open?.(own) ?? false),
    blank: (own) => order.blank(own),
  };
}

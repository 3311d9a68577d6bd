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
  /** True: no match makes an instant that `due` gave come sooner, so it is not asked for again before that. */
  readonly postpones?: boolean;
  /**
   * The instant `at` that `due` gave has passed; every match up to it, it included, was applied. Changes `own` so that `due`
   * moves on, past several instants at once where nothing is decided at them: no match comes before `until`.
   */
  elapsed(own: Own, at: Nanos, passage: Passage, until: Nanos): Trigger | undefined;
  /** Before anyone else sees `own`: what `apply` unpacked for the matches of one step is packed again. */
  pack?(own: Own): void;
  /** Does it wait for something to decide, and not only to forget? Left out: it does not. */
  open?(own: Own): boolean;
  /** True when a group with this state need not be kept. */
  blank(own: Own): boolean;
};

/** How far the matches of a group were applied; at first `MIN_TIME`. It stands in the state of the kind: one object less per group. */
export type Applied = { applied: Nanos };

/** Hits are kept `reach` behind the watermark for evidence (default none). */
export function inOrderKind<Own extends Applied>(order: InOrder<Own>, reach: Nanos = 0n): Kind<Own> {
  const { postpones = false } = order;

  const elapse = (own: Own, until: Nanos, passage: Passage): Trigger | undefined => {
    for (let due = order.due(own); due !== undefined && due < until; due = order.due(own)) {
      const trigger = order.elapsed(own, due, passage, until);
      if (trigger !== undefined) return trigger;
    }
    return undefined;
  };
  /** Most matches come long before anything is due. */
  const waits = (due: Nanos | undefined, until: Nanos): boolean => postpones && due !== undefined && due >= until;
  /** Goes on to the next trigger; none: the watermark is reached. */
  const go = (step: Step, own: Own, passage: Passage): Trigger | undefined => {
    const { hits, end } = step;
    const { watermark } = passage;
    let due = order.due(own);
    const last = end === 0 ? watermark : (hits[end - 1] as Hit).time;
    while (step.at < end) {
      const hit = hits[step.at] as Hit;
      const trigger = waits(due, last) ? undefined : elapse(own, hit.time, passage);
      if (trigger !== undefined) return trigger;
      step.at++;
      const told = order.apply(own, hit, passage);
      if (told !== undefined) return told;
      if (!waits(due, last)) due = order.due(own);
    }
    const trigger = waits(due, watermark) ? undefined : elapse(own, watermark, passage);
    if (trigger === undefined) own.applied = watermark;
    return trigger;
  };
  const next = (step: Step, own: Own, passage: Passage): Trigger | undefined => {
    const trigger = go(step, own, passage);
    order.pack?.(own);
    return trigger;
  };
  function* goOn(first: Trigger, step: Step, own: Own, passage: Passage): Iterable<Trigger> {
    for (let trigger: Trigger | undefined = first; trigger !== undefined; trigger = next(step, own, passage)) yield trigger;
  }
  return {
    reach,
    settled: true,
    ownEvidence: true,
    delay: 0n,
    initial: () => order.initial(),
    inserted: () => NOTHING,
    passed(hits, own, passage) {
      const at = startAt(hits, own.applied);
      const step: Step = { hits, at, end: endAt(hits, at, passage.watermark) };
      const trigger = next(step, own, passage);
      return trigger === undefined ? NOTHING : goOn(trigger, step, own, passage);
    },
    due(hits, own) {
      const next = hits[startAt(hits, own.applied)]?.time;
      const due = order.due(own);
      return next === undefined || (due !== undefined && due < next) ? due : next;
    },
    open: (hits, own) => startAt(hits, own.applied) < hits.length || (order.open?.(own) ?? false),
    blank: (own) => order.blank(own),
  };
}

/** The matches that one step of the watermark passes, from the next one on. */
type Step = { readonly hits: readonly Hit[]; at: number; readonly end: number };

/** The first hit that was not applied: mostly the first of all, as those that were are gone. */
const startAt = (hits: readonly Hit[], applied: Nanos): number =>
  hits.length > 0 && (hits[0] as Hit).time < applied ? lowerBound(hits, applied) : 0;

/** The first hit from `from` on that the watermark did not pass, looked for in strides that double: those up to it are read next. */
function endAt(hits: readonly Hit[], from: number, watermark: Nanos): number {
  const { length } = hits;
  let low = from;
  let high = from;
  for (let stride = 1; high < length && (hits[high] as Hit).time < watermark; stride *= 2) {
    low = high + 1;
    high += stride;
  }
  if (high > length) high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hits[middle] as Hit).time < watermark) low = middle + 1;
    else high = middle;
  }
  return low;
}

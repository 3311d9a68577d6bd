import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import { startsOf } from './chain.ts';
import { close, countOnly, type Episode, extend, forget } from './episodes.ts';
import type { Firing, Group, Hit } from './firing.ts';
import { insertHit, lowerBound } from './hits.ts';
import type { Passage, Trigger } from './kind.ts';
import type { Plan } from './plans.ts';

/** State of one rule and group. `hits` are in order of time and origin; older ones than the rule can use are dropped. */
export type GroupState = {
  readonly group: Group;
  hits: Hit[];
  episodes: Episode[];
  /** Number of hits at which they are thinned next. */
  thinAt: number;
  /** What the rule's kind remembers beside the hits. */
  readonly own: unknown;
  /** What keeping the group costs, about. */
  bytes: number;
  /** Used since the last look of the eviction. */
  used: boolean;
  /** When it is looked at next; undefined: not asked for. */
  wake: Nanos | undefined;
};

/** From so many hits on, those that no answer needs are looked for. */
const THIN_FROM = 512;

/** What a group costs beside its hits, about. */
const GROUP_BYTES = 400;
export const awakeBytes = (group: Group, hits: readonly Hit[]): number =>
  hits.reduce((sum, { bytes }) => sum + bytes, GROUP_BYTES + 2 * group.key.length);

export const newGroup = (group: Group, plan: Plan): GroupState => ({
  group,
  hits: [],
  episodes: [],
  thinAt: 0,
  own: plan.kind.initial(),
  bytes: awakeBytes(group, []),
  used: false,
  wake: undefined,
});

/** A rule whose answer is not known for a window: a source was silent in it, or a baseline is still being learned. */
export type Undecided = {
  readonly kind: 'undecided';
  readonly reason: 'silent' | 'learning';
  readonly rule: RuleId;
  readonly group: Group;
  readonly time: Nanos;
  readonly window: Firing['window'];
};

/** A rule reached its budget: groups were evicted, and what they would have shown is not known. Said once per window. */
export type Pressure = { readonly kind: 'pressure'; readonly rule: RuleId; readonly time: Nanos; readonly evicted: number };

/** State of groups of a rule is bounded, and values beyond were let go or not taken. Said once per window, with how many since. */
export type Bounded = {
  readonly kind: 'bounded';
  readonly rule: RuleId;
  readonly time: Nanos;
  readonly dropped: number;
  readonly window: Firing['window'];
};

/** What is said beside firings; of it the caller makes evidence and metrics. */
export type Note = Undecided | Pressure | Bounded;
export type Say = (note: Note) => void;

/** Inserts a hit at its place and decides every window it can change. */
export function addHit(state: GroupState, plan: Plan, hit: Hit, say: Say): readonly Firing[] {
  const at = insertHit(state.hits, hit);
  state.bytes += hit.bytes;
  return heed(state, plan, plan.kind.inserted(state.hits, at, state.own), say);
}

/** Decides what no earlier match can change any more, hands starts of episodes to the rules above, and ends episodes. */
export function settle(state: GroupState, plan: Plan, passage: Passage, say: Say, release: (start: Hit) => void): readonly Firing[] {
  const fired = heed(state, plan, plan.kind.passed(state.hits, state.own, passage), say);
  for (const start of startsOf(state, plan, passage.watermark)) release(start);
  const closed = close(state, plan, passage.watermark);
  return closed.length === 0 ? fired : [...fired, ...closed];
}

function heed(state: GroupState, plan: Plan, triggers: Iterable<Trigger>, say: Say): readonly Firing[] {
  let out: Firing[] | undefined;
  for (const trigger of triggers) {
    if (trigger.undecided) {
      const { time, start, end } = trigger;
      say({
        kind: 'undecided',
        reason: trigger.learning ? 'learning' : 'silent',
        rule: plan.rule,
        group: state.group,
        time,
        window: { start, end },
      });
      continue;
    }
    const firings = extend(state, plan, trigger);
    if (firings.length > 0) out = out === undefined ? [...firings] : [...out, ...firings];
  }
  return out ?? NONE;
}

const NONE: readonly Firing[] = [];

/** Drops what can no longer matter; true when nothing is left. */
export function prune(state: GroupState, plan: Plan, watermark: Nanos): boolean {
  const keep = lowerBound(state.hits, watermark - plan.kind.reach - 1n);
  if (keep > 0) for (const hit of state.hits.splice(0, keep)) drop(state, plan, hit);
  return state.hits.length === 0 && state.episodes.length === 0 && plan.kind.blank(state.own);
}

function drop(state: GroupState, plan: Plan, hit: Hit): void {
  state.bytes -= hit.bytes;
  forget(state, plan, hit);
}

/** Has it a window that the watermark did not pass, or an answer that is waited for? */
export function isOpen({ hits, own }: GroupState, { kind, timespan }: Plan, watermark: Nanos): boolean {
  if (kind.open !== undefined) return kind.open(hits, own);
  const last = hits.at(-1);
  return (last !== undefined && last.time + timespan >= watermark) || (kind.settled && kind.due(hits, own) !== undefined);
}

/** The first instant after which time alone changes the group: a decision, an end of an episode, a hit that may go. */
export function dueOf({ hits, episodes, own }: GroupState, { kind, rearm, chained }: Plan): Nanos | undefined {
  let due = kind.due(hits, own);
  const sooner = (time: Nanos): void => {
    if (due === undefined || time < due) due = time;
  };
  for (const { first, last, released } of episodes) sooner((chained && !released ? first : last + rearm) + kind.delay);
  const [oldest] = hits;
  if (oldest !== undefined) sooner(oldest.time + kind.reach + 1n);
  return due;
}

/**
 * Keeps a group bounded whatever its sender does. Hits that no answer needs go first; if too many are left, the oldest
 * go, which can only make windows and evidence shorter. Returns how many of those there were.
 */
export function cap(state: GroupState, plan: Plan, most: number): number {
  if (state.hits.length <= Math.max(THIN_FROM, state.thinAt)) return 0;
  const spare = plan.kind.spare?.(state.hits);
  if (spare !== undefined) {
    const kept: Hit[] = [];
    state.hits.forEach((hit, i) => {
      if (spare(hit, i)) {
        state.bytes -= hit.bytes;
        countOnly(state, plan, hit);
      } else kept.push(hit);
    });
    state.hits = kept;
  }
  const excess = Math.max(0, state.hits.length - most);
  for (const hit of state.hits.splice(0, excess)) drop(state, plan, hit);
  state.thinAt = Math.min(2 * state.hits.length, most + THIN_FROM);
  return excess;
}

import type { Nanos } from '../event/time.ts';
import type { Group } from './firing.ts';
import { awakeBytes, dueOf, type GroupState } from './group.ts';
import { MIN_TIME } from './hits.ts';
import { type HitPacker, timeOf } from './packed-hit.ts';
import { groupOf, type Plan } from './plans.ts';

/**
 * What a group is between its matches where it is small: one or two of them and no episode, as all groups of fresh keys
 * are. The text of its only match where there is nothing else to say.
 */
export type Resting = string | Rest;
export type Rest = {
  readonly first: string;
  readonly second: string | undefined;
  /** The instant that the kind's own state is. */
  readonly instant: Nanos;
  used: boolean;
};

/** A group as its rule keeps it. */
export type Entry = GroupState | Resting;

export const isAwake = (entry: Entry): entry is GroupState => typeof entry === 'object' && 'hits' in entry;

/** Undefined: it has to stay awake. */
export function restOf(state: GroupState, { kind: { rests } }: Plan, packer: HitPacker): Resting | undefined {
  const { hits, episodes, own, thinAt, used } = state;
  const [one, two] = hits;
  if (rests === undefined || one === undefined || hits.length > 2 || episodes.length > 0 || thinAt > 0) return undefined;
  const first = packer.pack(one);
  const second = two && packer.pack(two);
  if (first === undefined || (two !== undefined && second === undefined)) return undefined;
  const instant = rests.of(own);
  return second === undefined && instant === MIN_TIME && !used ? first : { first, second, instant, used };
}

export function wakened(key: string, resting: Resting, plan: Plan, packer: HitPacker, group: Group = groupOf(key, plan)): GroupState {
  const { first, second, instant, used } = typeof resting === 'string' ? ALONE(resting) : resting;
  const hits = second === undefined ? [packer.unpack(first)] : [packer.unpack(first), packer.unpack(second)];
  const state: GroupState = {
    group,
    hits,
    episodes: [],
    thinAt: 0,
    own: plan.kind.rests?.from(instant),
    bytes: 0,
    used,
    wake: undefined,
  };
  state.bytes = awakeBytes(state.group, hits);
  state.wake = dueOf(state, plan);
  return state;
}

const ALONE = (first: string): Rest => ({ first, second: undefined, instant: MIN_TIME, used: false });

/** When a group at rest is looked at next. */
export function dueAtRest(key: string, resting: Resting, plan: Plan, packer: HitPacker): Nanos | undefined {
  const { settled, reach } = plan.kind;
  if (settled) return wakened(key, resting, plan, packer).wake;
  return timeOf(typeof resting === 'string' ? resting : resting.first) + reach + 1n;
}

/** Nothing of it matters any more, nor did it have anything to decide. */
export const isOver = (resting: Resting, { kind: { settled, reach } }: Plan, watermark: Nanos): boolean =>
  !settled && timeOf(typeof resting === 'string' ? resting : (resting.second ?? resting.first)) < watermark - reach - 1n;

export const hitsOf = (entry: Entry): number =>
  isAwake(entry) ? entry.hits.length : typeof entry === 'string' || entry.second === undefined ? 1 : 2;

/** A place in a map and in the calendar, a key and its text with what each text costs beside its characters. */
const REST_BYTES = 112;
const TEXT_BYTES = 20;
const PAIR_BYTES = 60;

/** What a group at rest costs, about; a text that rules share is counted by each of them. */
export const restBytes = (key: string, resting: Resting): number =>
  typeof resting === 'string'
    ? REST_BYTES + key.length + resting.length
    : REST_BYTES + PAIR_BYTES + key.length + resting.first.length + (resting.second === undefined ? 0 : TEXT_BYTES + resting.second.length);

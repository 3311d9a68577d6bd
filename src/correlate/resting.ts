import type { Nanos } from '../event/time.ts';
import type { Group } from './firing.ts';
import { awakeBytes, dueOf, type GroupState } from './group.ts';
import { MIN_TIME } from './hits.ts';
import { KeptHit } from './kept-hit.ts';
import { type HitPacker, timeOf } from './packed-hit.ts';
import { groupOf, type Plan } from './plans.ts';

/**
 * What a group is between its matches where it is small: few of them and no episode, as all groups of fresh keys are. The
 * text of its only match where there is nothing else to say.
 */
export type Resting = string | Rest;
export type Rest = {
  readonly first: string;
  readonly second: string | undefined;
  readonly more: readonly string[] | undefined;
  /** The instant that the kind's own state is. */
  readonly instant: Nanos;
  used: boolean;
};

/** A group with more matches stays awake: all of them are looked at whenever it wakes. */
export const MOST_AT_REST = 8;

/** A group as its rule keeps it. */
export type Entry = GroupState | Resting;

export const isAwake = (entry: Entry): entry is GroupState => typeof entry === 'object' && 'hits' in entry;

/** Undefined: it has to stay awake. */
export function restOf({ hits, episodes, own, thinAt, used }: GroupState, { kind: { rests } }: Plan): Resting | undefined {
  if (rests === undefined || hits.length > MOST_AT_REST || episodes.length > 0 || thinAt > 0) return undefined;
  if (!hits.every((hit) => hit instanceof KeptHit)) return undefined;
  const [one, two] = hits;
  if (one === undefined) return undefined;
  const instant = rests.of(own);
  if (two === undefined && instant === MIN_TIME && !used) return one.packed;
  const more = hits.length > 2 ? hits.slice(2).map(({ packed }) => packed) : undefined;
  return { first: one.packed, second: two?.packed, more, instant, used };
}

export function wakened(key: string, resting: Resting, plan: Plan, packer: HitPacker, group: Group = groupOf(key, plan)): GroupState {
  const texts = textsOf(resting);
  const [instant, used] = typeof resting === 'string' ? [MIN_TIME, false] : [resting.instant, resting.used];
  const state: GroupState = {
    group,
    hits: texts.map((packed) => packer.kept(packed)),
    episodes: [],
    thinAt: 0,
    own: plan.kind.rests?.from(instant),
    bytes: 0,
    used,
    wake: undefined,
  };
  state.bytes = awakeBytes(group, state.hits);
  state.wake = dueOf(state, plan);
  return state;
}

function textsOf(resting: Resting): string[] {
  if (typeof resting === 'string') return [resting];
  const { first, second, more } = resting;
  return second === undefined ? [first] : more === undefined ? [first, second] : [first, second, ...more];
}

/** When a group at rest is looked at next. */
export function dueAtRest(key: string, resting: Resting, plan: Plan, packer: HitPacker): Nanos | undefined {
  const { settled, reach } = plan.kind;
  if (settled) return wakened(key, resting, plan, packer).wake;
  return timeOf(typeof resting === 'string' ? resting : resting.first) + reach + 1n;
}

/** Nothing of it matters any more, nor did it have anything to decide. */
export const isOver = (resting: Resting, { kind: { settled, reach } }: Plan, watermark: Nanos): boolean =>
  !settled && timeOf(textsOf(resting).at(-1) as string) < watermark - reach - 1n;

export const hitsOf = (entry: Entry): number => (isAwake(entry) ? entry.hits.length : textsOf(entry).length);

/** A place in a map and in the calendar, a key and its text with what each text costs beside its characters. */
const REST_BYTES = 112;
const TEXT_BYTES = 20;
const PAIR_BYTES = 48;
const MORE_BYTES = 64;

/** What a group at rest costs, about; a text that rules share is counted by each of them. */
export function restBytes(key: string, resting: Resting): number {
  if (typeof resting === 'string') return REST_BYTES + key.length + resting.length;
  const texts = textsOf(resting);
  return texts.reduce(
    (sum, { length }) => sum + TEXT_BYTES + length,
    REST_BYTES + PAIR_BYTES + (texts.length > 2 ? MORE_BYTES : 0) + key.length,
  );
}

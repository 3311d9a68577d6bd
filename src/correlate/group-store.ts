import { episodeBytes } from './episodes.ts';
import type { Group, Hit } from './firing.ts';
import type { GroupState } from './group.ts';
import { createLongMap } from './long-map.ts';
import type { HitPacker } from './packed-hit.ts';
import type { Plan } from './plans.ts';
import { type Entry, isAwake, type Resting, restBytes, restOf, wakened } from './resting.ts';

/** How much of a rule's groups may be kept; what goes beyond evicts, and every eviction is counted. */
export type Budget = { readonly maxGroups: number; readonly maxBytes: number };

/**
 * The groups of one rule within its budget. New groups are on probation and leave it with progress (a second match at
 * another time); those on probation are evicted first, the oldest of them, so that a flood of fresh keys evicts fresh
 * keys and never a group that is under way. Only when none is left there, an advanced group goes that was not used since
 * it was last passed over. The order of both parts is state.
 *
 * A group that is small rests as text; it is taken out to be changed and then put back or dropped, its place is kept.
 */
export type GroupStore = {
  /** The group as it is kept, to be looked at. */
  peek(key: string): Entry | undefined;
  /** The group to be changed; `put` or `drop` has to follow. `group`: what its key says, where that is known. */
  take(key: string, group?: Group): GroupState | undefined;
  /** A group that was taken, or a new one. `progress`: it leaves probation, or was used again. */
  put(state: GroupState, progress?: boolean): void;
  /** A group that was taken is not kept. */
  drop(state: GroupState): void;
  /** Lets go of a group that was not taken. */
  delete(key: string): void;
  /** Evicts until the budget holds, never `keep`; gives what was evicted. */
  shrink(keep: string): readonly Entry[];
  readonly size: number;
  readonly bytes: number;
  entries(): IterableIterator<readonly [key: string, entry: Entry]>;
  snapshot(): StoredGroups;
};

export type StoredGroup = readonly [key: string, entry: Entry];
export type StoredGroups = { readonly probation: readonly StoredGroup[]; readonly advanced: readonly StoredGroup[] };

/** Groups beyond this share of the budget that are advanced lose that standing, the least used first. */
const ADVANCED_SHARE = 0.8;

export function createGroupStore(budget: Budget, plan: Plan, packer: HitPacker, stored?: StoredGroups): GroupStore {
  const probation = createLongMap<Entry>();
  const advanced = createLongMap<Entry>();
  let bytes = 0;
  const bytesOf = (key: string, entry: Entry): number =>
    isAwake(entry) ? entry.bytes + episodeBytes(entry.episodes) : restBytes(key, entry);
  const restore = (part: typeof probation, list: readonly StoredGroup[] = []): void => {
    for (const [key, stored] of list) {
      const entry = isAwake(stored) ? keptAgain(stored, packer) : shared(stored, packer);
      part.set(key, entry);
      bytes += bytesOf(key, entry);
    }
  };
  restore(probation, stored?.probation);
  restore(advanced, stored?.advanced);

  /** Where the key that was asked for last stands: it is asked for again at once, and a look into a large map is dear. */
  let last: { readonly key: string; readonly part: typeof probation; entry: Entry } | undefined;
  const find = (key: string): typeof last => {
    if (last?.key === key) return last;
    let [part, entry] = [advanced, advanced.get(key)];
    if (entry === undefined) [part, entry] = [probation, probation.get(key)];
    last = entry === undefined ? undefined : { key, part, entry };
    return last;
  };
  const place = (part: typeof probation, key: string, entry: Entry): void => {
    part.set(key, entry);
    last = { key, part, entry };
  };
  const forget = (key: string): void => {
    find(key)?.part.delete(key);
    passed.delete(key);
    last = undefined;
  };

  /** The next advanced group that was not used since the last look; each look takes the mark off. */
  const leastUsed = (keep?: string): readonly [string, Entry] | undefined => {
    for (const [key, entry] of advanced.entries()) {
      if (key === keep) continue;
      if (typeof entry === 'string' || !entry.used) return [key, entry];
      entry.used = false;
      advanced.delete(key);
      advanced.set(key, entry);
    }
    return undefined;
  };
  const demote = (): void => {
    const found = leastUsed();
    if (found === undefined) return;
    advanced.delete(found[0]);
    probation.set(...found);
    last = undefined;
  };
  /**
   * The oldest on probation. One walk goes on where the last one ended: a Map keeps the places of what was taken out for a
   * while, and a new walk would pass all of them again. What it came by and was kept is `passed`.
   */
  let walk = probation.entries();
  const passed = new Set<string>();
  const oldest = (keep: string): readonly [string, Entry] | undefined => {
    for (const key of passed) {
      if (key === keep) continue;
      const entry = probation.get(key);
      passed.delete(key);
      if (entry !== undefined) return [key, entry];
    }
    for (;;) {
      const { value, done } = walk.next();
      if (done === true) {
        walk = probation.entries();
        return undefined;
      }
      if (value[0] !== keep) return value;
      passed.add(keep);
    }
  };
  const victim = (keep: string): readonly [string, Entry] | undefined => oldest(keep) ?? leastUsed(keep);
  const remove: GroupStore['delete'] = (key) => {
    const entry = find(key)?.entry;
    if (entry === undefined) return;
    bytes -= bytesOf(key, entry);
    forget(key);
  };
  /** It is put among the advanced while it is awake: the mark that it was used is on it. */
  const advance = (state: GroupState): void => {
    const { key } = state.group;
    state.used = true;
    const found = find(key);
    if (found?.part !== probation) return;
    probation.delete(key);
    passed.delete(key);
    place(advanced, key, state);
    if (advanced.size > budget.maxGroups * ADVANCED_SHARE) demote();
  };
  return {
    peek: (key) => find(key)?.entry,
    take(key, group) {
      const entry = find(key)?.entry;
      if (entry === undefined) return undefined;
      bytes -= bytesOf(key, entry);
      return isAwake(entry) ? entry : wakened(key, entry, plan, packer, group);
    },
    put(state, progress = false) {
      const { key } = state.group;
      if (progress) advance(state);
      const entry = restOf(state, plan) ?? state;
      bytes += bytesOf(key, entry);
      const found = find(key);
      if (found?.entry !== entry) place(found?.part ?? probation, key, entry);
    },
    drop: ({ group: { key } }) => forget(key),
    delete: remove,
    shrink(keep) {
      const gone: Entry[] = [];
      while (probation.size + advanced.size > budget.maxGroups || bytes > budget.maxBytes) {
        const found = victim(keep);
        if (found === undefined) break;
        remove(found[0]);
        gone.push(found[1]);
      }
      return gone;
    },
    get size() {
      return probation.size + advanced.size;
    },
    get bytes() {
      return bytes;
    },
    *entries() {
      yield* probation.entries();
      yield* advanced.entries();
    },
    snapshot: () => ({ probation: [...probation.entries()], advanced: [...advanced.entries()] }),
  };
}

/** Kept hits are texts in a checkpoint. */
function keptAgain(state: GroupState, packer: HitPacker): GroupState {
  for (const list of [state.hits, ...state.episodes.flatMap(({ head, tail }) => [head, tail])])
    list.forEach((hit: Hit | string, i) => {
      if (typeof hit === 'string') list[i] = packer.kept(packer.share(hit));
    });
  return state;
}

function shared(resting: Resting, { share }: HitPacker): Resting {
  if (typeof resting === 'string') return share(resting);
  const { first, second, more, instant, used } = resting;
  return { first: share(first), second: second && share(second), more: more?.map(share), instant, used };
}

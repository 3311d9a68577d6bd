import type { GroupState } from './group.ts';

/** How much of a rule's groups may be kept; what goes beyond evicts, and every eviction is counted. */
export type Budget = { readonly maxGroups: number; readonly maxBytes: number };

/**
 * The groups of one rule within its budget. New groups are on probation and leave it with progress (a second match at
 * another time); those on probation are evicted first, the oldest of them, so that a flood of fresh keys evicts fresh
 * keys and never a group that is under way. Only when none is left there, an advanced group goes that was not used since
 * it was last passed over. The order of both parts is state.
 */
export type GroupStore = {
  get(key: string): GroupState | undefined;
  add(state: GroupState): void;
  /** The group made progress, or was used again. */
  advance(state: GroupState): void;
  /** The bytes of a group changed by so much. */
  grew(bytes: number): void;
  /** Evicts until the budget holds, never `keep`; gives what was evicted. */
  shrink(keep: GroupState): readonly GroupState[];
  delete(state: GroupState): void;
  readonly size: number;
  readonly bytes: number;
  values(): IterableIterator<GroupState>;
  snapshot(): StoredGroups;
};

export type StoredGroups = { readonly probation: readonly GroupState[]; readonly advanced: readonly GroupState[] };

/** Groups beyond this share of the budget that are advanced lose that standing, the least used first. */
const ADVANCED_SHARE = 0.8;

export function createGroupStore(budget: Budget, stored: StoredGroups = { probation: [], advanced: [] }): GroupStore {
  const probation = new Map(stored.probation.map((state) => [state.group.key, state]));
  const advanced = new Map(stored.advanced.map((state) => [state.group.key, state]));
  let bytes = 0;
  for (const part of [probation, advanced]) for (const state of part.values()) bytes += state.bytes;

  /** The next advanced group that was not used since the last look; each look takes the mark off. */
  const leastUsed = (keep?: GroupState): GroupState | undefined => {
    for (const [key, state] of advanced) {
      if (state === keep) continue;
      if (!state.used) return state;
      state.used = false;
      advanced.delete(key);
      advanced.set(key, state);
    }
    return undefined;
  };
  const demote = (): void => {
    const state = leastUsed();
    if (state === undefined) return;
    advanced.delete(state.group.key);
    probation.set(state.group.key, state);
  };
  const victim = (keep: GroupState): GroupState | undefined => {
    for (const state of probation.values()) if (state !== keep) return state;
    return leastUsed(keep);
  };
  const remove = (state: GroupState): void => {
    if (probation.delete(state.group.key) || advanced.delete(state.group.key)) bytes -= state.bytes;
  };
  return {
    get: (key) => advanced.get(key) ?? probation.get(key),
    add(state) {
      probation.set(state.group.key, state);
      bytes += state.bytes;
    },
    advance(state) {
      state.used = true;
      if (!probation.delete(state.group.key)) return;
      advanced.set(state.group.key, state);
      if (advanced.size > budget.maxGroups * ADVANCED_SHARE) demote();
    },
    grew: (by) => void (bytes += by),
    shrink(keep) {
      const gone: GroupState[] = [];
      while (probation.size + advanced.size > budget.maxGroups || bytes > budget.maxBytes) {
        const state = victim(keep);
        if (state === undefined) break;
        remove(state);
        gone.push(state);
      }
      return gone;
    },
    delete: remove,
    get size() {
      return probation.size + advanced.size;
    },
    get bytes() {
      return bytes;
    },
    *values() {
      yield* probation.values();
      yield* advanced.values();
    },
    snapshot: () => ({ probation: [...probation.values()], advanced: [...advanced.values()] }),
  };
}

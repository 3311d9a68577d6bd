/**
 * Which deliveries may be in one call, so that no step of an alert overtakes an earlier one: a call takes the oldest of
 * what is left whose lane is neither under way elsewhere nor stopped.
 */
export type Lanes<T extends { readonly lane: string }> = {
  /** At most `most` items for one call; empty: nothing may be called now. Their lanes are busy until `done`. */
  take(most: number): readonly T[];
  /** The call ended. Lanes named in `stopped` get no further call. */
  done(items: readonly T[], stopped: ReadonlySet<string>): void;
};

export function createLanes<T extends { readonly lane: string }>(waiting: readonly T[]): Lanes<T> {
  let left = [...waiting];
  const busy = new Set<string>();
  return {
    take(most) {
      const taken: T[] = [];
      const rest: T[] = [];
      for (const item of left) {
        if (taken.length < most && !busy.has(item.lane)) taken.push(item);
        else rest.push(item);
      }
      left = rest;
      for (const { lane } of taken) busy.add(lane);
      return taken;
    },
    done(items, stopped) {
      for (const { lane } of items) busy.delete(lane);
      if (stopped.size > 0) left = left.filter(({ lane }) => !stopped.has(lane));
    },
  };
}

/** What a Map is asked for here. */
export type LongMap<T> = {
  get(key: string): T | undefined;
  /** A key that is there keeps its place; another one comes last. */
  set(key: string, value: T): void;
  delete(key: string): boolean;
  /** In the order of insertion; what comes last meanwhile is met as well. */
  entries(): IterableIterator<[string, T]>;
  readonly size: number;
};

/** A Map ends at 2^24 entries, and those taken out count until it is made anew. */
const PART = 2 ** 23;

/** A Map in the order of insertion without its end: several of them, the oldest entries in the first. */
export function createLongMap<T>(part = PART): LongMap<T> {
  let made = 0;
  let last = { number: 0, map: new Map<string, T>() };
  let parts = [last];
  return {
    get(key) {
      for (const { map } of parts) {
        const value = map.get(key);
        if (value !== undefined) return value;
      }
      return undefined;
    },
    set(key, value) {
      const owner = parts.length === 1 ? last : (parts.find(({ map }) => map.has(key)) ?? last);
      if (owner === last && last.map.size >= part && !last.map.has(key)) {
        last = { number: ++made, map: new Map() };
        parts.push(last);
        last.map.set(key, value);
      } else owner.map.set(key, value);
    },
    delete(key) {
      for (const one of parts) {
        if (!one.map.delete(key)) continue;
        if (one.map.size === 0 && one !== last) parts = parts.filter((other) => other !== one);
        return true;
      }
      return false;
    },
    *entries() {
      for (let one = parts[0]; one !== undefined; ) {
        yield* one.map.entries();
        const { number } = one;
        one = parts.find((next) => next.number > number);
      }
    },
    get size() {
      let size = 0;
      for (const { map } of parts) size += map.size;
      return size;
    },
  };
}

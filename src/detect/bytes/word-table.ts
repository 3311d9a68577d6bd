import { mix } from './byte-literal.ts';

/**
 * Lists of values by an integer key, made once and then asked for every event: open addressing in typed arrays, several
 * times faster than a `Map` where most keys are absent. `first` gives the place of a key's list or -1; it ends at `end`.
 */
export type WordTable<V> = {
  readonly first: (key: number) => number;
  /** Values of all keys in one array; those of one key stand together, the last one marked in `last`. */
  readonly values: readonly V[];
  readonly last: Uint8Array;
};

export function createWordTable<V>(entries: ReadonlyMap<number, readonly V[]>): WordTable<V> {
  const bits = Math.max(3, Math.ceil(Math.log2(entries.size * 2 + 1)));
  const shift = 32 - bits;
  const mask = (1 << bits) - 1;
  const keys = new Int32Array(1 << bits);
  const starts = new Int32Array(1 << bits).fill(-1);
  const values: V[] = [];
  const ends: number[] = [];
  for (const [key, list] of entries) {
    let slot = mix(key) >>> shift;
    while (starts[slot] !== -1) slot = (slot + 1) & mask;
    keys[slot] = key;
    starts[slot] = values.length;
    values.push(...list);
    ends.push(values.length - 1);
  }
  const last = new Uint8Array(values.length);
  for (const end of ends) last[end] = 1;
  return {
    values,
    last,
    first(key) {
      let slot = mix(key) >>> shift;
      while (starts[slot] !== -1 && keys[slot] !== key) slot = (slot + 1) & mask;
      return starts[slot] as number;
    },
  };
}

export function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

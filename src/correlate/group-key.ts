/** The key of a group out of the values of its fields: their JSON. */
export type KeyOf = (tuple: readonly string[]) => string;

/** Keys that are remembered; then it begins anew. */
const MOST = 4096;

export const plainKey: KeyOf = (tuple) => JSON.stringify(tuple);

/** Remembers the keys of single values: to write one takes five times as long as to find it. */
export function rememberedKey(): KeyOf {
  let known = new Map<string, string>();
  return (tuple) => {
    if (tuple.length !== 1) return plainKey(tuple);
    const text = tuple[0] as string;
    let key = known.get(text);
    if (key === undefined) {
      key = plainKey(tuple);
      if (known.size === MOST) known = new Map();
      known.set(text, key);
    }
    return key;
  };
}

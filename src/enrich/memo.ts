/** Remembers answers of a pure function for the most recent keys; when it is full it begins anew. Never changes an answer. */
export function memoized<T>(most: number, answer: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined && !known.has(key)) {
      value = answer(key);
      if (known.size >= most) known.clear();
      known.set(key, value);
    }
    return value as T;
  };
}

/**
 * An object for names that come from data: no name is there before it was put in, whatever it is called. Unlike
 * `Object.create(null)` it is no hash table, which costs half a kilobyte each where there are many (bench/windows.ts).
 */
export function newBag<T>(): Record<string, T> {
  return new Bag() as unknown as Record<string, T>;
}

const Bag = function (this: object) {} as unknown as new () => object;
Bag.prototype = Object.create(null);

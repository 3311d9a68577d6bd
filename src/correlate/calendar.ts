import type { Nanos } from '../event/time.ts';

/** Which groups have something to do when; by seconds of event time, so that adding and taking cost the same for any number. */
export type Calendar = {
  add(key: string, at: Nanos): void;
  /** Takes out everything that is due before `watermark`; the order within is that of adding. */
  take(watermark: Nanos): readonly Entry[];
};

export type Entry = { readonly key: string; readonly at: Nanos };

const SECOND = 1_000_000_000n;

export function createCalendar(): Calendar {
  const buckets = new Map<number, Entry[]>();
  // A binary heap of the numbers of `buckets`.
  const heap: number[] = [];
  return {
    add(key, at) {
      const number = Number(at / SECOND);
      const bucket = buckets.get(number);
      if (bucket !== undefined) return void bucket.push({ key, at });
      buckets.set(number, [{ key, at }]);
      push(heap, number);
    },
    take(watermark) {
      const out: Entry[] = [];
      const last = Number(watermark / SECOND);
      const left: [number, Entry[]][] = [];
      while (heap.length > 0 && (heap[0] as number) <= last) {
        const number = pop(heap);
        const bucket = buckets.get(number) ?? [];
        buckets.delete(number);
        const early: Entry[] = [];
        for (const entry of bucket) (entry.at < watermark ? out : early).push(entry);
        if (early.length > 0) left.push([number, early]);
      }
      for (const [number, entries] of left) {
        buckets.set(number, entries);
        push(heap, number);
      }
      return out;
    },
  };
}

function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as number) <= value) break;
    heap[at] = heap[parent] as number;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number {
  const top = heap[0] as number;
  const value = heap.pop() as number;
  const { length } = heap;
  if (length === 0) return top;
  let at = 0;
  for (let child = 1; child < length; child = 2 * at + 1) {
    if (child + 1 < length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if ((heap[child] as number) >= value) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = value;
  return top;
}

import type { Nanos } from '../event/time.ts';

/**
 * Which groups have something to do when; by seconds of event time, so that adding and taking cost the same for any
 * number. Only keys are kept: at what instant a group is due, the group says.
 */
export type Calendar = {
  add(key: string, at: Nanos): void;
  /**
   * Takes out the keys of all that may be due before `watermark`, in the order of adding; a key can be among them more than
   * once, and that of a group which has another instant or is gone. `dueOf` is asked in the second of the watermark.
   */
  take(watermark: Nanos, dueOf: (key: string) => Nanos | undefined): readonly string[];
};

type Entry = { readonly key: string; readonly at: Nanos };

const SECOND = 1_000_000_000n;
const secondOf = (at: Nanos): number => Number(at / SECOND);

export function createCalendar(): Calendar {
  const buckets = new Map<number, string[]>();
  // A binary heap of the numbers of `buckets`.
  const heap: number[] = [];
  /** The second that the watermark is in, with the instants: it can be taken from often. */
  let current: Second | undefined;
  return {
    add(key, at) {
      const second = secondOf(at);
      if (second === current?.second) return void current.entries.push({ key, at });
      const bucket = buckets.get(second);
      if (bucket !== undefined) return void bucket.push(key);
      buckets.set(second, [key]);
      push(heap, second);
    },
    take(watermark, dueOf) {
      const out: string[] = [];
      const last = secondOf(watermark);
      if (current !== undefined) current = left(current.second, current.entries, watermark, out);
      while (heap.length > 0 && (heap[0] as number) <= last) {
        const second = pop(heap);
        const keys = buckets.get(second) ?? [];
        buckets.delete(second);
        if (second < last) for (const key of keys) out.push(key);
        else current = left(second, entriesOf(keys, second, dueOf), watermark, out);
      }
      return out;
    },
  };
}

type Second = { readonly second: number; readonly entries: Entry[] };

/** Puts what is due into `out`; gives what is not. */
function left(second: number, entries: readonly Entry[], watermark: Nanos, out: string[]): Second | undefined {
  const later: Entry[] = [];
  for (const entry of entries)
    if (entry.at < watermark) out.push(entry.key);
    else later.push(entry);
  return later.length === 0 ? undefined : { second, entries: later };
}

/** With their instants; those that are due in another second have an entry there. */
function entriesOf(keys: readonly string[], second: number, dueOf: (key: string) => Nanos | undefined): readonly Entry[] {
  const entries: Entry[] = [];
  for (const key of keys) {
    const at = dueOf(key);
    if (at !== undefined && secondOf(at) <= second) entries.push({ key, at });
  }
  return entries;
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

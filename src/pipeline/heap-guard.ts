/** Bytes of the JavaScript heap in use, and the most it may become. */
export type Heap = { readonly used: number; readonly limit: number };

/** Above this share of its limit the heap is full. */
export const FULL = 0.95;
/** What ends the run. */
export const HEAP_FULL = 'the heap is full; the process ends and goes on from its last checkpoint';
/** So many looks in a row, a second apart: garbage that was not collected yet is no state. */
const LOOKS = 3;

/** Asked every second; says once what to tell when the heap stayed full: the process is to end before it is ended. */
export function createHeapGuard(read: () => Heap): () => string | undefined {
  let full = 0;
  return () => {
    const { used, limit } = read();
    full = used > limit * FULL ? full + 1 : 0;
    if (full !== LOOKS) return undefined;
    const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
    return `the heap is full: ${mib(used)} of ${mib(limit)}; state is kept and the process ends, so that it is started anew (give it more with --max-old-space-size, or lower the budgets of the rules)`;
  };
}

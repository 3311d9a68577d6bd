import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Bytes of the heap of this process in use, and the most it may become. */
export function heapOfProcess(): { readonly used: number; readonly limit: number } {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return { used, limit };
}

/**
 * Asks the runtime to collect garbage early from here on. For commands that stream a long ledger once: by default the
 * heap grows to several times what is alive before it is collected (`node bench/report-memory.ts`).
 */
export function preferLittleMemory(): void {
  setFlagsFromString('--optimize-for-size');
}

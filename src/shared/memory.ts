import { setFlagsFromString } from 'node:v8';

/**
 * Asks the runtime to collect garbage early from here on. For commands that stream a long ledger once: by default the
 * heap grows to several times what is alive before it is collected (`node bench/report-memory.ts`).
 */
export function preferLittleMemory(): void {
  setFlagsFromString('--optimize-for-size');
}

import type { Clock } from '../shared/clock.ts';

const TICK_MS = 1000;

/** Does the work every second, one after the other, until `signal` aborts. */
export async function everyTick(clock: Clock, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal);
    if (!signal.aborted) await work();
  }
}

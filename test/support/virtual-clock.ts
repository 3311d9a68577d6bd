import type { Clock } from '../../src/shared/clock.ts';

/** Time that passes only when everybody sleeps: from one wake-up to the next, hours in milliseconds. */
export type VirtualClock = Clock & {
  /** Lets everything run until `end` (ms since the epoch). */
  runUntil(end: number): Promise<void>;
};

type Sleeper = { readonly at: number; readonly seq: number; readonly wake: () => void };

export function createVirtualClock(start: number): VirtualClock {
  let now = start;
  let seq = 0;
  const sleepers = new Set<Sleeper>();
  /** One turn of the event loop: what was woken runs until it sleeps again. */
  const settle = (): Promise<void> => new Promise((done) => setImmediate(done));
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((done) => {
        const sleeper: Sleeper = {
          at: now + ms,
          seq: seq++,
          wake() {
            sleepers.delete(sleeper);
            done();
          },
        };
        sleepers.add(sleeper);
        if (signal?.aborted) sleeper.wake();
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    async runUntil(end) {
      for (;;) {
        await settle();
        const [next] = [...sleepers].sort((a, b) => a.at - b.at || a.seq - b.seq);
        if (next === undefined || next.at > end) break;
        now = Math.max(now, next.at);
        next.wake();
      }
      now = Math.max(now, end);
    },
  };
}

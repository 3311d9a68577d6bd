import type { Clock } from '../../src/shared/clock.ts';

/** A clock that stands until `tick` is called; a tick ends every sleep and waits until somebody sleeps again. */
export type StepClock = Clock & { tick(): Promise<void> };

export function createStepClock(start = Date.UTC(2026, 10, 20, 8)): StepClock {
  let now = start;
  let sleepers: (() => void)[] = [];
  let onSleep: (() => void) | undefined;
  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        sleepers.push(() => {
          now += ms;
          resolve();
        });
        signal?.addEventListener('abort', () => resolve(), { once: true });
        onSleep?.();
      });
    },
    async tick() {
      const asleep = new Promise<void>((resolve) => {
        onSleep = resolve;
      });
      const waiting = sleepers;
      sleepers = [];
      for (const wake of waiting) wake();
      await asleep;
      onSleep = undefined;
    },
  };
}

/** Time passes at once. */
export const hurriedClock: Clock = { now: () => Date.now(), sleep: () => new Promise((resolve) => setImmediate(resolve)) };

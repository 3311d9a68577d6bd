import type { Clock } from '../shared/clock.ts';
import type { Turn } from './deliver.ts';

/** Wakes sleepers when something happened: new alerts, or the end. */
export type Bell = {
  ring(): void;
  /** How often it rang. */
  rung(): number;
  /** Waits unless it rang since `heard`: what happened while its listener was busy is not slept over. */
  wait(ms: number, signal: AbortSignal, heard: number): Promise<void>;
};

export function createBell(clock: Clock): Bell {
  let rings = 0;
  let next = new AbortController();
  return {
    ring() {
      rings++;
      next.abort();
      next = new AbortController();
    },
    rung: () => rings,
    wait: (ms, signal, heard) => (heard === rings ? clock.sleep(ms, AbortSignal.any([signal, next.signal])) : Promise.resolve()),
  };
}

/** The longest sleep between two looks at the outbox. */
const MAX_SLEEP_MS = 5000;

/**
 * Delivers for one sink until `signal` aborts. A call that is under way then is finished: cut off, it might have arrived
 * and would be made again. Only `hard` cuts.
 */
export async function runOutbox(
  turn: (signal: AbortSignal) => Promise<Turn>,
  bell: Bell,
  clock: Clock,
  signal: AbortSignal,
  hard: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const heard = bell.rung();
    const { settled, nextDue } = await turn(hard);
    if (settled > 0) continue;
    const sleep = nextDue === undefined ? MAX_SLEEP_MS : Math.min(MAX_SLEEP_MS, Math.max(10, nextDue - clock.now()));
    await bell.wait(sleep, signal, heard);
  }
}

/** Delivers what is due now, until nothing moves any more or time is up. */
async function drainOutbox(turn: (signal: AbortSignal) => Promise<Turn>, clock: Clock, untilMs: number): Promise<void> {
  const limit = AbortSignal.timeout(Math.max(1, untilMs - clock.now()));
  while (clock.now() < untilMs) {
    const { settled, nextDue } = await turn(limit);
    if (settled > 0) continue;
    if (nextDue === undefined || nextDue > clock.now() + 1000) return;
    await clock.sleep(50, limit);
  }
}

/** The end: each receiver is drained as soon as its own last call is over. One that hangs uses up nobody else's time. */
export async function finishOutboxes(
  running: readonly Promise<void>[],
  turns: readonly ((signal: AbortSignal) => Promise<Turn>)[],
  clock: Clock,
  untilMs: number,
): Promise<void> {
  await Promise.all(
    turns.map(async (turn, i) => {
      await running[i];
      await drainOutbox(turn, clock, untilMs);
    }),
  );
}

import { expect, test } from 'vitest';
import { createBell, runOutbox } from '../../src/pipeline/outbox-loop.ts';

test('what happened while a turn was made is not slept over', async () => {
  const stop = new AbortController();
  const sleeps: number[] = [];
  const clock = {
    now: () => 0,
    async sleep(ms: number) {
      sleeps.push(ms);
      stop.abort();
    },
  };
  const bell = createBell(clock);
  let turns = 0;
  const turn = async () => {
    turns++;
    if (turns === 1) bell.ring();
    return { settled: 0, nextDue: undefined };
  };
  await runOutbox(turn, bell, clock, stop.signal, new AbortController().signal);
  expect([turns, sleeps]).toEqual([2, [5000]]);
});

test('a sleeper is woken by the bell, and sleeps no longer than until something is due', async () => {
  const stop = new AbortController();
  const sleeps: number[] = [];
  const clock = {
    now: () => 1000,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((done) => {
        sleeps.push(ms);
        signal?.addEventListener('abort', () => done(), { once: true });
      }),
  };
  const bell = createBell(clock);
  const running = runOutbox(async () => ({ settled: 0, nextDue: 1200 }), bell, clock, stop.signal, new AbortController().signal);
  for (let i = 0; i < 3; i++) {
    for (let tick = 0; tick < 5; tick++) await Promise.resolve();
    bell.ring();
  }
  stop.abort();
  await running;
  expect(sleeps.length).toBeGreaterThanOrEqual(3);
  expect(new Set(sleeps)).toEqual(new Set([200]));
});

import { expect, test } from 'vitest';
import { createBell, finishOutboxes, runOutbox } from '../../src/pipeline/outbox-loop.ts';

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

test("at the end a receiver that hangs uses up nobody else's time", async () => {
  const hung = Promise.withResolvers<void>();
  const clock = { now: () => 0, sleep: async () => undefined };
  const turns: string[] = [];
  const left = { well: 2, hanging: 1 };
  const turnOf = (name: keyof typeof left) => async () => {
    turns.push(name);
    return { settled: left[name]-- > 0 ? 1 : 0, nextDue: undefined };
  };
  const done = finishOutboxes([hung.promise, Promise.resolve()], [turnOf('hanging'), turnOf('well')], clock, 20_000);
  for (let tick = 0; tick < 20; tick++) await Promise.resolve();
  expect(turns).toEqual(['well', 'well', 'well']);
  hung.resolve();
  await done;
  expect(turns.slice(3)).toEqual(['hanging', 'hanging']);
});

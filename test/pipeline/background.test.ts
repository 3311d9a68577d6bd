import { expect, test } from 'vitest';
import { createBackground } from '../../src/pipeline/background.ts';

const until = (signal: AbortSignal): Promise<void> => new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));

test('the first job that fails ends the inputs, is told, and rejects nowhere', async () => {
  const background = createBackground(new AbortController().signal);
  const reading = background.run(() => until(background.inputs));
  await background.run(() => Promise.reject(new Error('first')));
  await background.run(() => Promise.reject(new Error('second')));
  await reading;
  expect(background.inputs.aborted).toBe(true);
  expect(background.failure()?.error).toEqual(new Error('first'));
});

test('a stop ends the inputs without a failure', async () => {
  const stop = new AbortController();
  const background = createBackground(stop.signal);
  const reading = background.run(() => until(background.inputs));
  stop.abort();
  await reading;
  expect(background.failure()).toBeUndefined();
});

test('who gives a run up does everything that was asked for, whatever fails of it, and waits for all jobs', async () => {
  const background = createBackground(new AbortController().signal);
  const done: string[] = [];
  const delivering = new AbortController();
  void background.run(async () => {
    await until(delivering.signal);
    await Promise.resolve();
    done.push('job');
  });
  background.onAbandon(() => {
    throw new Error('cannot be closed');
  });
  background.onAbandon(async () => {
    delivering.abort();
    throw new Error('nor this');
  });
  background.onAbandon(() => void done.push('last'));
  await background.abandon();
  expect(done.sort()).toEqual(['job', 'last']);
  expect(background.failure()).toBeUndefined();
});

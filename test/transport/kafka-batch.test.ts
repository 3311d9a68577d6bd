import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { beating, headerTexts } from '../../src/transport/kafka-batch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const work = () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const beats = vi.fn(async () => undefined);
  return { promise, resolve, beats };
};

test('a member lives on while its slice is worked on', async () => {
  const { promise, resolve, beats } = work();
  const done = beating(promise, beats);
  await vi.advanceTimersByTimeAsync(10_500);
  expect(beats).toHaveBeenCalledTimes(10);
  resolve('done');
  await expect(done).resolves.toBe('done');
});

test('but not for ever where somebody said how long: who is stuck is seen as stuck', async () => {
  const { promise, resolve, beats } = work();
  const done = beating(promise, beats, 3);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(beats).toHaveBeenCalledTimes(3);
  resolve('late');
  await expect(done).resolves.toBe('late');
});

test('a heartbeat that fails ends the wait: the group has given the partition to another', async () => {
  const { promise, beats } = work();
  beats.mockRejectedValueOnce(new Error('rebalancing'));
  const done = expect(beating(promise, beats)).rejects.toThrow('rebalancing');
  await vi.advanceTimersByTimeAsync(1000);
  await done;
});

test('of a header that is repeated the first counts', () => {
  expect([...headerTexts({ one: Buffer.from('a'), two: [Buffer.from('b'), Buffer.from('c')] })]).toEqual([
    ['one', 'a'],
    ['two', 'b'],
  ]);
});

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPartitionCheckpoints } from '../../src/transport/checkpoints.ts';
import type { KeyedLog } from '../../src/transport/port.ts';
import { describeSharedCheckpointsContract } from '../contract/checkpoints-contract.ts';
import { checkpointsIn } from '../support/keyed-checkpoints.ts';

/** A compacted topic in memory. */
function memoryLog(): KeyedLog & { readonly entries: Map<string, Uint8Array>; readonly written: string[] } {
  const entries = new Map<string, Uint8Array>();
  const written: string[] = [];
  const keyOf = (partition: number, key: string): string => `${partition} ${key}`;
  return {
    entries,
    written,
    read: async (partition) =>
      new Map(
        [...entries]
          .filter(([key]) => key.startsWith(`${partition} `))
          .map(([key, value]) => [key.slice(keyOf(partition, '').length), value]),
      ),
    async write(partition, list) {
      for (const { key, value } of list) {
        written.push(`${value === null ? '-' : '+'}${key.slice(0, 1)}`);
        if (value === null) entries.delete(keyOf(partition, key));
        else entries.set(keyOf(partition, key), Uint8Array.from(value));
      }
    },
  };
}
const open = (log: KeyedLog) => createPartitionCheckpoints(log, () => randomBytes(4).toString('hex'));

describeSharedCheckpointsContract('chunks and manifests in a compacted topic', async () => checkpointsIn(memoryLog()));

test('chunks come first, then the manifest, then the oldest goes: its manifest before its chunks; two stay', async () => {
  const log = memoryLog();
  const checkpoints = open(log);
  for (const next of [1n, 2n, 3n]) await checkpoints.save(0, { next, ruleset: 'r', state: randomBytes(600_000) });
  expect(log.written.slice(-6)).toEqual(['+c', '+c', '+m', '-m', '-c', '-c']);
  expect([...log.entries.keys()].filter((key) => key.startsWith('0 m/'))).toHaveLength(2);
});

test('a byte that is flipped or missing anywhere is found: what is loaded is never another state', async () => {
  const log = memoryLog();
  await open(log).save(0, { next: 1n, ruleset: 'r', state: Buffer.from('state') });
  for (const [key, value] of [...log.entries]) {
    for (let i = 0; i < value.length; i++) {
      const damaged = Uint8Array.from(value);
      damaged[i] = (damaged[i] as number) ^ 1;
      log.entries.set(key, damaged);
      const { checkpoint } = await open(log).loadNewest(0);
      if (checkpoint !== undefined) expect([checkpoint.next, Buffer.from(checkpoint.state).toString()]).toEqual([1n, 'state']);
      log.entries.set(key, value.subarray(0, i));
      expect(Buffer.from((await open(log).loadNewest(0)).checkpoint?.state ?? Buffer.from('state')).toString()).toBe('state');
    }
    log.entries.set(key, value);
  }
});

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPartitionCheckpoints } from '../../src/transport/checkpoints.ts';
import type { KeyedLog } from '../../src/transport/port.ts';
import { describeSharedCheckpointsContract } from '../contract/checkpoints-contract.ts';
import { checkpointsIn } from '../support/keyed-checkpoints.ts';
import { memoryKeyedLog } from '../support/keyed-log.ts';

const open = (log: KeyedLog) => createPartitionCheckpoints(log, () => randomBytes(4).toString('hex'));

describeSharedCheckpointsContract('chunks and manifests in a compacted topic', async () => checkpointsIn(memoryKeyedLog()));

test('chunks come first, then the manifest, then the oldest goes: its manifest before its chunks; two stay', async () => {
  const log = memoryKeyedLog();
  const checkpoints = open(log);
  for (const next of [1n, 2n, 3n]) await checkpoints.save(0, { next, ruleset: 'r', state: randomBytes(600_000) });
  expect(log.written.slice(-6)).toEqual(['+c', '+c', '+m', '-m', '-c', '-c']);
  expect([...log.entries.keys()].filter((key) => key.startsWith('0 m/'))).toHaveLength(2);
});

test('a byte that is flipped or missing anywhere is found: what is loaded is never another state', async () => {
  const log = memoryKeyedLog();
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

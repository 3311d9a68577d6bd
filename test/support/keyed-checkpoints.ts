import { randomBytes } from 'node:crypto';
import { createPartitionCheckpoints } from '../../src/transport/checkpoints.ts';
import type { KeyedLog } from '../../src/transport/port.ts';
import type { SharedCheckpointsUnderTest } from '../contract/checkpoints-contract.ts';

/** Checkpoints in any compacted log, as their contract asks for them; partition 0. */
export function checkpointsIn(log: KeyedLog): SharedCheckpointsUnderTest {
  const over = (keyed: KeyedLog) => createPartitionCheckpoints(keyed, () => randomBytes(4).toString('hex'));
  const manifests = async (): Promise<string[]> => [...(await log.read(0)).keys()].filter((key) => key.startsWith('m/')).sort();
  return {
    shared: () => over(log),
    open() {
      const own = over(log);
      return {
        async load() {
          const { checkpoint, damaged } = await own.loadNewest(0);
          return { checkpoint, damaged: damaged.length };
        },
        save: (checkpoint) => own.save(0, checkpoint),
      };
    },
    async damage(n) {
      const key = `c/${(await manifests()).at(-1 - n)?.slice(2)}/0`;
      const bytes = Uint8Array.from((await log.read(0)).get(key) as Uint8Array);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 4;
      await log.write(0, [{ key, value: bytes }]);
    },
    async tear(checkpoint) {
      const dies: KeyedLog = {
        ...log,
        async write(partition, entries) {
          if (entries.some(({ key }) => key.startsWith('m/'))) throw new Error('killed');
          await log.write(partition, entries);
        },
      };
      await over(dies)
        .save(0, checkpoint)
        .catch(() => undefined);
    },
    kept: async () => (await manifests()).length,
  };
}

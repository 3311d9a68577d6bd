import { describe, expect, test } from 'vitest';
import type { PartitionCheckpoints } from '../../src/transport/checkpoints.ts';

export type CheckpointsUnderTest = {
  /** A view of the same place by another process. */
  readonly open: () => PartitionCheckpoints;
  /** Damages the newest checkpoint; undefined where the place cannot be reached. */
  readonly damageNewest?: (partition: number) => Promise<void>;
};

const state = (text: string): Uint8Array => Buffer.from(text.repeat(1000));

/** What every place of checkpoints must do. */
export function describeCheckpointsContract(name: string, make: () => Promise<CheckpointsUnderTest>): void {
  describe(`checkpoints: ${name}`, () => {
    test('nothing is found where nothing was saved', async () => {
      const { open } = await make();
      expect(await open().loadNewest(0)).toEqual({ checkpoint: undefined, damaged: [] });
    });

    test('the one of the highest offset is found, whoever saved last; partitions are apart', async () => {
      const { open } = await make();
      const [a, b] = [open(), open()];
      await a.loadNewest(0);
      await a.save(0, { next: 10n, ruleset: 'r', state: state('ten') });
      await a.save(0, { next: 200n, ruleset: 'r', state: state('two hundred') });
      await b.save(0, { next: 50n, ruleset: 'r', state: state('fifty') });
      await a.save(1, { next: 5n, ruleset: 'r', state: state('five') });
      const { checkpoint } = await open().loadNewest(0);
      expect({ next: checkpoint?.next, state: Buffer.from(checkpoint?.state ?? []).toString() }).toEqual({
        next: 200n,
        state: 'two hundred'.repeat(1000),
      });
      expect((await open().loadNewest(1)).checkpoint?.next).toBe(5n);
    });

    test('a damaged one is named and passed over for the one before it', async () => {
      const { open, damageNewest } = await make();
      if (damageNewest === undefined) return;
      const checkpoints = open();
      await checkpoints.save(0, { next: 10n, ruleset: 'r', state: state('ten') });
      await checkpoints.save(0, { next: 20n, ruleset: 'r', state: state('twenty') });
      await damageNewest(0);
      const { checkpoint, damaged } = await open().loadNewest(0);
      expect(checkpoint?.next).toBe(10n);
      expect(damaged).toHaveLength(1);
    });
  });
}

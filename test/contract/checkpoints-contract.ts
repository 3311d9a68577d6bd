import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PartitionCheckpoint, PartitionCheckpoints } from '../../src/transport/checkpoints.ts';

/** One checkpoint after another, as one owner sees them: what every place of checkpoints has in common. */
export type CheckpointPlace = {
  load(): Promise<{ readonly checkpoint: PartitionCheckpoint | undefined; readonly damaged: number }>;
  save(checkpoint: PartitionCheckpoint): Promise<void>;
};

export type CheckpointsUnderTest = {
  /** A view of the same place by the next process; the one before it is gone. */
  readonly open: () => CheckpointPlace;
  /** Flips a bit in what is stored of the n-th newest checkpoint (0: the newest). */
  readonly damage: (n: number) => Promise<void>;
  /** A save whose process dies after everything but its last write. */
  readonly tear: (checkpoint: PartitionCheckpoint) => Promise<void>;
  /** How many checkpoints take up room. */
  readonly kept: () => Promise<number>;
};

/** A place that several processes write to, of several partitions. */
export type SharedCheckpointsUnderTest = CheckpointsUnderTest & { readonly shared: () => PartitionCheckpoints };

const state = (text: string): Uint8Array => Buffer.from(text.repeat(1000));
const at = (next: bigint, text = `up to ${next}`): PartitionCheckpoint => ({ next, ruleset: `rules ${next}`, state: state(text) });
const plain = (checkpoint: PartitionCheckpoint | undefined) =>
  checkpoint && { ...checkpoint, state: Buffer.from(checkpoint.state).toString('latin1') };

async function loaded(place: CheckpointsUnderTest) {
  const { checkpoint, damaged } = await place.open().load();
  return { checkpoint: plain(checkpoint), damaged };
}

/** What every place of checkpoints must do: a table of the embedded store, a compacted topic in memory and on a broker. */
export function describeCheckpointsContract(name: string, make: () => Promise<CheckpointsUnderTest>): void {
  describe(`checkpoints: ${name}`, () => {
    test('nothing is found where nothing was saved', async () => {
      expect(await loaded(await make())).toEqual({ checkpoint: undefined, damaged: 0 });
    });

    test('the newest is found by the next process, with its offset, its rules and every byte of its state', async () => {
      const place = await make();
      const last = { next: (1n << 53n) + 1n, ruleset: 'sha256:ä', state: randomBytes(1_300_000) };
      const writer = place.open();
      for (const one of [at(10n), at(20n), last]) await writer.save(one);
      expect(await loaded(place)).toEqual({ checkpoint: plain(last), damaged: 0 });
    });

    test('a state without a byte is a state', async () => {
      const place = await make();
      await place.open().save({ next: 7n, ruleset: 'r', state: new Uint8Array() });
      expect(await loaded(place)).toEqual({ checkpoint: { next: 7n, ruleset: 'r', state: '' }, damaged: 0 });
    });

    test('what is changed afterwards is not what was saved', async () => {
      const place = await make();
      const mutable = Uint8Array.from(state('before'));
      await place.open().save({ next: 1n, ruleset: 'r', state: mutable });
      mutable.fill(0);
      expect((await loaded(place)).checkpoint?.state).toBe('before'.repeat(1000));
    });

    test('a process goes on saving where the one before it stopped', async () => {
      const place = await make();
      for (const next of [10n, 20n, 30n]) {
        const process = place.open();
        await process.load();
        await process.save(at(next));
      }
      expect(await loaded(place)).toEqual({ checkpoint: plain(at(30n)), damaged: 0 });
    });

    test('two stay, whatever their number was', async () => {
      const place = await make();
      const writer = place.open();
      for (let n = 1n; n <= 6n; n++) {
        await writer.save(at(n));
        expect(await place.kept()).toBe(n === 1n ? 1 : 2);
      }
    });

    test('a damaged one is named and passed over for the one before it', async () => {
      const place = await make();
      const writer = place.open();
      for (const one of [at(10n), at(20n)]) await writer.save(one);
      await place.damage(0);
      expect(await loaded(place)).toEqual({ checkpoint: plain(at(10n)), damaged: 1 });
    });

    test('without a whole one nothing is found, and every damaged one is named', async () => {
      const place = await make();
      const writer = place.open();
      for (const one of [at(10n), at(20n)]) await writer.save(one);
      await place.damage(0);
      await place.damage(1);
      expect(await loaded(place)).toEqual({ checkpoint: undefined, damaged: 2 });
    });

    test('after damage the next whole one is found', async () => {
      const place = await make();
      for (const one of [at(10n), at(20n)]) await place.open().save(one);
      await place.damage(0);
      const next = place.open();
      await next.load();
      await next.save(at(30n));
      expect((await loaded(place)).checkpoint).toEqual(plain(at(30n)));
    });

    test('a save that was cut off is none, and costs none of those before it', async () => {
      const place = await make();
      for (const one of [at(10n), at(20n)]) await place.open().save(one);
      await place.tear({ next: 30n, ruleset: 'torn', state: randomBytes(900_000) });
      expect(await loaded(place)).toEqual({ checkpoint: plain(at(20n)), damaged: 0 });
    });
  });
}

/** Beside that: processes that write to one partition without knowing of each other. */
export function describeSharedCheckpointsContract(name: string, make: () => Promise<SharedCheckpointsUnderTest>): void {
  describeCheckpointsContract(name, make);
  describe(`shared checkpoints: ${name}`, () => {
    test('the one of the highest offset is found, whoever saved last; partitions are apart', async () => {
      const { shared } = await make();
      const [a, b] = [shared(), shared()];
      await a.loadNewest(0);
      await a.save(0, at(10n));
      await a.save(0, at(200n));
      await b.save(0, at(50n));
      await a.save(1, at(5n));
      expect(plain((await shared().loadNewest(0)).checkpoint)).toEqual(plain(at(200n)));
      expect((await shared().loadNewest(1)).checkpoint?.next).toBe(5n);
    });

    test('one that wakes up late removes nothing newer than its own', async () => {
      const { shared, kept } = await make();
      const late = shared();
      for (const next of [10n, 20n]) await late.save(0, at(next));
      const owner = shared();
      await owner.loadNewest(0);
      for (const next of [40n, 50n]) await owner.save(0, at(next));
      for (const next of [25n, 30n, 35n]) await late.save(0, at(next));
      expect((await shared().loadNewest(0)).checkpoint?.next).toBe(50n);
      expect(await kept()).toBeGreaterThanOrEqual(2);
    });
  });
}

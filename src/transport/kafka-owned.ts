import type { Admin, Consumer } from 'kafkajs';
import { WardlineError } from '../shared/errors.ts';
import type { Entry, OwnedPartition } from './port.ts';

/** How long a reader waits for news before it is told that there is none. */
const QUIET_MS = 250;

export type Owned = OwnedPartition & {
  revoke(): void;
  rejoined(): void;
  /**
   * Resolves when the worker took the entries; false: nobody reads, or they are not what is read next. `fetchedFrom` is the
   * offset that was asked for: an answer to a question from before a seek may begin beyond what is wanted now.
   */
  give(entries: readonly Entry[], fetchedFrom: bigint): Promise<boolean>;
  /** Records taken since the worker was started. */
  taken(): number;
};

export type OwnedDeps = {
  readonly consumer: Consumer;
  readonly admin: Admin;
  readonly topic: string;
  readonly groupId: string;
};

/** A partition that the group gave to this member, as its worker reads it. */
export function createOwned(partition: number, { consumer, admin, topic, groupId }: OwnedDeps): Owned {
  const revoked = new AbortController();
  let expected: bigint | undefined;
  let taken = 0;
  let offered: { readonly entries: readonly Entry[]; readonly done: (took: boolean) => void } | undefined;
  let wake: () => void = () => undefined;

  const seek = (): void => {
    if (expected === undefined) return;
    consumer.seek({ topic, partition, offset: String(expected) });
    consumer.resume([{ topic, partitions: [partition] }]);
  };
  const bounds = async () => {
    const found = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    return { low: BigInt(found?.low ?? 0), high: BigInt(found?.high ?? 0) };
  };
  /** The next batch, or none within a while. */
  const next = (): Promise<typeof offered> =>
    new Promise((resolve) => {
      const end = (): void => {
        // Once: a batch that is offered while the worker is busy waits for the next call.
        wake = () => undefined;
        clearTimeout(timer);
        const mine = offered;
        offered = undefined;
        resolve(mine);
      };
      const timer = setTimeout(end, QUIET_MS);
      wake = end;
      if (offered !== undefined || revoked.signal.aborted) end();
    });

  return {
    partition,
    revoked: revoked.signal,
    bounds,
    async *read(offset) {
      const { low, high } = await bounds();
      // Offsets in another log mean other records: going on from its end would leave out what it holds, without a word.
      if (offset > high)
        throw new WardlineError(
          'transport',
          `${topic}, partition ${partition}, ends at offset ${high}, and everything below ${offset} was read: it was deleted and made anew, ` +
            'or its log was cut. Give the source another group, or the stages another prefix, to read what is there now',
        );
      expected = offset < low ? low : offset;
      offered?.done(false);
      offered = undefined;
      seek();
      while (!revoked.signal.aborted) {
        const batch = await next();
        if (revoked.signal.aborted) {
          batch?.done(false);
          return;
        }
        const fresh = batch?.entries.filter((entry) => entry.offset >= (expected as bigint)) ?? [];
        const last = fresh.at(-1);
        if (last !== undefined) expected = last.offset + 1n;
        try {
          yield fresh;
          taken += fresh.length;
        } finally {
          batch?.done(true);
        }
      }
    },
    async committed() {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const own = found?.partitions.find((one) => one.partition === partition);
      return own === undefined || BigInt(own.offset) < 0n ? undefined : { offset: BigInt(own.offset), metadata: own.metadata ?? '' };
    },
    async commit({ offset, metadata }) {
      await consumer.commitOffsets([{ topic, partition, offset: String(offset), metadata }]);
    },
    revoke() {
      revoked.abort();
      wake();
      offered?.done(false);
      offered = undefined;
    },
    rejoined: seek,
    give(entries, fetchedFrom) {
      if (expected === undefined || revoked.signal.aborted || fetchedFrom > expected) return Promise.resolve(false);
      return new Promise((done) => {
        offered?.done(false);
        offered = { entries, done };
        wake();
      });
    },
    taken: () => taken,
  };
}

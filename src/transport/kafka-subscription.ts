import type { Admin, Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Entry, OwnedPartition, Subscription, Worker } from './port.ts';

/** Records that a worker takes at once: what it writes for them is one request a partition. */
const SLICE = 2000;
/** How long a reader waits for news before it is told that there is none. */
const QUIET_MS = 250;
const HEARTBEAT_MS = 1000;
const RESTART_MS = 1000;
/** A worker that fails this often in a row, without ever taking a record, ends the process. */
const MAX_FAILURES = 30;

export type SubscriptionOptions = {
  readonly topic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly logger: Logger;
  /** Told whenever the group has given out its partitions. */
  readonly onJoin?: () => void;
};

/**
 * One topic as a member of a consumer group. On every assignment all partitions are paused; a worker says itself where its
 * partition starts. Partitions that stayed go on where their worker stands, whatever the client would fetch.
 */
export function createKafkaSubscription(kafka: Kafka, options: SubscriptionOptions): Subscription {
  return {
    async run(worker, signal) {
      const { topic, groupId, sessionTimeoutMs, logger } = options;
      const consumer = kafka.consumer({
        groupId,
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval: Math.min(3000, sessionTimeoutMs / 3),
        rebalanceTimeout: 30_000,
        maxWaitTimeInMs: 100,
        allowAutoTopicCreation: false,
        retry: { retries: 8 },
      });
      const admin = kafka.admin();
      const owned = new Map<number, Owned>();
      const running = new Set<Promise<void>>();
      let leaving = false;
      let fail: (error: Error) => void = () => undefined;
      const failed = new Promise<never>((_, reject) => {
        fail = reject;
      });
      failed.catch(() => undefined);

      const start = (partition: number): void => {
        const one = createOwned(partition, consumer, admin, options);
        owned.set(partition, one);
        const work = supervise(one, worker, logger, topic).catch((error: unknown) => fail(error as Error));
        running.add(work);
        void work.finally(() => running.delete(work));
      };
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        // Another member may leave at the same time, and the group gather once more: who is going takes nothing up.
        if (leaving) return;
        options.onJoin?.();
        const assigned = payload.memberAssignment[topic] ?? [];
        for (const [partition, one] of owned) {
          if (assigned.includes(partition)) continue;
          one.revoke();
          owned.delete(partition);
        }
        for (const partition of assigned) {
          consumer.pause([{ topic, partitions: [partition] }]);
          const kept = owned.get(partition);
          if (kept === undefined) start(partition);
          else kept.rejoined();
        }
        logger.debug({ topic, groupId, assigned }, 'partitions assigned');
      });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) fail(new WardlineError('transport', `the reader of ${topic} stopped: ${payload.error.message}`));
      });
      try {
        await admin.connect();
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: 64,
          eachBatch: (payload) => eachBatch(payload, owned.get(payload.batch.partition)),
        });
        const aborted = new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        await Promise.race([aborted, failed]);
      } finally {
        leaving = true;
        for (const one of owned.values()) one.revoke();
        // Workers write their last checkpoint and tell their offset while the member is still one.
        await Promise.all(running);
        await consumer.disconnect().catch(() => undefined);
        await admin.disconnect().catch(() => undefined);
      }
    },
  };
}

type Owned = OwnedPartition & {
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

function createOwned(partition: number, consumer: Consumer, admin: Admin, { topic, groupId }: SubscriptionOptions): Owned {
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

/** Runs the worker again after an error, from what is durable, as long as the partition is ours. */
async function supervise(owned: Owned, worker: Worker, logger: Logger, topic: string): Promise<void> {
  const { partition, revoked } = owned;
  let before = 0;
  for (let failures = 0; !revoked.aborted; ) {
    try {
      await worker(owned);
      return;
    } catch (error) {
      failures = owned.taken() > before ? 1 : failures + 1;
      before = owned.taken();
      logger.error({ topic, partition, error: messageOf(error) }, 'a partition is taken up again from what is durable');
      if (failures >= MAX_FAILURES) throw error;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, RESTART_MS);
        revoked.addEventListener(
          'abort',
          () => {
            clearTimeout(timer);
            resolve();
          },
          { once: true },
        );
      });
    }
  }
}

async function eachBatch(
  { batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload,
  owned: Owned | undefined,
): Promise<void> {
  if (owned === undefined) return;
  // The types of the client leave it out; it is there in every version of the 2.2 line.
  const fetchedFrom = BigInt((batch as { readonly fetchedOffset?: string | number }).fetchedOffset ?? batch.firstOffset() ?? 0);
  for (let i = 0; i < batch.messages.length; i += SLICE) {
    if (!isRunning() || isStale()) return;
    const slice = batch.messages.slice(i, i + SLICE);
    if (!(await beating(owned.give(slice.map(entryOf), fetchedFrom), heartbeat))) return;
    resolveOffset((slice.at(-1) as KafkaMessage).offset);
    await heartbeat();
  }
}

/** Keeps the session alive while the worker has a slice. A rebalance makes the heartbeat fail; the worker learns of it by then. */
async function beating<T>(work: Promise<T>, heartbeat: () => Promise<void>): Promise<T> {
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<typeof WAITED>((resolve) => {
      timer = setTimeout(resolve, HEARTBEAT_MS, WAITED);
    });
    const first = await Promise.race([work, waited]);
    clearTimeout(timer);
    if (first !== WAITED) return first as T;
    await heartbeat();
  }
}

const WAITED = Symbol('waited');

function entryOf({ offset, timestamp, key, value, headers }: KafkaMessage): Entry {
  const texts = new Map<string, string>();
  for (const [name, header] of Object.entries(headers ?? {})) texts.set(name, String(Array.isArray(header) ? header[0] : header));
  return { offset: BigInt(offset), appendedAt: Number(timestamp), key: key === null ? undefined : String(key), value, headers: texts };
}

import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { beating, fetchedFromOf, headerTexts } from './kafka-batch.ts';
import { createOwned, type Owned } from './kafka-owned.ts';
import type { Entry, Subscription, Worker } from './port.ts';

/** Records that a worker takes at once: what it writes for them is one request a partition. */
const SLICE = 2000;
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
        const one = createOwned(partition, { consumer, admin, topic, groupId });
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
  const fetchedFrom = fetchedFromOf({ batch });
  for (let i = 0; i < batch.messages.length; i += SLICE) {
    if (!isRunning() || isStale()) return;
    const slice = batch.messages.slice(i, i + SLICE);
    if (!(await beating(owned.give(slice.map(entryOf), fetchedFrom), heartbeat))) return;
    resolveOffset((slice.at(-1) as KafkaMessage).offset);
    await heartbeat();
  }
}

function entryOf({ offset, timestamp, key, value, headers }: KafkaMessage): Entry {
  const texts = new Map(headerTexts(headers));
  return { offset: BigInt(offset), appendedAt: Number(timestamp), key: key === null ? undefined : String(key), value, headers: texts };
}

import { randomBytes } from 'node:crypto';
import type { Kafka, Producer } from 'kafkajs';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { Append, KeyedLog, LogWriter } from './port.ts';

/** A request stays under the broker's default limit of one megabyte, with room for what goes around the records. */
const MAX_REQUEST_BYTES = 700_000;

export type ClosableWriter = LogWriter & { close(): Promise<void> };

type Call = { readonly entries: readonly Append[]; readonly done: () => void; readonly failed: (error: unknown) => void };

/**
 * Appends to one topic: idempotent, one request under way, one partition per request, the answer checked. Kafka's client
 * may call a request over two partitions done of which one was never written (docs/decisions/). What others want to append
 * to a partition while a request is under way goes into one request after it. After an error nobody knows what was
 * written, so the next call starts with a new producer.
 */
export function createKafkaWriter(kafka: Kafka, topic: string, partitions: number): ClosableWriter {
  let producer: Promise<Producer> | undefined;
  /** By partition, the one that waits longest first; of a partition in the order of the calls. */
  const waiting = new Map<number, Call[]>();
  let pumping: Promise<void> | undefined;

  const connected = (): Promise<Producer> => {
    producer ??= (async () => {
      const made = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: { retries: 8 } });
      await made.connect();
      return made;
    })();
    return producer;
  };
  const send = async (partition: number, messages: readonly { key: string | null; value: Buffer | null }[]): Promise<void> => {
    const answers = await (await connected()).send({ topic, acks: -1, messages: messages.map((message) => ({ ...message, partition })) });
    const [answer, ...more] = answers;
    if (
      answer === undefined ||
      more.length > 0 ||
      answer.partition !== partition ||
      answer.errorCode !== 0 ||
      answer.baseOffset === undefined
    )
      throw new WardlineError('transport', `${topic}/${partition}: the broker's answer does not name what was written`, {
        retryable: true,
      });
  };
  const write: LogWriter['append'] = async (partition, entries) => {
    try {
      for (const part of parts(entries)) await send(partition, part);
    } catch (error) {
      const broken = producer;
      producer = undefined;
      await broken?.then((one) => one.disconnect()).catch(() => undefined);
      throw error instanceof WardlineError
        ? error
        : new WardlineError('transport', `${topic}/${partition}: ${messageOf(error)}`, { cause: error, retryable: true });
    }
  };
  const pump = async (): Promise<void> => {
    for (let first = waiting.entries().next(); !first.done; first = waiting.entries().next()) {
      const [partition, calls] = first.value;
      waiting.delete(partition);
      try {
        await write(
          partition,
          calls.flatMap(({ entries }) => entries),
        );
        for (const { done } of calls) done();
      } catch (error) {
        for (const { failed } of calls) failed(error);
      }
    }
    pumping = undefined;
  };
  return {
    partitions,
    append: (partition, entries) =>
      new Promise((done, failed) => {
        const call = { entries, done, failed };
        const calls = waiting.get(partition);
        if (calls === undefined) waiting.set(partition, [call]);
        else calls.push(call);
        pumping ??= pump();
      }),
    async close() {
      await pumping;
      await producer?.then((one) => one.disconnect());
    },
  };
}

type Message = { readonly key: string | null; readonly value: Buffer | null };

function* parts(entries: readonly Append[]): Iterable<readonly Message[]> {
  let part: Message[] = [];
  let bytes = 0;
  for (const { key, value } of entries) {
    const size = (value?.length ?? 0) + (key?.length ?? 0) + 64;
    if (part.length > 0 && bytes + size > MAX_REQUEST_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push({ key: key ?? null, value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength) });
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** A compacted topic. Read by a private group that never commits, to the end that the partition had when it was asked. */
export function createKafkaKeyedLog(kafka: Kafka, topic: string, writer: LogWriter): KeyedLog {
  const boundsOf = async (partition: number) => {
    const admin = kafka.admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
    return offsets.find((one) => one.partition === partition);
  };
  return {
    write: (partition, entries) => writer.append(partition, entries),
    end: async (partition) => BigInt((await boundsOf(partition))?.high ?? 0),
    async read(partition) {
      const found = new Map<string, Uint8Array>();
      const own = await boundsOf(partition);
      const end = BigInt(own?.high ?? 0);
      if (own === undefined || BigInt(own.low) >= end) return found;
      const reader = kafka.consumer({ groupId: `${topic}-reader-${randomBytes(8).toString('hex')}`, maxWaitTimeInMs: 100 });
      try {
        await reader.connect();
        await reader.subscribe({ topics: [topic], fromBeginning: true });
        await new Promise<void>((resolve, reject) => {
          reader.on(reader.events.GROUP_JOIN, ({ payload }) => {
            const others = (payload.memberAssignment[topic] ?? []).filter((one) => one !== partition);
            if (others.length > 0) reader.pause([{ topic, partitions: others }]);
          });
          reader.on(reader.events.CRASH, ({ payload }) => reject(payload.error));
          reader
            .run({
              autoCommit: false,
              eachBatch: async ({ batch, resolveOffset }) => {
                if (batch.partition !== partition) return;
                for (const { key, value, offset } of batch.messages) {
                  if (value === null) found.delete(String(key));
                  else found.set(String(key), value);
                  resolveOffset(offset);
                }
                if (BigInt(batch.lastOffset()) + 1n >= end) resolve();
              },
            })
            .catch(reject);
        });
      } finally {
        await reader.disconnect();
      }
      return found;
    },
  };
}

export type TopicPlan = { readonly topic: string; readonly partitions: number; readonly settings: Readonly<Record<string, string>> };

/** Creates the topics that are not there; throws when one that is has another number of partitions. */
export async function ensureTopics(kafka: Kafka, plans: readonly TopicPlan[], replication: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const there = new Set(await admin.listTopics());
    const missing = plans.filter(({ topic }) => !there.has(topic));
    if (missing.length > 0)
      await admin
        .createTopics({
          waitForLeaders: true,
          topics: missing.map(({ topic, partitions, settings }) => ({
            topic,
            numPartitions: partitions,
            replicationFactor: replication,
            configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
          })),
        })
        // Another process may have been quicker; what counts is checked below.
        .catch(() => undefined);
    const { topics } = await admin.fetchTopicMetadata({ topics: plans.map(({ topic }) => topic) });
    for (const { topic, partitions } of plans) {
      const found = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
      if (found !== partitions)
        throw new WardlineError(
          'transport',
          `topic ${topic} has ${found} partitions, the settings say ${partitions}; groups live in partitions, so their number cannot change: use another prefix`,
        );
    }
  } finally {
    await admin.disconnect();
  }
}

/** Partitions of a topic. */
export async function partitionsOf(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length ?? 0;
  } catch (error) {
    throw new WardlineError('transport', `no such topic: ${topic}`, { cause: error, retryable: true });
  } finally {
    await admin.disconnect();
  }
}

import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { WardlineError } from '../shared/errors.ts';

export type KafkaRecord = { readonly key: string; readonly value: string; readonly headers: Readonly<Record<string, string>> };

/** `too-large`: the broker never takes this record; `failed`: it may have been written or not, and is sent again. */
export type Appended = 'written' | { readonly problem: 'failed' | 'too-large'; readonly reason: string };

/** Appends to topics, acknowledged by all replicas that are in sync. */
export type KafkaWriter = {
  /** Throws WardlineError `sink` when the topic is not there or the cluster cannot be reached. */
  partitionsOf(topic: string): Promise<number>;
  append(topic: string, partition: number, records: readonly KafkaRecord[]): Promise<Appended>;
  close(): Promise<void>;
};

/**
 * One partition for each `send`, one at a time, and the answer must name it: over two partitions the client can resolve
 * although one of them was never written. After a failure nothing is known of the producer, so a new one takes over.
 */
export function createKafkaWriter(kafka: Kafka): KafkaWriter {
  let producer: Producer | undefined;
  const open = async (): Promise<Producer> => {
    if (producer !== undefined) return producer;
    const fresh = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2000 },
    });
    await fresh.connect();
    producer = fresh;
    return fresh;
  };
  const drop = async (): Promise<void> => {
    const old = producer;
    producer = undefined;
    await old?.disconnect().catch(() => undefined);
  };
  return {
    async partitionsOf(topic) {
      const admin = kafka.admin({ retry: { retries: 2, initialRetryTime: 200 } });
      try {
        await admin.connect();
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        const count = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
        if (count === 0) throw new Error('it has no partitions');
        return count;
      } catch (error) {
        throw new WardlineError('sink', `Kafka topic ${topic}: ${kindOf(error)}`, { cause: error, retryable: true });
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
    },
    async append(topic, partition, records) {
      try {
        const sender = await open();
        const messages = records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers }, partition }));
        const answer = await sender.send({ topic, acks: -1, timeout: 10_000, messages });
        const mine = answer.find((one) => one.partition === partition);
        if (mine?.errorCode === 0 && mine.baseOffset !== undefined && Number(mine.baseOffset) >= 0) return 'written';
        await drop();
        return { problem: 'failed', reason: 'the answer does not name the partition' };
      } catch (error) {
        await drop();
        const reason = kindOf(error);
        return { problem: reason === 'MESSAGE_TOO_LARGE' ? 'too-large' : 'failed', reason };
      }
    },
    close: drop,
  };
}

/** The protocol's name of an error, or the first words of its text. */
function kindOf(error: unknown): string {
  const { type, cause, message } = error as { type?: unknown; cause?: unknown; message?: unknown };
  if (typeof type === 'string') return type;
  const inner = (cause as { type?: unknown } | undefined)?.type;
  return typeof inner === 'string' ? inner : String(message).slice(0, 100);
}

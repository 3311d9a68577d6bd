import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/shared/logger.ts';
import { createKafkaKeyedLog, createKafkaWriter, ensureTopics } from '../../src/transport/kafka-log.ts';
import { createKafkaSubscription } from '../../src/transport/kafka-subscription.ts';
import { describeSharedCheckpointsContract } from '../contract/checkpoints-contract.ts';
import { checkpointsIn } from '../support/keyed-checkpoints.ts';
import { createTopic, kafka, skipped } from './servers.ts';

const unique = (): string => `t-${randomBytes(4).toString('hex')}`;

describe.skipIf(skipped !== undefined)('Kafka between the stages', () => {
  const writers: { close(): Promise<void> }[] = [];
  afterAll(() => Promise.all(writers.map((writer) => writer.close())));
  const writerTo = (topic: string, partitions: number) => {
    const writer = createKafkaWriter(kafka(), topic, partitions);
    writers.push(writer);
    return writer;
  };

  describeSharedCheckpointsContract('a compacted Kafka topic', async () => {
    const topic = unique();
    await ensureTopics(kafka(), [{ topic, partitions: 2, settings: { 'cleanup.policy': 'compact' } }], 1);
    return checkpointsIn(createKafkaKeyedLog(kafka(), topic, writerTo(topic, 2)));
  });

  test('a topic of another number of partitions is refused, with what to do', async () => {
    const topic = unique();
    await createTopic(topic, 3);
    await expect(ensureTopics(kafka(), [{ topic, partitions: 4, settings: {} }], 1)).rejects.toThrow(/has 3 partitions.*another prefix/);
  });

  test('many callers at once: every record once, those of one caller in his order, in fewer requests than calls', async () => {
    const topic = unique();
    await createTopic(topic, 2);
    const client = kafka();
    let requests = 0;
    const counting = new Proxy(client, {
      get: (target, name) =>
        name !== 'producer'
          ? Reflect.get(target, name)
          : (settings: never) => {
              const producer = target.producer(settings);
              const send: typeof producer.send = (record) => {
                requests++;
                return producer.send(record);
              };
              return { ...producer, send };
            },
    });
    const writer = createKafkaWriter(counting, topic, 2);
    writers.push(writer);
    const [callers, calls] = [8, 20];
    const call = async (caller: number): Promise<void> => {
      for (let n = 0; n < calls; n++) await writer.append(caller % 2, [{ key: String(caller), value: Buffer.from(`${caller} ${n}`) }]);
    };
    await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
    expect(requests).toBeLessThan((callers * calls) / 2);
    const got = new Map<string, string[]>();
    const stop = new AbortController();
    let taken = 0;
    await createKafkaSubscription(kafka(), { topic, groupId: unique(), sessionTimeoutMs: 6000, logger: silentLogger }).run(
      async (owned) => {
        for await (const entries of owned.read(0n)) {
          for (const { key = '', value } of entries) got.set(key, [...(got.get(key) ?? []), String(value)]);
          taken += entries.length;
          if (taken === callers * calls) stop.abort();
        }
      },
      stop.signal,
    );
    for (let caller = 0; caller < callers; caller++)
      expect(got.get(String(caller))).toEqual(Array.from({ length: calls }, (_, n) => `${caller} ${n}`));
  });

  test('a worker starts where it says, not where the group stands, and gets every record once and in order', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    const writer = writerTo(topic, 1);
    await writer.append(
      0,
      Array.from({ length: 1500 }, (_, n) => ({ key: 'k', value: Buffer.from(String(n)) })),
    );
    const groupId = unique();
    for (const [from, told] of [
      [0, 1000n],
      [400, 1500n],
    ] as const) {
      const stop = new AbortController();
      const got: string[] = [];
      const subscription = createKafkaSubscription(kafka(), { topic, groupId, sessionTimeoutMs: 6000, logger: silentLogger });
      await subscription.run(async (owned) => {
        const committed = await owned.committed();
        expect(committed?.offset).toBe(from === 0 ? undefined : 1000n);
        expect(await owned.bounds()).toEqual({ low: 0n, high: 1500n });
        for await (const entries of owned.read(BigInt(from))) {
          for (const { value } of entries) got.push(String(Buffer.from(value ?? [])));
          if (got.length === 1500 - from) stop.abort();
        }
        await owned.commit({ offset: told, metadata: `{"from":${from}}` });
      }, stop.signal);
      expect(got).toEqual(Array.from({ length: 1500 - from }, (_, n) => String(n + from)));
    }
  });

  test('a position beyond the end is another log: it is an error, and never goes on from there in silence', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    await writerTo(topic, 1).append(0, [{ key: 'k', value: Buffer.from('one') }]);
    const stop = new AbortController();
    const said: string[] = [];
    const subscription = createKafkaSubscription(kafka(), { topic, groupId: unique(), sessionTimeoutMs: 6000, logger: silentLogger });
    await subscription.run(async (owned) => {
      try {
        for await (const entries of owned.read(2n)) said.push(`${entries.length} entries`);
      } catch (error) {
        said.push(String(error));
      }
      stop.abort();
    }, stop.signal);
    expect(said).toEqual([expect.stringMatching(/partition 0, ends at offset 1, and everything below 2 was read/)]);
  });
});

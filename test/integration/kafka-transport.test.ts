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

import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/shared/logger.ts';
import { createKafkaSource } from '../../src/source/kafka.ts';
import { kafkaSourceSettings } from '../../src/source/settings.ts';
import type { Batch } from '../../src/source/source.ts';
import { registerKafkaCodecs } from '../../src/transport/kafka-codecs.ts';
import { createStepClock } from '../support/step-clock.ts';
import { createTopic, kafka, kafkaUrl, produce, skipped } from './servers.ts';

const unique = (): string => `t-${randomBytes(4).toString('hex')}`;
const sourceFor = (topics: readonly string[], groupId = unique()) =>
  createKafkaSource(kafkaSourceSettings.parse({ kind: 'kafka', name: 'k', brokers: [kafkaUrl], topics, groupId }), silentLogger);
const text = ({ records }: Batch): string[] => records.map(({ bytes }) => (bytes === null ? 'null' : Buffer.from(bytes).toString()));

/** Reads until `enough` records came, then stops as the engine does. */
async function readSome(topics: readonly string[], enough: number, positions = new Map<number, bigint>(), groupId = unique()) {
  const source = sourceFor(topics, groupId);
  const stop = new AbortController();
  const batches: Batch[] = [];
  const next = new Map(positions);
  let count = 0;
  for await (const batch of source.batches(positions, stop.signal)) {
    batches.push(batch);
    const last = batch.records.at(-1);
    if (last !== undefined) next.set(batch.partition, last.offset + 1n);
    count += batch.records.length;
    if (count >= enough) stop.abort();
  }
  await source.commit(next);
  await source.close();
  return { batches, positions: next };
}

describe.skipIf(skipped !== undefined)('the Kafka source', () => {
  test('gives every record of every partition once, in order, whatever the codec', async () => {
    registerKafkaCodecs();
    const topic = unique();
    await createTopic(topic, 2);
    const producer = kafka().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const { None, GZIP, ZSTD, LZ4, Snappy } = kafkajs.CompressionTypes;
    const codecs = [None, GZIP, ZSTD, LZ4, Snappy];
    for (const [i, compression] of codecs.entries()) {
      await producer.send({
        topic,
        compression,
        messages: [0, 1].flatMap((partition) => [0, 1].map((n) => ({ partition, value: `${i}.${n}` }))),
      });
    }
    await producer.disconnect();
    const { batches } = await readSome([topic], 4 * codecs.length);
    for (const partition of [0, 1]) {
      const own = batches.filter((batch) => batch.partition === partition);
      expect(own.flatMap(text)).toEqual(codecs.flatMap((_, i) => [`${i}.0`, `${i}.1`]));
      expect(own.flatMap(({ records }) => records.map(({ offset }) => Number(offset)))).toEqual(
        codecs.flatMap((_, i) => [2 * i, 2 * i + 1]),
      );
    }
  });

  test('a tombstone is a record without bytes, headers are text', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    const producer = kafka().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'a', value: null, headers: { 'content-type': 'application/json' } }] });
    await producer.disconnect();
    const [batch] = (await readSome([topic], 1)).batches;
    expect(batch?.records[0]?.bytes).toBeNull();
    expect(batch?.records[0]?.headers.get('content-type')).toBe('application/json');
  });

  test("topics of a pattern are read, also one that comes later; Kafka's own are not", async () => {
    const prefix = unique();
    await createTopic(`${prefix}.a`, 1);
    await produce(`${prefix}.a`, [{ value: 'first' }]);
    const clock = createStepClock();
    const settings = kafkaSourceSettings.parse({
      kind: 'kafka',
      name: 'k',
      brokers: [kafkaUrl],
      topicPattern: `^${prefix}\\.`,
      groupId: unique(),
    });
    const source = createKafkaSource(settings, silentLogger, { clock });
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const batch of source.batches(new Map(), stop.signal)) {
      seen.push(...text(batch).map((value) => `${batch.partition} ${value}`));
      if (seen.length === 1) {
        await createTopic(`${prefix}.b`, 1);
        await produce(`${prefix}.b`, [{ value: 'second' }]);
        void clock.tick();
      }
      if (seen.length === 2) stop.abort();
    }
    await source.close();
    expect(seen).toEqual(['0 first', '1000000 second']);
  });

  test('starts where the engine says, whatever the group committed, and tells the broker for lag', async () => {
    const topic = unique();
    const groupId = unique();
    await createTopic(topic, 1);
    await produce(
      topic,
      ['a', 'b', 'c', 'd'].map((value) => ({ value })),
    );
    await readSome([topic], 4, new Map(), groupId);
    const again = await readSome([topic], 2, new Map([[0, 2n]]), groupId);
    expect(again.batches.flatMap(text)).toEqual(['c', 'd']);
    const admin = kafka().admin();
    await admin.connect();
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    await admin.disconnect();
    expect(committed?.partitions).toMatchObject([{ partition: 0, offset: '4' }]);
  });

  test('records that retention removed are a gap with its range, and reading goes on behind it', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    await produce(
      topic,
      ['a', 'b', 'c', 'd'].map((value) => ({ value })),
    );
    const admin = kafka().admin();
    await admin.connect();
    // The client deletes only where it has asked before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
    await admin.disconnect();
    const { batches } = await readSome([topic], 1, new Map([[0, 1n]]));
    expect(batches.find(({ gap }) => gap !== undefined)?.gap).toEqual({ from: 1n, to: 3n, cause: 'expired' });
    expect(batches.flatMap(text)).toEqual(['d']);
  });

  test('a position beyond the end of the log is a gap: the topic was cut or made anew', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    await produce(topic, [{ value: 'a' }]);
    const source = sourceFor([topic]);
    const stop = new AbortController();
    for await (const batch of source.batches(new Map([[0, 9n]]), stop.signal)) {
      expect(batch.gap).toEqual({ from: 1n, to: 9n, cause: 'truncated' });
      stop.abort();
    }
    await source.close();
  });

  test('a topic that is not there is an error that names it', async () => {
    await expect(readSome(['no-such-topic'], 1)).rejects.toThrow(/no-such-topic|UNKNOWN_TOPIC|does not host/i);
  });

  test('a second member of the group takes its share, and no record is lost when it leaves', async () => {
    const topic = unique();
    const groupId = unique();
    await createTopic(topic, 4);
    const seen = new Set<string>();
    const read = async (source: ReturnType<typeof sourceFor>, signal: AbortSignal): Promise<void> => {
      for await (const batch of source.batches(new Map(), signal)) for (const value of text(batch)) seen.add(value);
    };
    const [one, two] = [sourceFor([topic], groupId), sourceFor([topic], groupId)];
    const [stopOne, stopTwo] = [new AbortController(), new AbortController()];
    const first = read(one, stopOne.signal);
    const values = Array.from({ length: 200 }, (_, i) => `v${i}`);
    await produce(
      topic,
      values.slice(0, 100).map((value, i) => ({ value, partition: i % 4 })),
    );
    const second = read(two, stopTwo.signal);
    await until(() => seen.size >= 100);
    stopTwo.abort();
    await second;
    await two.close();
    await produce(
      topic,
      values.slice(100).map((value, i) => ({ value, partition: i % 4 })),
    );
    await until(() => seen.size >= 200);
    stopOne.abort();
    await first;
    await one.close();
    expect([...seen].sort()).toEqual([...values].sort());
  });
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 50));
}

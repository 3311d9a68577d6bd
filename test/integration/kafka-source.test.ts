import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/shared/logger.ts';
import { topicNumbers } from '../../src/source/kafka/numbering.ts';
import { createKafkaSource } from '../../src/source/kafka.ts';
import { createMemoryRegister } from '../../src/source/register.ts';
import { kafkaSourceSettings } from '../../src/source/settings.ts';
import type { Batch } from '../../src/source/source.ts';
import { registerKafkaCodecs } from '../../src/transport/kafka-codecs.ts';
import { createStepClock } from '../support/step-clock.ts';
import { createTopic, eventually, kafka, kafkaUrl, produce, skipped } from './servers.ts';

const unique = (): string => `t-${randomBytes(4).toString('hex')}`;
const sourceFor = (topics: readonly string[], groupId = unique(), register = createMemoryRegister()) =>
  createKafkaSource(kafkaSourceSettings.parse({ kind: 'kafka', name: 'k', brokers: [kafkaUrl], topics, groupId }), silentLogger, {
    register,
  });

/** Deletes a topic and makes one of the same name. */
async function remake(topic: string): Promise<void> {
  const admin = kafka().admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await eventually(
    () => admin.listTopics(),
    (topics) => !topics.includes(topic),
  );
  await eventually(
    () =>
      admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] }).then(
        () => true,
        () => false,
      ),
    (made) => made,
  );
  await admin.disconnect();
}
const text = ({ records }: Batch): string[] => records.map(({ bytes }) => (bytes === null ? 'null' : Buffer.from(bytes).toString()));

/** Reads until `enough` records came, then stops as the engine does. */
async function readSome(
  topics: readonly string[],
  enough: number,
  positions = new Map<number, bigint>(),
  groupId = unique(),
  register = createMemoryRegister(),
) {
  const source = sourceFor(topics, groupId, register);
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
    const batch = (await readSome([topic], 1)).batches.find(({ awaits }) => awaits === undefined);
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

  test('a position beyond the end of the log stops the source: the topic was cut or made anew', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    await produce(topic, [{ value: 'a' }]);
    await expect(readSome([topic], 1, new Map([[0, 9n]]))).rejects.toThrow(
      /k: t-\w+, partition 0, is not the log that was read before: the log ends at offset 1, .*wardline source reset k --topic t-/,
    );
  });

  test('a topic that was made anew is seen though it has grown past the position, and read after a reset under other numbers', async () => {
    const topic = unique();
    const register = createMemoryRegister();
    await createTopic(topic, 1);
    await produce(
      topic,
      ['a', 'b', 'c'].map((value) => ({ value })),
    );
    const first = await readSome([topic], 3, new Map(), unique(), register);
    await remake(topic);
    await produce(
      topic,
      ['A', 'B', 'C', 'D', 'E'].map((value) => ({ value })),
    );
    await expect(readSome([topic], 1, first.positions, unique(), register)).rejects.toThrow(
      /another record is at offset 2, which was read/,
    );
    topicNumbers(register, topic)?.retire();
    const again = await readSome([topic], 5, first.positions, unique(), register);
    expect(again.batches.flatMap(text)).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(again.batches.every(({ partition }) => partition === 1_000_000)).toBe(true);
  });

  test('a mark that is older than the position is read again and nothing else is; the same log goes on', async () => {
    const topic = unique();
    const register = createMemoryRegister();
    await createTopic(topic, 1);
    await produce(
      topic,
      Array.from({ length: 50 }, (_, i) => ({ value: `${i}` })),
    );
    await readSome([topic], 50, new Map(), unique(), register);
    const stored = register.marks().get(0);
    expect(stored).toMatch(/^49 [0-9a-f]{64}$/);
    await produce(topic, [{ value: 'more' }]);
    const next = await readSome([topic], 1, new Map([[0, 50n]]), unique(), register);
    expect(next.batches.flatMap(text)).toEqual(['more']);
    register.mark(0, stored as string);
    await produce(topic, [{ value: 'and more' }]);
    const later = await readSome([topic], 1, new Map([[0, 51n]]), unique(), register);
    expect(later.batches.flatMap(text)).toEqual(['and more']);
  });

  test('a topic that is made anew while it is read stops the source, whatever the client jumps to', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    await produce(
      topic,
      ['a', 'b', 'c'].map((value) => ({ value })),
    );
    const source = sourceFor([topic]);
    let count = 0;
    const seen: string[] = [];
    const reading = (async () => {
      for await (const batch of source.batches(new Map(), new AbortController().signal)) {
        seen.push(...text(batch));
        count += batch.records.length;
        if (count !== 3) continue;
        await remake(topic);
        await produce(topic, [{ value: 'A' }]);
      }
    })();
    await expect(reading).rejects.toThrow(/is not the log that was read before/);
    await source.close();
    expect(seen).toEqual(['a', 'b', 'c']);
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

import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/shared/logger.ts';
import { createElasticsearchSink } from '../../src/sink/elasticsearch.ts';
import { createKafkaSink } from '../../src/sink/kafka/index.ts';
import { kafkaSinkSettings } from '../../src/sink/kafka/settings.ts';
import { elasticsearchSinkSettings } from '../../src/sink/settings.ts';
import { describeSinkContract, type SinkHarness, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { createTopic, elasticsearchUrl, kafka, kafkaUrl, search, skipped } from './servers.ts';

type Document = { readonly event: { readonly id: string }; readonly message: string };
let run = 0;
const fresh = (): string => `sink${process.pid}x${run++}`;
const live = new AbortController().signal;

/** Everything on a topic now, in the order of its partitions. */
async function readTopic(topic: string) {
  const admin = kafka().admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const wanted = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const found: {
    readonly partition: number;
    readonly offset: number;
    readonly id: string;
    readonly key: string;
    readonly document: Document & { wardline: { alert: { stage: string } } };
  }[] = [];
  if (wanted === 0) return found;
  const consumer = kafka().consumer({ groupId: fresh() });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const all = Promise.withResolvers<void>();
  await consumer.run({
    autoCommit: false,
    async eachMessage({ partition, message }) {
      const document = JSON.parse(String(message.value)) as (typeof found)[number]['document'];
      found.push({ partition, offset: Number(message.offset), id: String(message.headers?.['id']), key: String(message.key), document });
      if (found.length >= wanted) all.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
  return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

describe.skipIf(skipped !== undefined)(`sinks and their real servers${skipped === undefined ? '' : ` (skipped: ${skipped})`}`, () => {
  describeSinkContract('Kafka, a real broker', {
    says: [],
    perAlert: false,
    text: 'exact',
    async start(logger): Promise<SinkHarness> {
      const topic = fresh();
      await createTopic(topic, 1);
      const sink = createKafkaSink(kafkaSinkSettings.parse({ kind: 'kafka', name: 'bus', brokers: [kafkaUrl], topic }), logger);
      const taken = async (): Promise<readonly Taken[]> =>
        (await readTopic(topic)).map(({ id, document }) => ({ id, message: document.message }));
      return { sink, taken, answer: () => undefined, close: async () => undefined };
    },
  });

  describeSinkContract('Elasticsearch, a real server', {
    says: [],
    perAlert: false,
    text: 'exact',
    async start(logger): Promise<SinkHarness> {
      const namespace = fresh();
      const sink = createElasticsearchSink(
        elasticsearchSinkSettings.parse({ kind: 'elasticsearch', node: elasticsearchUrl, insecure: true, namespace }),
        logger,
      );
      const taken = async (): Promise<readonly Taken[]> =>
        (await search(`wardline-alerts-${namespace}-*`))
          .map(({ _id, _source }) => ({ id: _id, message: String(_source['message']) }))
          .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
      return { sink, taken, answer: () => undefined, close: async () => undefined };
    },
  });

  test('Kafka: all steps of an alert lie in one partition, in order; alerts spread over partitions', async () => {
    const topic = fresh();
    await createTopic(topic, 4);
    const sink = createKafkaSink(kafkaSinkSettings.parse({ kind: 'kafka', name: 'bus', brokers: [kafkaUrl], topic }), silentLogger);
    const steps = ['opened', 'continued', 'closed'] as const;
    const alerts = steps.flatMap((stage) =>
      Array.from({ length: 20 }, (_, i) => anAlert({ id: `${i}-${stage}`, alert: `alert${i}`, stage })),
    );
    const outcomes = await sink.write(alerts, live);
    expect(outcomes.every(({ outcome }) => outcome === 'stored')).toBe(true);
    await sink.close();
    const found = await readTopic(topic);
    for (let i = 0; i < 20; i++) {
      const mine = found.filter(({ key }) => key === `alert${i}`);
      expect(mine.map(({ document }) => document.wardline.alert.stage)).toEqual(steps);
      expect(new Set(mine.map(({ partition }) => partition)).size).toBe(1);
    }
    expect(new Set(found.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  test('Kafka: an alert the broker finds too large is rejected alone', async () => {
    const topic = fresh();
    const admin = kafka().admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '20000' }] }],
    });
    await admin.disconnect();
    const sink = createKafkaSink(kafkaSinkSettings.parse({ kind: 'kafka', name: 'bus', brokers: [kafkaUrl], topic }), silentLogger);
    const outcomes = await sink.write(
      [anAlert({ id: 'a' }), anAlert({ id: 'big', message: 'x'.repeat(40_000) }), anAlert({ id: 'c' })],
      live,
    );
    expect(outcomes).toMatchObject([
      { outcome: 'stored' },
      { id: 'big', outcome: 'rejected', reason: 'MESSAGE_TOO_LARGE' },
      { outcome: 'stored' },
    ]);
    await sink.close();
  });

  test('Kafka: without the topic or the broker nothing is lost, and the topic is not made', async () => {
    const missing = createKafkaSink(
      kafkaSinkSettings.parse({ kind: 'kafka', name: 'bus', brokers: [kafkaUrl], topic: fresh() }),
      silentLogger,
    );
    await expect(missing.write([anAlert()], live)).rejects.toMatchObject({ code: 'sink', retryable: true });
    const nobody = createKafkaSink(
      kafkaSinkSettings.parse({ kind: 'kafka', name: 'bus', brokers: ['127.0.0.1:1'], topic: 'x' }),
      silentLogger,
    );
    await expect(nobody.write([anAlert()], live)).rejects.toMatchObject({ code: 'sink', retryable: true });
  });
});

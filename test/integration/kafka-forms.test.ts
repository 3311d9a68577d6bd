import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { createKafkaSource } from '../../src/source/kafka.ts';
import { createSchemaRegistry } from '../../src/source/schema-registry.ts';
import { kafkaSourceSettings } from '../../src/source/settings.ts';
import { readFrom } from '../contract/source-contract.ts';
import { otlpMessage } from '../support/protobuf.ts';
import { startRegistry } from '../support/schema-registry.ts';
import { createTopic, kafka, kafkaUrl, skipped } from './servers.ts';

const unique = (): string => `f-${randomBytes(4).toString('hex')}`;
const TRACE = '5b8efff798038103d269b633813fc60c';
const EXPORT = {
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1763625600000000000', body: { stringValue: 'from otlp' } }] }] }],
};

describe.skipIf(skipped !== undefined)('forms of Kafka values', () => {
  test('Avro by a registry, OTLP protobuf plain and compressed, JSON with the trace of its headers', async () => {
    const registry = await startRegistry({ 7: { schema: '{"type":"record","name":"U","fields":[{"name":"message","type":"string"}]}' } });
    const topic = unique();
    await createTopic(topic, 1);
    const producer = kafka().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({
      topic,
      messages: [
        { value: Buffer.concat([Buffer.from([0, 0, 0, 0, 7, 18]), Buffer.from('from avro')]) },
        { value: otlpMessage(EXPORT) },
        { value: gzipSync(otlpMessage(EXPORT)) },
        { value: '{"message":"from json"}', headers: { traceparent: `00-${TRACE}-eee19b7ec3c1b174-01` } },
        { value: Buffer.from([0, 0, 0, 0, 8, 1]) },
      ],
    });
    await producer.disconnect();
    const settings = kafkaSourceSettings.parse({ kind: 'kafka', name: 'k', brokers: [kafkaUrl], topics: [topic], groupId: unique() });
    const source = createKafkaSource(settings, silentLogger, {
      registry: createSchemaRegistry({ url: registry.url }, { source: 'k', clock: systemClock, logger: silentLogger }),
    });
    const { records } = await readFrom(source, new Map(), (found) => found.length >= 5);
    await source.close();
    await registry.close();
    const normalizer = createNormalizer({});
    const results = records.map((record) => ({ record, ...decode(record, DEFAULT_LIMITS) }));
    const documents = results.flatMap(({ record, documents: found }) => found.map((one) => normalizer.normalize(record, one).toEcs()));
    expect(documents.map((document) => document['message'])).toEqual(['from avro', 'from otlp', 'from otlp', 'from json']);
    expect(documents[3]).toMatchObject({ trace: { id: TRACE }, span: { id: 'eee19b7ec3c1b174' } });
    expect(results.flatMap(({ deadLetters }) => deadLetters)).toMatchObject([{ reason: 'unknown-schema', record: { offset: 4n } }]);
  });
});

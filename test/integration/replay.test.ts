import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/shared/clock.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { createElasticsearchSource } from '../../src/source/elasticsearch.ts';
import { createKafkaRange } from '../../src/source/kafka/range.ts';
import { kafkaSourceSettings } from '../../src/source/settings.ts';
import type { Source } from '../../src/source/source.ts';
import { createTopic, elasticsearchUrl, kafka, kafkaUrl, produce, skipped } from './servers.ts';

const unique = (): string => `replay-${randomBytes(4).toString('hex')}`;
const OPEN = { since: undefined, until: undefined };

async function textsOf(source: Source): Promise<{ texts: string[]; ended: number }> {
  const texts: string[] = [];
  let ended = 0;
  for await (const { records, end } of source.batches(new Map(), new AbortController().signal)) {
    texts.push(...records.map(({ bytes }) => Buffer.from(bytes ?? '').toString()));
    if (end) ended++;
  }
  await source.close();
  return { texts, ended };
}

describe.skipIf(skipped)('a replay of Kafka', () => {
  const range = (topic: string, between = OPEN) =>
    createKafkaRange(
      kafkaSourceSettings.parse({ kind: 'kafka', name: 'k', brokers: [kafkaUrl], topics: [topic], groupId: 'engine' }),
      between,
      { logger: silentLogger, clock: systemClock },
    );

  test('reads what stands in the topic, each partition to its end, and leaves no group behind', async () => {
    const topic = unique();
    await createTopic(topic, 3);
    await produce(
      topic,
      [0, 1, 2, 3, 4].map((n) => ({ value: `v${n}`, partition: n % 2 })),
    );
    const { texts, ended } = await textsOf(range(topic));
    expect(texts.sort()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4']);
    expect(ended).toBe(3);
    const admin = kafka().admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    expect(groups.filter(({ groupId }) => groupId.startsWith('wardline-replay'))).toEqual([]);
    await admin.disconnect();
  });

  test('reads between two append times', async () => {
    const topic = unique();
    await createTopic(topic, 1);
    await produce(topic, [{ value: 'before' }]);
    await new Promise((done) => setTimeout(done, 50));
    const since = Date.now();
    await produce(topic, [{ value: 'inside' }]);
    await new Promise((done) => setTimeout(done, 50));
    const until = Date.now();
    await produce(topic, [{ value: 'after' }]);
    expect((await textsOf(range(topic, { since, until } as never))).texts).toEqual(['inside']);
    expect((await textsOf(range(topic, { since: until + 3_600_000, until: undefined } as never))).texts).toEqual([]);
  });
});

describe.skipIf(skipped)('a replay of an index', () => {
  test('reads every document once, in the order of time, over several pages', async () => {
    const index = unique();
    const put = (path: string, body: string, type = 'application/json') =>
      fetch(`${elasticsearchUrl}${path}`, { method: 'POST', headers: { 'content-type': type }, body });
    await fetch(`${elasticsearchUrl}/${index}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mappings: { properties: { '@timestamp': { type: 'date' } } } }),
    });
    const lines = Array.from(
      { length: 2500 },
      (_, n) =>
        `{"index":{}}\n${JSON.stringify({ '@timestamp': new Date(Date.UTC(2026, 10, 20) + ((n * 7919) % 2500) * 1000).toISOString(), n })}`,
    );
    await put(`/${index}/_bulk?refresh=true`, `${lines.join('\n')}\n`, 'application/x-ndjson');
    const source = (between = OPEN) => createElasticsearchSource({ name: 'es', node: elasticsearchUrl, index, ...between });
    const { texts, ended } = await textsOf(source());
    const times = texts.map((text) => JSON.parse(text)['@timestamp'] as string);
    expect(times).toEqual([...times].sort());
    expect(new Set(texts).size).toBe(2500);
    expect(ended).toBe(1);
    const start = Date.UTC(2026, 10, 20);
    expect((await textsOf(source({ since: start + 10_000, until: start + 20_000 } as never))).texts).toHaveLength(10);
  });

  test('says which index it cannot read', async () => {
    await expect(textsOf(createElasticsearchSource({ name: 'es', node: elasticsearchUrl, index: 'nowhere', ...OPEN }))).rejects.toThrow(
      /index nowhere/,
    );
  });
});

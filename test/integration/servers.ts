import kafkajs, { type Kafka, logLevel } from 'kafkajs';
import { inject } from 'vitest';

const servers = inject('servers');

/** Why tests that need servers are skipped; undefined when they are there. */
export const skipped = 'skipped' in servers ? servers.skipped : undefined;
export const kafkaUrl = 'kafka' in servers ? servers.kafka : '';
export const elasticsearchUrl = 'elasticsearch' in servers ? servers.elasticsearch : '';

export function kafka(): Kafka {
  return new kafkajs.Kafka({ clientId: 'test', brokers: [kafkaUrl], logLevel: logLevel.NOTHING });
}

export async function createTopic(topic: string, partitions: number): Promise<void> {
  const admin = kafka().admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
  await admin.disconnect();
}

export async function produce(
  topic: string,
  messages: readonly { readonly value: string | Buffer | null; readonly key?: string; readonly partition?: number }[],
): Promise<void> {
  const producer = kafka().producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, messages: messages.map((message) => ({ ...message })) });
  await producer.disconnect();
}

/** Asks until the answer satisfies, or fails with the last one; bounded by the test's own time-out. */
export async function eventually<T>(ask: () => Promise<T>, enough: (answer: T) => boolean, limitMs = 30_000): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (enough(answer) || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function search(
  index: string,
): Promise<readonly { readonly _id: string; readonly _index: string; readonly _source: Record<string, unknown> }[]> {
  await fetch(`${elasticsearchUrl}/${index}/_refresh`, { method: 'POST' });
  const answer = await fetch(`${elasticsearchUrl}/${index}/_search?size=1000`);
  // Not there yet, or its shards are just being made: whoever waits for documents asks again.
  if (answer.status === 404 || answer.status === 503) return [];
  if (!answer.ok) throw new Error(`the search answered ${answer.status}: ${await answer.text()}`);
  const { hits } = (await answer.json()) as { hits: { hits: { _id: string; _index: string; _source: Record<string, unknown> }[] } };
  return hits.hits;
}

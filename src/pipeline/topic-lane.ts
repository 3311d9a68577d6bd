import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/settings.ts';
import type { CanarySettings } from '../evidence/canary-settings.ts';
import type { Clock } from '../shared/clock.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Store } from '../store/store.ts';
import { createKafkaClient } from '../transport/kafka-client.ts';
import { createKafkaWriter, type KafkaWriter } from '../transport/kafka-writer.ts';
import type { TopicLane } from './canaries.ts';
import { CANARY_HEADER } from './canary-mark.ts';

const KEY_NAME = 'canary-key';

/** Plants the records of canaries in the topics of Kafka sources, with the connection of the source. */
export function createTopicLane(
  { sources, canaries }: Settings,
  store: Store,
  clock: Clock,
  logger: Logger,
): TopicLane & { close(): Promise<void> } {
  const writers = new Map<string, KafkaWriter>();
  const writerOf = (canary: CanarySettings): { readonly writer: KafkaWriter; readonly topic: string } => {
    const source = sources.find(({ name }) => name === canary.source);
    const topic = source?.kind === 'kafka' ? (canary.topic ?? source.topics[0]) : undefined;
    if (source?.kind !== 'kafka' || topic === undefined) throw new WardlineError('settings', `canary ${canary.id} has no topic`);
    const writer = writers.get(source.name) ?? createKafkaWriter(createKafkaClient(`canary ${canary.id}`, source, logger));
    writers.set(source.name, writer);
    return { writer, topic };
  };
  return {
    key: keyOf(
      store,
      canaries.some(({ inject }) => inject === 'topic'),
    ),
    now: () => clock.now(),
    async append(canary, slot, records) {
      const { writer, topic } = writerOf(canary);
      // Another partition each time: over a day every one of them is proven.
      const partition = slot % (await writer.partitionsOf(topic));
      const outcome = await writer.append(
        topic,
        partition,
        records.map(({ bytes, mark }) => ({
          key: canary.id,
          value: Buffer.from(bytes).toString('utf8'),
          headers: { [CANARY_HEADER]: mark },
        })),
      );
      if (outcome !== 'written') throw new WardlineError('transport', `topic ${topic}: ${outcome.reason}`);
    },
    async close() {
      await Promise.all([...writers.values()].map((writer) => writer.close()));
    },
  };
}

/** Kept with the store: records that were planted before a restart are still known as such. */
function keyOf(store: Store, wanted: boolean): Uint8Array {
  const kept = store.reducers.load(KEY_NAME);
  if (typeof kept?.state === 'string') return Buffer.from(kept.state, 'base64');
  const key = randomBytes(32);
  if (wanted) store.transaction(() => store.reducers.save(KEY_NAME, key.toString('base64'), 0));
  return key;
}

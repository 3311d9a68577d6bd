import { randomBytes } from 'node:crypto';
import { describe, test } from 'vitest';
import { silentLogger } from '../../src/shared/logger.ts';
import { createKafkaSource } from '../../src/source/kafka.ts';
import { createMemoryRegister } from '../../src/source/register.ts';
import { kafkaSourceSettings } from '../../src/source/settings.ts';
import { describeSourceContract } from '../contract/source-contract.ts';
import { createTopic, kafkaUrl, produce, skipped } from './servers.ts';

const unique = (): string => `c-${randomBytes(4).toString('hex')}`;

if (skipped === undefined) {
  describeSourceContract({
    name: 'Kafka',
    ends: false,
    replays: true,
    input: async () => {
      const topic = unique();
      await createTopic(topic, 1);
      const register = createMemoryRegister();
      return {
        write: (texts) =>
          produce(
            topic,
            texts.map((value) => ({ value })),
          ),
        open: () =>
          createKafkaSource(
            kafkaSourceSettings.parse({ kind: 'kafka', name: 'k', brokers: [kafkaUrl], topics: [topic], groupId: unique() }),
            silentLogger,
            { register },
          ),
        async close() {},
      };
    },
  });
} else {
  describe('source contract: Kafka', () => {
    test.skip(`needs a real broker: ${skipped}`, () => {});
  });
}

import type { Admin } from 'kafkajs';
import { WardlineError } from '../../shared/errors.ts';
import type { PartitionRegister } from '../register.ts';

/** Partitions of several topics as numbers of one source. */
export type Numbering = {
  /** Throws where a topic is not there. */
  learn(admin: Admin, topics: readonly string[]): Promise<void>;
  numberOf(topic: string, partition: number): number;
  placeOf(number: number): { readonly topic: string; readonly partition: number };
};

/** Partitions per topic in one number; the register holds which topic has which block. */
const BLOCK = 1_000_000;

export function createNumbering(register: PartitionRegister): Numbering {
  const topics = new Map(register.all().map(({ number, identity }) => [number, identity]));
  const blockOf = (topic: string): number => {
    for (const [block, known] of topics) if (known === topic) return block;
    const block = Math.max(-1, ...topics.keys()) + 1;
    topics.set(block, topic);
    register.set(block, topic);
    return block;
  };
  return {
    async learn(admin, wanted) {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [...wanted] });
      const missing = wanted.filter((topic) => !found.some(({ name, partitions }) => name === topic && partitions.length > 0));
      if (missing.length > 0) throw new WardlineError('source', `no such topic: ${missing.join(', ')}`, { retryable: true });
      for (const topic of [...wanted].sort()) blockOf(topic);
    },
    numberOf: (topic, partition) => blockOf(topic) * BLOCK + partition,
    placeOf: (number) => ({ topic: topics.get(Math.floor(number / BLOCK)) ?? '', partition: number % BLOCK }),
  };
}

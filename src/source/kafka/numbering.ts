import type { Admin } from 'kafkajs';
import { WardlineError } from '../../shared/errors.ts';
import type { PartitionRegister } from '../register.ts';

/** Partitions of several topics as numbers of one source. */
export type Numbering = {
  /** Throws where a topic is not there. */
  learn(admin: Admin, topics: readonly string[]): Promise<void>;
  numberOf(topic: string, partition: number): number;
  /** An empty topic: of none that is there. */
  placeOf(number: number): { readonly topic: string; readonly partition: number };
};

/** Partitions per topic in one number; the register holds which topic has which block. */
const BLOCK = 1_000_000;
/** Between the name of a topic and the number of its block, where another log has taken its place; no topic has it in its name. */
const FORMER = '#';

/** Topics that a register has blocks of. */
export function topicsKnown(register: Pick<PartitionRegister, 'all'>): readonly string[] {
  return register.all().flatMap(({ identity }) => (identity.startsWith('{') || identity.includes(FORMER) ? [] : [identity]));
}

/** The numbers a topic has in a register; `retire` gives them up, so that what comes under its name is another log. */
export function topicNumbers(
  register: Pick<PartitionRegister, 'all' | 'set'>,
  topic: string,
): { readonly has: (number: number) => boolean; readonly retire: () => void } | undefined {
  const block = register.all().find(({ identity }) => identity === topic)?.number;
  if (block === undefined) return undefined;
  return { has: (number) => Math.floor(number / BLOCK) === block, retire: () => register.set(block, `${topic}${FORMER}${block}`) };
}

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
    placeOf(number) {
      const topic = topics.get(Math.floor(number / BLOCK)) ?? '';
      return { topic: topic.includes(FORMER) ? '' : topic, partition: number % BLOCK };
    },
  };
}

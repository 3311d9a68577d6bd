import { topicNumbers } from '../source/kafka/numbering.ts';
import type { PartitionStore, SourceReset } from '../store/partitions.ts';
import type { Engine } from './engine.ts';

export type ResetDeps = {
  readonly partitions: PartitionStore;
  readonly engine: Pick<Engine, 'step' | 'positions' | 'checkpoint'>;
  /** Told before the reset takes effect. */
  readonly observe: (reset: SourceReset) => void;
};

/**
 * Takes up what operators said of logs that others have taken the place of: the old partitions end with a gap that nobody
 * knows the end of, and the topic is read from its beginning under numbers of its own. Call before the sources are made.
 */
export function takeResets({ partitions, engine, observe }: ResetDeps): readonly SourceReset[] {
  const resets = partitions.resets();
  const numbers = resets.map(({ source, topic }) => topicNumbers(partitions.of(source), topic));
  resets.forEach((reset, i) => {
    observe(reset);
    const { source } = reset;
    for (const [partition, from] of engine.positions(source))
      if (numbers[i]?.has(partition))
        engine.step(source, { partition, records: [], gap: { from, to: undefined, cause: 'reset' }, end: true });
  });
  if (resets.length > 0)
    engine.checkpoint(() => {
      for (const known of numbers) known?.retire();
      for (const reset of resets) partitions.dropReset(reset);
    });
  return resets;
}

import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logger.ts';
import type { Source } from '../source/source.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Board } from './board.ts';
import type { Engine } from './engine.ts';

export type Checkpoints = {
  /** State, positions and evidence are made durable; sources are told how far. */
  take(): Promise<void>;
  /** As many records, or as much time, since the last one as the settings allow. */
  due(): boolean;
  /** Something waits, and has waited for as long as the settings allow. */
  overdue(): boolean;
};

export type CheckpointsDeps = {
  readonly engine: Engine;
  readonly sources: readonly Source[];
  readonly settings: Settings['engine'];
  readonly board: Board;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told before each one. */
  readonly before: () => void;
};

export function createCheckpoints({ engine, sources, settings, board, telemetry, clock, logger, before }: CheckpointsDeps): Checkpoints {
  let last = clock.now();
  const late = (): boolean => clock.now() - last >= Number(settings.checkpointInterval / 1_000_000n);
  return {
    async take() {
      before();
      const begun = performance.now();
      engine.checkpoint();
      telemetry.metrics.record('wardline.checkpoint.seconds', (performance.now() - begun) / 1000);
      last = clock.now();
      board.checkpointed();
      await Promise.all(
        sources.map((source) =>
          source
            .commit(engine.positions(source.name))
            .catch((error: unknown) => logger.warn({ source: source.name, error: String(error) }, 'the source did not take the positions')),
        ),
      );
    },
    due: () => engine.pending() >= settings.checkpointEvery || late(),
    overdue: () => engine.pending() > 0 && late(),
  };
}

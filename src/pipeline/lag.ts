import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import type { Source } from '../source/source.ts';
import type { Board } from './board.ts';
import type { Engine } from './engine.ts';

const EVERY_MS = 5000;

/** Asks sources how far behind they are: for people and probes alone, so one that does not answer holds nothing up. */
export function createLagLook(settings: Settings, sources: readonly Source[], engine: Engine, board: Board, clock: Clock): () => void {
  if (settings.admin === undefined && settings.telemetry.otlp === undefined) return () => undefined;
  let askedAt = 0;
  return () => {
    if (clock.now() - askedAt < EVERY_MS) return;
    askedAt = clock.now();
    for (const source of sources)
      void source.behind?.(engine.positions(source.name)).then(
        (lag) => lag !== undefined && board.lag(source.name, Number(lag)),
        () => undefined,
      );
  };
}

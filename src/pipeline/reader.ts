import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../shared/clock.ts';
import type { AlertDocument } from '../sink/sink.ts';
import type { Batch, Source } from '../source/source.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createBarrier } from './barrier.ts';
import type { Board } from './board.ts';
import type { Canaries } from './canaries.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Engine } from './engine.ts';
import type { Outside } from './outside.ts';
import { createSlices } from './slices.ts';

export type Reader = {
  /** Takes one source through the engine until it ends or the run stops. */
  read(source: Source): Promise<void>;
  /** Partitions that gave nothing for `idleMs` no longer hold the others back. */
  idle(idleMs: number): void;
};

export type ReaderDeps = {
  readonly engine: Engine;
  readonly sources: readonly Source[];
  readonly canaries: Canaries;
  readonly outside: Outside;
  readonly checkpoints: Checkpoints;
  readonly board: Board;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Aborts when no more is to be read. */
  readonly inputs: AbortSignal;
  readonly onAlerts: (alerts: readonly AlertDocument[]) => void;
  /** How many records a slice had that is through. */
  readonly onRecords: (records: number) => void;
};

export function createReader(deps: ReaderDeps): Reader {
  const { engine, sources, canaries, outside, checkpoints, board, telemetry, clock, inputs, onAlerts, onRecords } = deps;
  const seen = new Map<string, number>();
  const slices = createSlices();
  const announced = createBarrier(sources.filter((source) => source.announces === true).map(({ name }) => name));

  const batchesOf = async function* (source: Source): AsyncGenerator<Batch> {
    try {
      yield* source.batches(engine.positions(source.name), inputs);
    } finally {
      announced.arrive(source.name);
    }
  };

  const step = async (source: Source, batch: Batch): Promise<void> => {
    const records = canaries.take(batch.records);
    await outside.prepare(source.name, records);
    const [begunAt, begun] = [clock.now(), performance.now()];
    const fresh = engine.step(source.name, { ...batch, records });
    const tookMs = performance.now() - begun;
    slices.took(batch.records.length, tookMs);
    telemetry.metrics.record('wardline.step.seconds', tookMs / 1000, { source: source.name });
    telemetry.tracer.span('wardline.step', begunAt, clock.now(), {
      'wardline.source': source.name,
      'wardline.partition': batch.partition,
      'wardline.records': batch.records.length,
      'wardline.alerts': fresh.length,
    });
    onAlerts(fresh);
    board.took(source.name, batch, engine.newest(source.name, batch.partition));
    seen.set(`${batch.partition}/${source.name}`, clock.now());
    onRecords(batch.records.length);
    if (checkpoints.due()) await checkpoints.take();
  };

  return {
    async read(source) {
      for await (const whole of batchesOf(source)) {
        if (whole.awaits !== undefined) {
          onAlerts(engine.step(source.name, whole));
          announced.arrive(source.name);
          // Files wait for one another; partitions of a broker are read side by side, and one that gives nothing is idle.
          if (source.announces !== true) for (const one of whole.awaits) seen.set(`${one}/${source.name}`, clock.now());
          continue;
        }
        // Else the first records of one source would end windows that others have matches for.
        await announced.all;
        for (const batch of slices.of(whole)) {
          await step(source, batch);
          // Probes, receivers and operators come between two slices of one batch.
          if (batch.records.at(-1) !== whole.records.at(-1)) await setImmediate();
        }
      }
    },
    idle(idleMs) {
      for (const [key, at] of seen) {
        if (clock.now() - at < idleMs) continue;
        seen.delete(key);
        const slash = key.indexOf('/');
        onAlerts(engine.idle(key.slice(slash + 1), Number(key.slice(0, slash))));
      }
    },
  };
}

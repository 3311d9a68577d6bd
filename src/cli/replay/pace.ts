import { DEFAULT_LIMITS, decode } from '../../decode/decode.ts';
import type { RawRecord } from '../../event/raw-record.ts';
import type { Normalizer } from '../../normalize/normalizer.ts';
import type { Clock } from '../../shared/clock.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { Batch, Source } from '../../source/source.ts';

/** Lets records go as fast as they happened, or so many times as fast; all inputs of a replay share one. */
export type Pace = {
  /** How long (ms) until a record of this event time (ms) is due; the first one is due at once. */
  due(time: number): number;
};

export function createPace(speed: number, clock: Clock): Pace {
  let start: { readonly time: number; readonly at: number } | undefined;
  return {
    due(time) {
      start ??= { time, at: clock.now() };
      return start.at + (time - start.time) / speed - clock.now();
    },
  };
}

/** The factor of `--speed`; undefined: as fast as it goes. Throws `usage`. */
export function speedOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'max') return undefined;
  const speed = Number(text.replace(/x$/i, ''));
  if (text.trim() !== '' && Number.isFinite(speed) && speed > 0) return speed;
  throw new WardlineError('usage', `--speed takes how many times as fast as it happened (1, 60, 0.5) or max, not "${text}"`);
}

/** Shortest wait worth a batch of its own, ms. */
const SHORTEST_MS = 5;

/** The same source with each record no earlier than it is due. A record of an earlier time than one before it waits for nothing. */
export function paced(source: Source, normalizer: Normalizer, pace: Pace, clock: Clock): Source {
  return {
    ...source,
    async *batches(positions, signal) {
      for await (const batch of source.batches(positions, signal)) {
        let [from, gap] = [0, batch.gap];
        for (const [n, record] of batch.records.entries()) {
          const wait = pace.due(timeOf(record, normalizer));
          if (wait < SHORTEST_MS) continue;
          if (n > from) {
            const { end: _end, next: _next, ...about } = batch;
            yield { ...about, ...gapOf(gap), records: batch.records.slice(from, n), next: record.offset };
            [from, gap] = [n, undefined];
          }
          await clock.sleep(wait, signal);
          if (signal.aborted) return;
        }
        const { gap: _gap, ...rest } = batch;
        yield { ...rest, ...gapOf(gap), records: batch.records.slice(from) };
      }
    },
  };
}

const gapOf = (gap: Batch['gap']): Pick<Batch, 'gap'> => (gap === undefined ? {} : { gap });

/** When what is in a record happened, ms; when it was appended, where it cannot be read. */
function timeOf(record: RawRecord, normalizer: Normalizer): number {
  const [document] = decode(record, DEFAULT_LIMITS).documents;
  return document === undefined ? record.appendedAt : Number(normalizer.normalize(record, document).time / 1_000_000n);
}

import type { Batch } from '../source/source.ts';

/** The longest that records are worked on without letting others in, ms (one record is never cut). */
export const SLICE_MS = 20;

export type Slices = {
  /** The parts of a batch, each no longer than the last ones took time for. */
  of(batch: Batch): Iterable<Batch>;
  /** How long a slice took. */
  took(records: number, ms: number): void;
};

/**
 * Cuts batches so that one slice takes about `SLICE_MS`: by what a record took on the slices before, weighing the slow ones.
 * Where a batch is cut changes no alert: time passes by records.
 */
export function createSlices(): Slices {
  let perRecord = 0;
  const size = (): number => (perRecord === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(SLICE_MS / perRecord)));
  return {
    *of(batch) {
      const { records, gap, end, next, ...about } = batch;
      for (let from = 0; ; ) {
        const to = Math.min(records.length, from + size());
        const following = records[to];
        const first = from === 0 && gap !== undefined ? { gap } : {};
        if (following === undefined) {
          yield {
            ...about,
            records: from === 0 ? records : records.slice(from),
            ...first,
            ...(end === undefined ? {} : { end }),
            ...(next === undefined ? {} : { next }),
          };
          return;
        }
        yield { ...about, records: records.slice(from, to), ...first, next: following.offset };
        from = to;
      }
    },
    took(records, ms) {
      if (records === 0) return;
      const now = ms / records;
      // A slow slice counts at once, a fast one little by little.
      perRecord = now > perRecord ? now : perRecord * 0.8 + now * 0.2;
    },
  };
}

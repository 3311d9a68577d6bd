import { fromMs, NANOS_PER_MS, type Nanos } from '../event/time.ts';
import type { JsonValue } from '../shared/json.ts';

/** How an event stands to the newest one of its source partition. */
export type Judged = { readonly lateness: 'in_time' | 'late' };

/**
 * Lateness of one source partition, decided from that partition alone, so that it does not depend on which partition was
 * read first. The newest event time counts up to five minutes after the record was taken, whatever it claims.
 */
export type Lateness = {
  observe(time: Nanos, appendedAt: number): Judged;
  /** No earlier event is awaited; undefined before the first event. */
  watermark(): Nanos | undefined;
  /** The newest event time that counted. */
  newest(): Nanos | undefined;
  snapshot(): JsonValue;
};

const MAX_AHEAD_MS = 300_000;

export function createLateness(allowed: Nanos, snapshot?: JsonValue): Lateness {
  let newest: Nanos | undefined = typeof snapshot === 'string' ? BigInt(snapshot) : undefined;
  return {
    observe(time, appendedAt) {
      const late = newest !== undefined && time < newest - allowed;
      const limit = fromMs(appendedAt) + BigInt(MAX_AHEAD_MS) * NANOS_PER_MS;
      const counted = time > limit ? limit : time;
      if (newest === undefined || counted > newest) newest = counted;
      return late ? LATE : IN_TIME;
    },
    watermark: () => (newest === undefined ? undefined : newest - allowed),
    newest: () => newest,
    snapshot: () => (newest === undefined ? null : String(newest)),
  };
}

/** The lateness of each source partition of several. */
export function createLatenesses(allowed: Nanos) {
  const each = new Map<string, Lateness>();
  return {
    of(source: string, partition: number): Lateness {
      const key = `${partition}/${source}`;
      let lateness = each.get(key);
      if (lateness === undefined) each.set(key, (lateness = createLateness(allowed)));
      return lateness;
    },
    /** The newest event time that counted in any of them. */
    newest(): Nanos | undefined {
      let newest: Nanos | undefined;
      for (const lateness of each.values()) {
        const one = lateness.newest();
        if (one !== undefined && (newest === undefined || one > newest)) newest = one;
      }
      return newest;
    },
  };
}

const LATE: Judged = { lateness: 'late' };
const IN_TIME: Judged = { lateness: 'in_time' };

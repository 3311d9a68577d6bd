/**
 * Events per minute of one source (or one type of it), in chunks of a day so that years with few events stay small.
 * All times are minutes since the epoch, or milliseconds where the name says so.
 */
export const MINUTES_PER_DAY = 1440;
export const MS_PER_MINUTE = 60_000;

type Chunk = {
  readonly events: Uint32Array;
  readonly unparsed: Uint32Array;
  readonly late: Uint32Array;
  readonly first: Uint16Array;
  readonly last: Uint16Array;
};

export type Sums = { readonly events: number; readonly unparsed: number; readonly late: number };
/** From `from` up to, not including, `to`, in ms since the epoch. */
export type Interval = { readonly from: number; readonly to: number };

export type Series = {
  add(minute: number, events: number, unparsed: number, late: number, first: number, last: number): void;
  sums(startMinute: number, endMinute: number): Sums;
  /**
   * Parts of the interval that lie in a stretch without events longer than `limitMs`. A stretch reaches from event to
   * event, also beyond the interval; where there is none, to the edge of what is known.
   */
  silences(startMinute: number, endMinute: number, limitMs: number, known: Interval): Interval[];
  /** Length of the longest such stretch that touches the interval, in ms. */
  longestSilence(startMinute: number, endMinute: number, known: Interval): number;
  /** Ms of the first and last event of all; undefined without any. */
  bounds(): Interval | undefined;
};

export function createSeries(): Series {
  const chunks = new Map<number, Chunk>();
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let days: number[] | undefined;

  const sortedDays = (): number[] => {
    days ??= [...chunks.keys()].sort((a, b) => a - b);
    return days;
  };

  /** Calls `visit` for each minute with events in the interval, in order. */
  const visit = (start: number, end: number, each: (chunk: Chunk, index: number, minute: number) => void): void => {
    for (const day of sortedDays()) {
      const base = day * MINUTES_PER_DAY;
      const chunk = chunks.get(day);
      if (base >= end || base + MINUTES_PER_DAY <= start || chunk === undefined) continue;
      for (let i = Math.max(0, start - base); i < Math.min(MINUTES_PER_DAY, end - base); i++)
        if (chunk.events[i] !== 0) each(chunk, i, base + i);
    }
  };

  /** Neighbouring events around every silent stretch that touches the interval. */
  const stretches = (start: number, end: number, known: Interval, each: (from: number, to: number) => void): void => {
    let previous = lastBefore(start) ?? known.from;
    visit(start, end, (chunk, i, minute) => {
      each(previous, minute * MS_PER_MINUTE + (chunk.first[i] ?? 0));
      previous = minute * MS_PER_MINUTE + (chunk.last[i] ?? 0);
    });
    each(previous, firstFrom(end) ?? Math.max(known.to, end * MS_PER_MINUTE));
  };

  const lastBefore = (minute: number): number | undefined => {
    for (const day of [...sortedDays()].reverse()) {
      const base = day * MINUTES_PER_DAY;
      const chunk = chunks.get(day);
      if (base >= minute || chunk === undefined) continue;
      for (let i = Math.min(MINUTES_PER_DAY, minute - base) - 1; i >= 0; i--) {
        if (chunk.events[i] !== 0) return (base + i) * MS_PER_MINUTE + (chunk.last[i] ?? 0);
      }
    }
    return undefined;
  };

  const firstFrom = (minute: number): number | undefined => {
    for (const day of sortedDays()) {
      const base = day * MINUTES_PER_DAY;
      const chunk = chunks.get(day);
      if (base + MINUTES_PER_DAY <= minute || chunk === undefined) continue;
      for (let i = Math.max(0, minute - base); i < MINUTES_PER_DAY; i++) {
        if (chunk.events[i] !== 0) return (base + i) * MS_PER_MINUTE + (chunk.first[i] ?? 0);
      }
    }
    return undefined;
  };

  const clip = (ms: number, start: number, end: number): number => Math.min(Math.max(ms, start * MS_PER_MINUTE), end * MS_PER_MINUTE);

  return {
    add(minute, events, unparsed, late, first, last) {
      if (events === 0) return;
      const day = Math.floor(minute / MINUTES_PER_DAY);
      let chunk = chunks.get(day);
      if (chunk === undefined) {
        chunk = emptyChunk();
        chunks.set(day, chunk);
        days = undefined;
      }
      const i = minute - day * MINUTES_PER_DAY;
      const fresh = chunk.events[i] === 0;
      chunk.events[i] = (chunk.events[i] ?? 0) + events;
      chunk.unparsed[i] = (chunk.unparsed[i] ?? 0) + unparsed;
      chunk.late[i] = (chunk.late[i] ?? 0) + late;
      chunk.first[i] = fresh ? first : Math.min(first, chunk.first[i] ?? first);
      chunk.last[i] = fresh ? last : Math.max(last, chunk.last[i] ?? last);
      firstMs = Math.min(firstMs, minute * MS_PER_MINUTE + first);
      lastMs = Math.max(lastMs, minute * MS_PER_MINUTE + last);
    },
    sums(start, end) {
      let [events, unparsed, late] = [0, 0, 0];
      visit(start, end, (chunk, i) => {
        events += chunk.events[i] ?? 0;
        unparsed += chunk.unparsed[i] ?? 0;
        late += chunk.late[i] ?? 0;
      });
      return { events, unparsed, late };
    },
    silences(start, end, limitMs, known) {
      const found: Interval[] = [];
      stretches(start, end, known, (from, to) => {
        if (to - from <= limitMs) return;
        const interval = { from: clip(from, start, end), to: clip(to, start, end) };
        if (interval.to > interval.from) found.push(interval);
      });
      return found;
    },
    longestSilence(start, end, known) {
      let longest = 0;
      stretches(start, end, known, (from, to) => {
        if (to - from > longest) longest = to - from;
      });
      return longest;
    },
    bounds: () => (chunks.size === 0 ? undefined : { from: firstMs, to: lastMs }),
  };
}

function emptyChunk(): Chunk {
  return {
    events: new Uint32Array(MINUTES_PER_DAY),
    unparsed: new Uint32Array(MINUTES_PER_DAY),
    late: new Uint32Array(MINUTES_PER_DAY),
    first: new Uint16Array(MINUTES_PER_DAY),
    last: new Uint16Array(MINUTES_PER_DAY),
  };
}

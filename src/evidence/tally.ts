import type { Nanos } from '../event/time.ts';
import type { RuleId } from '../rule/ir/rule.ts';
import type { BatchCounts, Jump } from './observation.ts';

const NANOS_PER_MINUTE = 60_000_000_000n;
const NANOS_PER_MS = 1_000_000;
/** Where offsets are places of bytes every record jumps: after this many, one jump covers the rest. */
const MAX_JUMPS = 100;

/**
 * Counts one batch while the pipeline walks it: `record` first, then what became of that record. A record for which
 * nothing is said is unaccounted, and no control is satisfied over it.
 */
export interface Tally {
  record(offset: bigint, appendedAt: number): void;
  /** `type` is what control packs call the event type: the format of the event. */
  event(time: Nanos, type: string): void;
  /** The last event came in no known format. */
  unparsed(): void;
  /** The last event came behind the watermark. */
  late(): void;
  /** A doubt about an event, or a limit that was reached in it. */
  tag(tag: string): void;
  deadLetter(reason: string): void;
  discarded(): void;
  match(rule: RuleId, time: Nanos): void;
  /** What was counted; the tally must not be used after. */
  counts(): BatchCounts;
}

type Row = { minute: number; type: string; events: number; unparsed: number; late: number; first: number; last: number };
type Outcome = 'none' | 'decoded' | 'discarded' | 'dead';

export function createTally(): Tally {
  const rows = new Map<string, Map<number, Row>>();
  const matches = new Map<RuleId, Map<number, number>>();
  const losses = new Map<string, { minute: number | undefined | null; reason: string; count: number }>();
  const deadLetters = new Map<string, number>();
  const tags = new Map<string, number>();
  const outcomes = { none: 0, decoded: 0, discarded: 0, dead: 0 };
  const jumps: { -readonly [K in keyof Jump]: Jump[K] }[] = [];
  let [records, events, unparsed, late] = [0, 0, 0, 0];
  let outcome: Outcome = 'none';
  let firstOffset: bigint | undefined;
  let lastOffset: bigint | undefined;
  let appendedAt: number | undefined;
  let firstMinute: number | undefined;
  let lastMinute: number | undefined;
  // The minute, type and row of the last event: most events are neighbours of the one before.
  let start = 1n;
  let end = 0n;
  let minute = 0;
  let row: Row | undefined;

  const lose = (at: number | undefined | null, reason: string, count: number): void => {
    const key = `${at}/${reason}`;
    const loss = losses.get(key);
    if (loss === undefined) losses.set(key, { minute: at, reason, count });
    else loss.count += count;
  };

  const toMinute = (time: Nanos): void => {
    if (time >= start && time < end) return;
    const whole = time / NANOS_PER_MINUTE;
    const floor = time < 0n && whole * NANOS_PER_MINUTE !== time ? whole - 1n : whole;
    start = floor * NANOS_PER_MINUTE;
    end = start + NANOS_PER_MINUTE;
    minute = Number(floor);
    row = undefined;
  };

  const toRow = (type: string): Row => {
    if (row !== undefined && row.type === type && row.minute === minute) return row;
    let ofType = rows.get(type);
    if (ofType === undefined) {
      ofType = new Map();
      rows.set(type, ofType);
    }
    row = ofType.get(minute);
    if (row === undefined) {
      row = { minute, type, events: 0, unparsed: 0, late: 0, first: 60_000, last: -1 };
      ofType.set(minute, row);
    }
    return row;
  };

  const jump = (from: bigint, to: bigint): void => {
    const last = jumps[MAX_JUMPS - 1];
    if (last === undefined) jumps.push({ from, to, afterMinute: lastMinute, beforeMinute: undefined });
    else {
      last.to = to;
      last.beforeMinute = undefined;
    }
  };

  const endRecord = (): void => {
    if (records > 0) outcomes[outcome]++;
    outcome = 'none';
  };

  return {
    record(offset, at) {
      endRecord();
      records++;
      if (lastOffset !== undefined && offset !== lastOffset + 1n) jump(lastOffset + 1n, offset);
      firstOffset ??= offset;
      lastOffset = offset;
      if (appendedAt === undefined || at > appendedAt) appendedAt = at;
    },
    event(time, type) {
      events++;
      if (outcome !== 'dead') outcome = 'decoded';
      toMinute(time);
      const current = toRow(type);
      firstMinute ??= minute;
      lastMinute = minute;
      for (let i = jumps.length - 1; i >= 0; i--) {
        const open = jumps[i];
        if (open === undefined || open.beforeMinute !== undefined) break;
        open.beforeMinute = minute;
      }
      const ms = Math.trunc(Number(time - start) / NANOS_PER_MS);
      current.events++;
      if (ms < current.first) current.first = ms;
      if (ms > current.last) current.last = ms;
    },
    unparsed() {
      unparsed++;
      if (row !== undefined) row.unparsed++;
    },
    late() {
      late++;
      if (row !== undefined) row.late++;
    },
    tag: (tag) => void tags.set(tag, (tags.get(tag) ?? 0) + 1),
    deadLetter(reason) {
      outcome = 'dead';
      deadLetters.set(reason, (deadLetters.get(reason) ?? 0) + 1);
      lose(lastMinute, reason, 1);
    },
    discarded() {
      if (outcome === 'none') outcome = 'discarded';
    },
    match(rule, time) {
      toMinute(time);
      let ofRule = matches.get(rule);
      if (ofRule === undefined) {
        ofRule = new Map();
        matches.set(rule, ofRule);
      }
      ofRule.set(minute, (ofRule.get(minute) ?? 0) + 1);
    },
    counts() {
      endRecord();
      if (outcomes.none > 0) lose(null, 'unaccounted', outcomes.none);
      return {
        records,
        decoded: outcomes.decoded,
        dead: outcomes.dead,
        discarded: outcomes.discarded,
        unaccounted: outcomes.none,
        events,
        unparsed,
        late,
        deadLetters,
        tags,
        rows: [...rows.values()].flatMap((ofType) => [...ofType.values()]),
        matches: [...matches].flatMap(([rule, perMinute]) => [...perMinute].map(([at, count]) => ({ minute: at, rule, count }))),
        losses: [...losses.values()],
        jumps,
        firstOffset,
        lastOffset,
        firstMinute,
        lastMinute,
        appendedAt,
      };
    },
  };
}

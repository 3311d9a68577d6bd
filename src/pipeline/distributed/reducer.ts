import type { CorrelateRecord, Correlator, Note } from '../../correlate/correlator.ts';
import type { Firing } from '../../correlate/firing.ts';
import type { RuleId } from '../../rule/ir/rule.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { AlertDocument } from '../../sink/sink.ts';
import type { Entry } from '../../transport/port.ts';
import { createFilter, type Filter, type FilterState } from './filter.ts';
import { type AlertRecord, decodeMatchRecord, type MatchRecord } from './records.ts';

/** What of a ruleset the correlate stage needs. */
export type CorrelateParts = {
  readonly digest: string;
  readonly correlator: (snapshot: Uint8Array | undefined) => Correlator;
  readonly toAlert: (firing: Firing) => AlertDocument | undefined;
  /** The logic digest of a rule that is active; undefined: it is not. */
  readonly logicOf: (rule: RuleId) => string | undefined;
};

export type ReducerCounters = { matches: number; repeated: number; other: number };

/** A partition of correlation: state and outputs are a function of the records in offset order. No clock, no random. */
export type PartitionReducer = {
  /** The alerts of one record, in one order and numbered, so that a replay gives the same coordinates. */
  apply(entry: Entry): readonly AlertRecord[];
  /** Offset of the next record. */
  next(): bigint;
  snapshot(): Uint8Array;
  readonly counters: Readonly<ReducerCounters>;
};

export function createPartitionReducer(
  parts: CorrelateParts,
  from: bigint,
  state: Uint8Array | undefined,
  say: (note: Note) => void,
  filterOf: (state?: FilterState) => Filter = createFilter,
): PartitionReducer {
  const saved = state === undefined ? undefined : decodeState(state);
  const correlator = parts.correlator(saved?.correlator);
  const filter = filterOf(saved?.filter);
  const counters: ReducerCounters = { matches: 0, repeated: 0, other: 0 };
  let next = from;

  const recordsOf = (record: MatchRecord): readonly CorrelateRecord[] => {
    switch (record.kind) {
      case 'match': {
        requireRule(parts, record.routed.rule, record.routed.logic);
        if (!filter.takes(record)) {
          counters.repeated++;
          return [];
        }
        counters.matches++;
        return [{ kind: 'routed', routed: record.routed }];
      }
      case 'sources':
        return [{ kind: 'sources', partitions: record.partitions }];
      case 'lost':
        return [{ kind: 'lost', source: record.place.source, partition: record.place.partition, from: record.from }];
      case 'watermark': {
        const { place, time, newest, idle } = record;
        if (!filter.takesTime(place)) return [];
        return [{ kind: 'watermark', source: place.source, partition: place.partition, time, newest, idle, ended: false }];
      }
    }
  };

  return {
    apply({ offset, value }) {
      // A worker that slept longer than the log keeps its records has a hole in its state; the newest checkpoint has none.
      if (offset !== next)
        throw new WardlineError(
          'transport',
          `matches ${next} to ${offset - 1n} are missing; the partition is taken up again from its checkpoint`,
          {
            retryable: true,
          },
        );
      next = offset + 1n;
      const record = decodeMatchRecord(value);
      if (record === undefined) {
        counters.other++;
        return [];
      }
      const alerts = recordsOf(record).flatMap((one) => correlator.apply(one, say).map(parts.toAlert));
      return alerts
        .filter((alert) => alert !== undefined)
        .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
        .map(({ id, document }, index) => ({ at: offset, index, id, document }));
    },
    next: () => next,
    snapshot: () => encodeState({ filter: filter.snapshot(), correlator: correlator.snapshot() }),
    counters,
  };
}

/** Skipping the match of a rule that this process does not have would lose it; it stops until it has the rule. */
function requireRule({ logicOf }: CorrelateParts, rule: RuleId, logic: string): void {
  if (logicOf(rule) !== logic)
    throw new WardlineError(
      'transport',
      `the matches topic holds a match of rule "${rule}" (logic ${logic.slice(0, 12)}), which is not in the rules of this process; give every process the same rules`,
    );
}

const MAGIC = 'WLP1';
type State = { readonly filter: FilterState; readonly correlator: Uint8Array };

function encodeState({ filter, correlator }: State): Uint8Array {
  const head = Buffer.from(JSON.stringify(filter));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([Buffer.from(MAGIC), length, head, correlator]);
}

function decodeState(bytes: Uint8Array): State {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.subarray(0, 4).toString('latin1') !== MAGIC)
    throw new WardlineError('transport', 'the checkpoint has a layout this version does not read');
  const end = 8 + buffer.readUInt32BE(4);
  return { filter: JSON.parse(buffer.toString('utf8', 8, end)) as FilterState, correlator: buffer.subarray(end) };
}

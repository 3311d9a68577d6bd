import type { Admin, Consumer, KafkaMessage } from 'kafkajs';
import { WardlineError } from '../../shared/errors.ts';
import type { Handover } from '../handover.ts';
import type { Batch, Positions } from '../source.ts';
import { fits, type Mark, type Marks } from './marks.ts';
import type { Numbering } from './numbering.ts';

/** Where reading of one partition stands. */
export type Place = {
  /** The next offset to hand over. */
  next: bigint;
  /** Where the client was told to go; until it has answered from there, answers are from before. */
  sought: bigint | undefined;
  /** Answers in a row that were not from there. */
  strays: number;
  /** The record that was taken before `next`, until it was seen again: the log is still the same one. */
  mark: Mark | undefined;
};

export type PlacingParts = {
  /** Name of the source in the settings. */
  readonly source: string;
  readonly reader: Pick<Consumer, 'seek'>;
  readonly admin: Pick<Admin, 'fetchTopicOffsets'>;
  readonly numbering: Numbering;
  readonly positions: Positions;
  /** By `partition/topic`; empty until the assignment has placed it. */
  readonly places: Map<string, Place>;
  readonly marks: Marks;
  readonly handover: Pick<Handover<Batch>, 'give'>;
};

/** An answer from elsewhere twice in a row is none from before: what lay there were records of the broker's own. */
const MOST_STRAYS = 2;

export type Placing = {
  /** On every assignment: the engine's position, checked against what the log still holds. Throws WardlineError `source`. */
  assigned(assignment: Readonly<Record<string, readonly number[]>>): Promise<void>;
  /** Is an answer the one to go on with? If not, the client has been told where to go. Throws as `assigned` does. */
  arrived(topic: string, partition: number, fetchedFrom: bigint, messages: readonly KafkaMessage[]): Promise<boolean>;
};

export function createPlacing({ source, reader, admin, numbering, positions, places, marks, handover }: PlacingParts): Placing {
  /** Gives the number of a partition that is new here and has something unread. */
  const place = (topic: string, partition: number, low: bigint, high: bigint): number | undefined => {
    const key = `${partition}/${topic}`;
    const number = numbering.numberOf(topic, partition);
    const before = places.get(key);
    const wanted = before?.next ?? positions.get(number) ?? 0n;
    if (wanted > high) throw replaced(source, topic, partition, `the log ends at offset ${high}, and everything below ${wanted} was read`);
    const expired = wanted < low;
    const next = expired ? low : wanted;
    const known = expired ? undefined : marks.below(number, wanted);
    const mark = known !== undefined && known.offset >= low ? known : undefined;
    const sought = mark?.offset ?? next;
    places.set(key, { next, sought, strays: before?.sought === sought ? before.strays : 0, mark });
    reader.seek({ topic, partition, offset: String(sought) });
    if (expired && (positions.has(number) || wanted > 0n))
      void handover.give({ partition: number, records: [], gap: { from: wanted, to: low, cause: 'expired' }, next });
    return before === undefined && next < high ? number : undefined;
  };
  const assigned: Placing['assigned'] = async (assignment) => {
    for (const [topic, partitions] of Object.entries(assignment)) {
      const logs = await admin.fetchTopicOffsets(topic);
      const awaits = partitions.flatMap((partition) => {
        const log = logs.find((one) => one.partition === partition);
        return place(topic, partition, BigInt(log?.low ?? 0), BigInt(log?.high ?? 0)) ?? [];
      });
      const [first] = awaits;
      if (first !== undefined) void handover.give({ partition: first, records: [], awaits });
    }
  };
  return {
    assigned,
    async arrived(topic, partition, fetchedFrom, messages) {
      const at = places.get(`${partition}/${topic}`);
      // The client may fetch before the assignment has said where to start; what is not resolved is fetched again.
      if (at === undefined) return false;
      const strayed = at.sought === undefined ? fetchedFrom < at.next : fetchedFrom !== at.sought;
      // From below what was asked for: the client was put back to the beginning, or is not yet where it was told to go.
      if (strayed && (fetchedFrom < (at.sought ?? at.next) || at.strays < MOST_STRAYS)) {
        at.strays++;
        await assigned({ [topic]: [partition] });
        return false;
      }
      const { mark, next } = at;
      Object.assign(at, { sought: undefined, strays: 0, mark: undefined });
      if (mark === undefined) return true;
      if (!fits(mark, messages[0])) throw replaced(source, topic, partition, `another record is at offset ${mark.offset}, which was read`);
      if (messages.some(({ offset }) => BigInt(offset) >= next)) return true;
      at.sought = next;
      reader.seek({ topic, partition, offset: String(next) });
      return false;
    },
  };
}

/**
 * Offsets in another log mean other records: neither going on at the old position nor beginning anew may be done in
 * silence, so a person says what is to be done.
 */
function replaced(source: string, topic: string, partition: number, sign: string): WardlineError {
  return new WardlineError(
    'source',
    `Kafka source ${source}: ${topic}, partition ${partition}, is not the log that was read before: ${sign}. ` +
      'The topic was deleted and made anew, or its log was cut. To read what is there now from its beginning, and have the loss in the ' +
      `evidence: wardline source reset ${source} --topic ${topic} --reason "..."`,
  );
}

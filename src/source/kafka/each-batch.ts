import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { RawRecord } from '../../event/raw-record.ts';
import { beating, fetchedFromOf, headerTexts } from '../../transport/kafka-batch.ts';
import type { Handover } from '../handover.ts';
import type { Batch } from '../source.ts';
import type { Place, Placing } from './assignment.ts';
import type { Marks } from './marks.ts';
import type { Numbering } from './numbering.ts';

const SLICE = 1000;
/** Heartbeats for one slice, a second apart: an engine that takes longer is stuck. */
const MAX_BEATS = 300;

export type Reading = {
  readonly source: string;
  readonly numbering: Numbering;
  /** By `partition/topic`; empty until the assignment has placed it. */
  readonly places: ReadonlyMap<string, Place>;
  readonly arrived: Placing['arrived'];
  readonly marks: Marks;
  readonly handover: Handover<Batch>;
  /** Headers that every record gets. */
  readonly headers: readonly (readonly [string, string])[];
  /** Adds to records what reading them needs and their bytes do not hold; waits as long as that cannot be had. */
  readonly prepare: (records: readonly RawRecord[]) => Promise<readonly RawRecord[]>;
  readonly stopped: () => boolean;
};

/** Hands the messages of one partition over in slices; only what was taken is resolved. */
export async function eachBatch(payload: EachBatchPayload, reading: Reading): Promise<void> {
  const { batch, heartbeat, isRunning, isStale, resolveOffset } = payload;
  const { places, handover, marks } = reading;
  if (!(await reading.arrived(batch.topic, batch.partition, fetchedFromOf(payload), batch.messages))) return;
  const place = places.get(`${batch.partition}/${batch.topic}`);
  if (place === undefined) return;
  const partition = reading.numbering.numberOf(batch.topic, batch.partition);
  for (let i = 0; i < batch.messages.length; i += SLICE) {
    if (!isRunning() || isStale()) return;
    const slice = batch.messages.slice(i, i + SLICE).filter(({ offset }) => BigInt(offset) >= place.next);
    const last = slice.at(-1);
    if (last === undefined) continue;
    const records = await beating(prepared(reading, slice, partition), heartbeat, MAX_BEATS);
    if (records === undefined) return;
    marks.note(partition, last);
    if (!(await beating(handover.give({ partition, records }), heartbeat, MAX_BEATS))) return;
    place.next = BigInt(last.offset) + 1n;
    resolveOffset(last.offset);
    await heartbeat();
  }
}

/** Undefined when the source was stopped while it waited: what was not handed over is fetched again. */
async function prepared(reading: Reading, slice: readonly KafkaMessage[], partition: number): Promise<readonly RawRecord[] | undefined> {
  try {
    return await reading.prepare(slice.map((message) => recordOf(reading, partition, message)));
  } catch (error) {
    if (reading.stopped()) return undefined;
    throw error;
  }
}

function recordOf({ source, headers: fixed }: Reading, partition: number, { offset, timestamp, value, headers }: KafkaMessage): RawRecord {
  const texts = new Map<string, string>();
  // Names of headers count in lower case, as those of HTTP do: bridges write them either way.
  for (const [name, text] of headerTexts(headers)) if (!name.toLowerCase().startsWith('wardline-')) texts.set(name.toLowerCase(), text);
  for (const [name, text] of fixed) texts.set(name, text);
  return { source, partition, offset: BigInt(offset), appendedAt: Number(timestamp), bytes: value, headers: texts };
}

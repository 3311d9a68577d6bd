import type { KafkaMessage } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { createPlacing, type Place } from '../../../src/source/kafka/assignment.ts';
import { createMarks } from '../../../src/source/kafka/marks.ts';
import { createNumbering } from '../../../src/source/kafka/numbering.ts';
import { createMemoryRegister } from '../../../src/source/register.ts';
import type { Batch } from '../../../src/source/source.ts';

const message = (offset: number, value = `v${offset}`): KafkaMessage =>
  ({ offset: String(offset), timestamp: '1', key: null, value: Buffer.from(value), headers: {} }) as unknown as KafkaMessage;

/** One partition of topic `t` whose log holds the offsets from `low` up to `high`. */
function world(log: { low: number; high: number }, position?: number, mark?: KafkaMessage) {
  const register = createMemoryRegister();
  if (mark !== undefined) {
    const writing = createMarks(register);
    writing.note(0, mark);
    writing.save(new Map([[0, BigInt(mark.offset) + 1n]]));
  }
  const sought: string[] = [];
  const gaps: Batch[] = [];
  const awaited: (readonly number[])[] = [];
  const places = new Map<string, Place>();
  const placing = createPlacing({
    source: 'k',
    reader: { seek: ({ offset }) => void sought.push(offset) },
    admin: {
      fetchTopicOffsets: async () => [{ partition: 0, low: String(log.low), high: String(log.high), offset: String(log.high) }],
    },
    numbering: createNumbering(register),
    positions: position === undefined ? new Map() : new Map([[0, BigInt(position)]]),
    places,
    marks: createMarks(register),
    handover: { give: async (batch) => (batch.awaits === undefined ? gaps.push(batch) : awaited.push(batch.awaits)) > 0 },
  });
  const arrived = (fetchedFrom: number, ...messages: readonly KafkaMessage[]) => placing.arrived('t', 0, BigInt(fetchedFrom), messages);
  return { log, sought, gaps, awaited, placing, arrived, assign: () => placing.assigned({ t: [0] }), place: () => places.get('0/t') };
}

describe('placing a reader of Kafka', () => {
  test('an answer that was fetched before the seek is not taken, and the seek is said again', async () => {
    const { assign, arrived, sought } = world({ low: 0, high: 100 }, 10);
    await assign();
    expect(await arrived(40, message(40))).toBe(false);
    expect(await arrived(10, message(10))).toBe(true);
    expect(await arrived(11, message(11))).toBe(true);
    expect(sought).toEqual(['10', '10']);
  });

  test('a partition with something unread is awaited, once', async () => {
    const { assign, awaited } = world({ low: 0, high: 100 }, 10);
    await assign();
    await assign();
    expect(awaited).toEqual([[0]]);
    const read = world({ low: 0, high: 100 }, 100);
    await read.assign();
    expect(read.awaited).toEqual([]);
  });

  test('before the assignment has placed a partition nothing of it is taken', async () => {
    expect(await world({ low: 0, high: 5 }).arrived(0, message(0))).toBe(false);
  });

  test("the broker's own records where reading starts are passed over, not asked for for ever", async () => {
    const { assign, arrived } = world({ low: 0, high: 100 }, 10);
    await assign();
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await arrived(11, message(11)));
    expect(answers).toEqual([false, false, true, true]);
  });

  test('a reader that is put back to the beginning of the same log is told to go on where it was', async () => {
    const { assign, arrived, sought, place } = world({ low: 0, high: 100 }, 10);
    await assign();
    await arrived(10, message(10));
    Object.assign(place() as Place, { next: 20n });
    expect(await arrived(0, message(0))).toBe(false);
    expect(sought.at(-1)).toBe('20');
  });

  test('what expired while nobody read is a gap with its range', async () => {
    const { assign, gaps, sought } = world({ low: 30, high: 100 }, 10, message(9));
    await assign();
    expect(gaps).toEqual([{ partition: 0, records: [], gap: { from: 10n, to: 30n, cause: 'expired' }, next: 30n }]);
    expect(sought).toEqual(['30']);
  });

  test('a position beyond the end of the log is an error that says what to do', async () => {
    await expect(world({ low: 0, high: 9 }, 10).assign()).rejects.toThrow(/wardline source reset k --topic t --reason/);
  });

  test('the record before the position is read again: the same one lets reading go on, another one stops it', async () => {
    const same = world({ low: 0, high: 100 }, 10, message(9));
    await same.assign();
    expect(same.sought).toEqual(['9']);
    expect(await same.arrived(9, message(9), message(10))).toBe(true);
    const other = world({ low: 0, high: 100 }, 10, message(9));
    await other.assign();
    await expect(other.arrived(9, message(9, 'other'), message(10))).rejects.toThrow(/another record is at offset 9/);
  });

  test('a mark that lies far before the position costs one answer, not all that lie between', async () => {
    const { assign, arrived, sought } = world({ low: 0, high: 100 }, 90, message(9));
    await assign();
    expect(await arrived(9, message(9), message(10))).toBe(false);
    expect(sought).toEqual(['9', '90']);
    expect(await arrived(90, message(90))).toBe(true);
  });

  test('a mark that was compacted away says nothing', async () => {
    const { assign, arrived } = world({ low: 0, high: 100 }, 10, message(9));
    await assign();
    expect(await arrived(9, message(12))).toBe(true);
  });
});

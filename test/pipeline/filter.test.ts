import { describe, expect, test } from 'vitest';
import { createFilter } from '../../src/pipeline/distributed/filter.ts';
import { decodeMatchRecord, encodeMatchRecord, type MatchRecord, type Place } from '../../src/pipeline/distributed/records.ts';

const place = (offset: number, index = 0, incarnation = 1): Place => ({
  source: 's',
  partition: 0,
  incarnation,
  offset: BigInt(offset),
  index,
});
const match = (at: Place, group = 'g', rule = 'r', member = 'm'): Extract<MatchRecord, { kind: 'match' }> => ({
  kind: 'match',
  place: at,
  routed: {
    rule,
    logic: `${rule}-logic`,
    group: { key: group, values: { g: group } },
    late: false,
    hit: {
      time: 5n,
      origin: { source: 's', partition: 0, offset: at.offset, index: at.index },
      rule: member,
      appendedAt: 1,
      values: { v: 1 },
      entities: {},
      bytes: 290,
    },
  },
});

describe('the filter of repeated matches', () => {
  test('takes what lies beyond the highest place, and at that place each group once', () => {
    const filter = createFilter();
    const taken = [match(place(1)), match(place(1)), match(place(1), 'h'), match(place(1, 1)), match(place(1), 'i'), match(place(0))].map(
      filter.takes,
    );
    expect(taken).toEqual([true, false, true, true, false, false]);
  });

  test('keeps rules and members apart: an event may count for several', () => {
    const filter = createFilter();
    expect([match(place(3)), match(place(1), 'g', 'other'), match(place(2), 'g', 'r', 'n')].map(filter.takes)).toEqual([true, true, true]);
  });

  test('takes a topic that was made anew, and nothing of the one before it any more', () => {
    const filter = createFilter();
    expect([match(place(9)), match(place(0, 0, 2)), match(place(10))].map(filter.takes)).toEqual([true, true, false]);
  });

  test('takes no time from an earlier place: a worker may wake up late and say that its partition rests', () => {
    const filter = createFilter();
    expect([place(5), place(4), place(5), place(0, 0, 2), place(6)].map(filter.takesTime)).toEqual([true, false, true, true, false]);
  });

  test('goes on from its state', () => {
    const filter = createFilter();
    filter.takes(match(place(7)));
    filter.takesTime(place(7));
    const again = createFilter(filter.snapshot());
    expect([again.takes(match(place(7))), again.takes(match(place(7), 'h')), again.takesTime(place(6))]).toEqual([false, true, false]);
  });
});

test.each<MatchRecord>([
  match(place(3, 2)),
  { kind: 'watermark', place: place(4), time: 7n, newest: 9n, idle: true, rules: 2 },
  { kind: 'watermark', place: place(4), time: undefined, newest: undefined, idle: false, rules: 0 },
  { kind: 'sources', partitions: [['s', 0]] },
  { kind: 'lost', place: place(4), from: 3n },
])('a record of kind $kind comes back as it was', (record) => {
  expect(decodeMatchRecord(encodeMatchRecord(record))).toEqual(record);
});

import { expect, test } from 'vitest';
import { lagFindings } from '../../../src/cli/doctor/lag.ts';

/** Topics by what is committed and how far the log goes, partition by partition. */
const adminOf = (topics: Readonly<Record<string, readonly (readonly [committed: number, low: number, high: number])[]>>) => ({
  fetchOffsets: async () =>
    Object.entries(topics).map(([topic, partitions]) => ({
      topic,
      partitions: partitions.map(([offset], partition) => ({ partition, offset: String(offset), metadata: null })),
    })),
  fetchTopicOffsets: async (topic: string) =>
    (topics[topic] ?? []).map(([, low, high], partition) => ({ partition, offset: String(high), low: String(low), high: String(high) })),
});
const lag = (topics: Parameters<typeof adminOf>[0], most = 100) =>
  lagFindings('source in', 'g', Object.keys(topics), adminOf(topics), most);

test('doctor says how far a group is behind, and warns above the limit', async () => {
  expect(await lag({ a: [[10, 0, 10]] })).toEqual([{ check: 'source in', status: 'ok', detail: 'the group g has read everything' }]);
  expect(
    await lag({
      a: [
        [10, 0, 15],
        [0, 0, 40],
      ],
      b: [[-1, 5, 6]],
    }),
  ).toEqual([{ check: 'source in', status: 'ok', detail: 'the group g is 46 records behind, most in a/1 (40)' }]);
  expect(await lag({ a: [[10, 0, 111]] })).toMatchObject([
    { status: 'warn', detail: 'the group g is 101 records behind, most in a/0 (101)' },
  ]);
  expect(await lag({ a: [[-1, 3, 10]] })).toMatchObject([
    { status: 'ok', detail: 'the group g has read nothing yet; 7 records are there' },
  ]);
  expect(await lag({})).toEqual([]);
});

test.each([
  ['GROUP_AUTHORIZATION_FAILED', 'fail', 'no access to the group g'],
  ['TOPIC_AUTHORIZATION_FAILED', 'fail', 'no access to a topic of t'],
  ['REQUEST_TIMED_OUT', 'warn', 'the lag of the group g is not known: no'],
])('what the broker refuses is named: %s', async (type, status, detail) => {
  const refusing = { fetchOffsets: () => Promise.reject(Object.assign(new Error('no'), { type })), fetchTopicOffsets: async () => [] };
  expect(await lagFindings('source in', 'g', ['t'], refusing, 1)).toMatchObject([{ status, detail, hint: expect.any(String) }]);
});

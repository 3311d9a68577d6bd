import type { Kafka } from 'kafkajs';
import { expect, test } from 'vitest';
import { createKafkaWriter } from '../../src/transport/kafka-log.ts';

type Sent = { readonly messages: readonly { readonly key: string | null; readonly partition: number }[] };

/** A cluster that answers when the test says so. */
function cluster() {
  const sent: { readonly keys: string; readonly answer: (error?: Error) => void }[] = [];
  let producers = 0;
  const kafka = {
    producer() {
      producers++;
      return {
        connect: async () => undefined,
        disconnect: async () => undefined,
        send: ({ messages }: Sent) =>
          new Promise((done, failed) => {
            const [{ partition } = { partition: -1 }] = messages;
            const answer = (error?: Error) => (error === undefined ? done([{ partition, errorCode: 0, baseOffset: '0' }]) : failed(error));
            sent.push({ keys: messages.map(({ key, partition: at }) => `${key}@${at}`).join(' '), answer });
          }),
      };
    },
  };
  const settle = () => new Promise((done) => setImmediate(done));
  return { writer: createKafkaWriter(kafka as unknown as Kafka, 't', 2), sent, settle, producers: () => producers };
}
const one = (key: string) => [{ key, value: Buffer.from(key) }];

test('what waits for a partition goes out in one request, one request at a time', async () => {
  const { writer, sent, settle } = cluster();
  const ends = [writer.append(0, one('a')), writer.append(0, one('b')), writer.append(1, one('c')), writer.append(0, one('d'))];
  await settle();
  expect(sent.map(({ keys }) => keys)).toEqual(['a@0']);
  sent[0]?.answer();
  await settle();
  expect(sent.map(({ keys }) => keys)).toEqual(['a@0', 'b@0 d@0']);
  sent[1]?.answer();
  await settle();
  sent[2]?.answer();
  await Promise.all(ends);
  expect(sent.map(({ keys }) => keys)).toEqual(['a@0', 'b@0 d@0', 'c@1']);
});

test('a failure is one of every call in the request and of no other; the next goes out by a new producer', async () => {
  const { writer, sent, settle, producers } = cluster();
  const first = writer.append(0, one('a'));
  await settle();
  const lost = [writer.append(0, one('b')), writer.append(0, one('c'))].map((end) => end.catch((error: Error) => error.message));
  const other = writer.append(1, one('d'));
  sent[0]?.answer();
  await first;
  await settle();
  sent[1]?.answer(new Error('gone'));
  expect(await Promise.all(lost)).toEqual(['t/0: gone', 't/0: gone']);
  await settle();
  sent[2]?.answer();
  await other;
  expect(producers()).toBe(2);
});

test('closing waits for what was called before', async () => {
  const { writer, sent, settle } = cluster();
  const end = writer.append(0, one('a'));
  const closed = writer.close();
  await settle();
  sent[0]?.answer();
  await Promise.all([end, closed]);
  expect(sent.map(({ keys }) => keys)).toEqual(['a@0']);
});

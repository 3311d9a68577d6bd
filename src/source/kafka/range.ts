import { randomUUID } from 'node:crypto';
import type { Admin } from 'kafkajs';
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import { createKafkaClient } from '../../transport/kafka-client.ts';
import { createKafkaSource } from '../kafka.ts';
import { createMemoryRegister } from '../register.ts';
import type { SchemaRegistry } from '../schema-registry.ts';
import type { KafkaSourceSettings } from '../settings.ts';
import type { Batch, Source } from '../source.ts';
import { createNumbering } from './numbering.ts';
import { topicsOf } from './topics.ts';

/** Append times (ms) between which records are read, and the offset from which on, by partition; open where undefined. */
export type KafkaRange = {
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly fromOffset?: ((partition: number) => bigint | undefined) | undefined;
};

type Span = { next: bigint; readonly end: bigint };

/**
 * What stands in topics now, between two append times, read once by a group of its own that is removed afterwards: nobody's
 * positions are touched. Every partition ends where it ended at the start, so that a topic that grows is still read to an end.
 */
export function createKafkaRange(
  settings: KafkaSourceSettings,
  range: KafkaRange,
  deps: { readonly logger: Logger; readonly clock: Clock; readonly registry?: SchemaRegistry | undefined },
): Source {
  const groupId = `wardline-replay-${randomUUID()}`;
  const register = createMemoryRegister();
  const source = createKafkaSource({ ...settings, groupId }, deps.logger, { register, clock: deps.clock, registry: deps.registry });
  return {
    name: settings.name,
    async *batches(_positions, signal) {
      const admin = createKafkaClient(`replay of ${settings.name}`, settings, deps.logger).admin();
      await admin.connect();
      const own = new AbortController();
      const stop = (): void => own.abort();
      signal.addEventListener('abort', stop, { once: true });
      try {
        const spans = await spansOf(admin, settings, range, register);
        for (const [partition, { next, end }] of spans) if (next >= end) yield { partition, records: [], end: true };
        const open = new Map([...spans].filter(([, { next, end }]) => next < end));
        if (open.size === 0) return;
        const [first = 0] = open.keys();
        yield { partition: first, records: [], awaits: [...open.keys()] };
        const starts = new Map([...spans].map(([partition, { next }]) => [partition, next]));
        for await (const batch of source.batches(starts, own.signal)) {
          if (batch.awaits !== undefined) continue;
          const cut = upTo(batch, open);
          if (cut !== undefined) yield cut;
          if (open.size === 0) return;
        }
      } finally {
        own.abort();
        signal.removeEventListener('abort', stop);
        await source.close();
        await admin
          .deleteGroups([groupId])
          .catch((error: unknown) =>
            deps.logger.debug({ error: String(error) }, 'the group of the replay stays until the broker forgets it'),
          );
        await admin.disconnect();
      }
    },
    async commit() {},
    async close() {},
  };
}

async function spansOf(
  admin: Admin,
  settings: KafkaSourceSettings,
  { since, until, fromOffset }: KafkaRange,
  register: ReturnType<typeof createMemoryRegister>,
): Promise<Map<number, Span>> {
  const topics = await topicsOf(admin, settings);
  const numbering = createNumbering(register);
  await numbering.learn(admin, topics);
  const spans = new Map<number, Span>();
  for (const topic of topics) {
    const now = await admin.fetchTopicOffsets(topic);
    const from = since === undefined ? undefined : await admin.fetchTopicOffsetsByTimestamp(topic, since);
    const to = until === undefined ? undefined : await admin.fetchTopicOffsetsByTimestamp(topic, until);
    for (const { partition, low, high } of now) {
      const at = (found: typeof from, otherwise: string): bigint => {
        const offset = found?.find((one) => one.partition === partition)?.offset;
        // The broker has no record that late: -1.
        return offset === undefined || offset === '-1' ? BigInt(found === undefined ? otherwise : high) : BigInt(offset);
      };
      const [first, least] = [at(from, low), fromOffset?.(partition) ?? 0n];
      spans.set(numbering.numberOf(topic, partition), { next: first < least ? least : first, end: at(to, high) });
    }
  }
  return spans;
}

/** The part of a batch that belongs to the range; a partition that is through is taken from `open`. */
function upTo(batch: Batch, open: Map<number, Span>): Batch | undefined {
  const span = open.get(batch.partition);
  if (span === undefined) return undefined;
  const records = batch.records.filter(({ offset }) => offset < span.end);
  const next = batch.next ?? (batch.records.at(-1)?.offset ?? span.next - 1n) + 1n;
  if (next > span.next) span.next = next;
  const end = span.next >= span.end;
  if (end) open.delete(batch.partition);
  return { ...batch, records, ...(end ? { end } : {}) };
}

import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs, { type Admin, type Consumer, type EachBatchPayload, type KafkaMessage } from 'kafkajs';
import type { RawRecord } from '../event/raw-record.ts';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { createKafkaClient } from '../transport/kafka-client.ts';
import { createHandover, type Handover } from './handover.ts';
import { createMemoryRegister, type PartitionRegister } from './register.ts';
import type { KafkaSourceSettings } from './settings.ts';
import type { Batch, Positions, Source } from './source.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

// Registered once for the process: the client ends a consumer that meets a codec it does not know.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer, { maxOutputLength: 64 * 1024 * 1024 }),
});

const SLICE = 1000;
const HEARTBEAT_MS = 1000;
const MAX_BEATS = 300;

type Log = { readonly topic: string; readonly low: bigint; readonly high: bigint };

/**
 * Topics as one source. The engine's positions are the truth at start: the group's committed offsets are written for
 * people who look at lag, and never read. A topic keeps its block of partition numbers for good, whatever other topics come and go.
 */
export function createKafkaSource(
  settings: KafkaSourceSettings,
  logger: Logger,
  register: PartitionRegister = createMemoryRegister(),
): Source {
  let consumer: Consumer | undefined;
  const numbering = createNumbering(register);
  return {
    name: settings.name,
    async *batches(positions, signal) {
      const kafka = createKafkaClient(`source ${settings.name}`, settings, logger);
      const handover = createHandover<Batch>();
      const reader = kafka.consumer({
        groupId: settings.groupId,
        sessionTimeout: 30_000,
        heartbeatInterval: 3000,
        maxWaitTimeInMs: 250,
        allowAutoTopicCreation: false,
        retry: { retries: 8 },
      });
      const admin = kafka.admin();
      consumer = reader;
      const stop = (): void => handover.end();
      signal.addEventListener('abort', stop, { once: true });
      try {
        await admin.connect();
        await numbering.learn(admin, settings.topics);
        const expected = new Map<string, bigint>();
        reader.on(reader.events.CRASH, ({ payload }) => {
          if (!payload.restart)
            handover.end(
              new WardlineError('source', `Kafka source ${settings.name} stopped: ${payload.error.message}`, { cause: payload.error }),
            );
        });
        await reader.connect();
        await reader.subscribe({ topics: [...settings.topics], fromBeginning: true });
        const assign = createAssignment(reader, admin, numbering, positions, expected, handover);
        reader.on(
          reader.events.GROUP_JOIN,
          ({ payload }) => void assign(payload.memberAssignment).catch((error: unknown) => handover.end(error as Error)),
        );
        await reader.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: (payload) => eachBatch(payload, settings, numbering, expected, handover),
        });
        yield* handover.items();
      } catch (error) {
        if (!signal.aborted)
          throw error instanceof WardlineError
            ? error
            : new WardlineError('source', `Kafka source ${settings.name}: ${messageOf(error)}`, { cause: error, retryable: true });
      } finally {
        signal.removeEventListener('abort', stop);
        handover.end();
        // The reader stays connected until the engine has told its last positions.
        await admin.disconnect();
      }
    },
    async commit(positions) {
      if (consumer === undefined) return;
      const offsets = [...positions]
        .map(([number, offset]) => ({ ...numbering.placeOf(number), offset: String(offset) }))
        .filter(({ topic }) => topic !== '');
      if (offsets.length > 0) await consumer.commitOffsets(offsets);
    },
    async close() {
      await consumer?.disconnect();
      consumer = undefined;
    },
  };
}

type Numbering = {
  learn(admin: Admin, topics: readonly string[]): Promise<void>;
  numberOf(topic: string, partition: number): number;
  placeOf(number: number): { readonly topic: string; readonly partition: number };
};

/** Partitions per topic in one number; the register holds which topic has which block. */
const BLOCK = 1_000_000;

function createNumbering(register: PartitionRegister): Numbering {
  const topics = new Map(register.all().map(({ number, identity }) => [number, identity]));
  const blockOf = (topic: string): number => {
    for (const [block, known] of topics) if (known === topic) return block;
    const block = Math.max(-1, ...topics.keys()) + 1;
    topics.set(block, topic);
    register.set(block, topic);
    return block;
  };
  return {
    async learn(admin, wanted) {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [...wanted] });
      const missing = wanted.filter((topic) => !found.some(({ name, partitions }) => name === topic && partitions.length > 0));
      if (missing.length > 0) throw new WardlineError('source', `no such topic: ${missing.join(', ')}`, { retryable: true });
      for (const topic of [...wanted].sort()) blockOf(topic);
    },
    numberOf: (topic, partition) => blockOf(topic) * BLOCK + partition,
    placeOf: (number) => ({ topic: topics.get(Math.floor(number / BLOCK)) ?? '', partition: number % BLOCK }),
  };
}

/** On every assignment: the engine's position, checked against what the log still holds. */
function createAssignment(
  reader: Consumer,
  admin: Admin,
  numbering: Numbering,
  positions: Positions,
  expected: Map<string, bigint>,
  handover: Handover<Batch>,
) {
  return async (assignment: Readonly<Record<string, readonly number[]>>): Promise<void> => {
    for (const [topic, partitions] of Object.entries(assignment)) {
      const logs = await admin.fetchTopicOffsets(topic);
      for (const partition of partitions) {
        const log = logs.find((one) => one.partition === partition);
        const number = numbering.numberOf(topic, partition);
        const wanted = expected.get(`${partition}/${topic}`) ?? positions.get(number) ?? 0n;
        const { at, gap } = startOf({ topic, low: BigInt(log?.low ?? 0), high: BigInt(log?.high ?? 0) }, wanted, positions.has(number));
        expected.set(`${partition}/${topic}`, at);
        reader.seek({ topic, partition, offset: String(at) });
        if (gap !== undefined) void handover.give({ partition: number, records: [], gap, next: at });
      }
    }
  };
}

/** Where to start, and what is missing before it: records that retention removed, or a log that was cut. */
function startOf({ low, high }: Log, wanted: bigint, known: boolean): { readonly at: bigint; readonly gap?: NonNullable<Batch['gap']> } {
  if (wanted < low) return known || wanted > 0n ? { at: low, gap: { from: wanted, to: low, cause: 'expired' } } : { at: low };
  if (wanted > high) return { at: high, gap: { from: high, to: wanted, cause: 'truncated' } };
  return { at: wanted };
}

async function eachBatch(
  payload: EachBatchPayload,
  settings: KafkaSourceSettings,
  numbering: Numbering,
  expected: Map<string, bigint>,
  handover: Handover<Batch>,
): Promise<void> {
  const { batch, heartbeat, isRunning, isStale, resolveOffset } = payload;
  const key = `${batch.partition}/${batch.topic}`;
  // The client may fetch before the assignment has said where to start; what is not resolved is fetched again.
  if (!expected.has(key)) return;
  const partition = numbering.numberOf(batch.topic, batch.partition);
  for (let i = 0; i < batch.messages.length; i += SLICE) {
    if (!isRunning() || isStale()) return;
    const from = expected.get(key) ?? 0n;
    const slice = batch.messages.slice(i, i + SLICE).filter(({ offset }) => BigInt(offset) >= from);
    const last = slice.at(-1);
    if (last === undefined) continue;
    const records = slice.map((message) => recordOf(settings.name, partition, message));
    if (!(await beating(handover.give({ partition, records }), heartbeat))) return;
    expected.set(key, BigInt(last.offset) + 1n);
    resolveOffset(last.offset);
    await heartbeat();
  }
}

/**
 * Keeps the broker's session alive while the engine works on a slice, but not for ever: an engine that is stuck must be
 * seen as stuck.
 */
async function beating<T>(work: Promise<T>, heartbeat: () => Promise<void>): Promise<T> {
  for (let beat = 0; beat < MAX_BEATS; beat++) {
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<typeof WAITED>((resolve) => {
      timer = setTimeout(resolve, HEARTBEAT_MS, WAITED);
    });
    const first = await Promise.race([work, waited]);
    clearTimeout(timer);
    if (first !== WAITED) return first as T;
    await heartbeat();
  }
  return work;
}

const WAITED = Symbol('waited');

function recordOf(source: string, partition: number, { offset, timestamp, value, headers }: KafkaMessage): RawRecord {
  const texts = new Map<string, string>();
  for (const [name, header] of Object.entries(headers ?? {})) texts.set(name, String(Array.isArray(header) ? header[0] : header));
  return { source, partition, offset: BigInt(offset), appendedAt: Number(timestamp), bytes: value, headers: texts };
}

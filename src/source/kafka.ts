import type { Admin, Consumer, Kafka } from 'kafkajs';
import { FORM_HEADER } from '../decode/forms.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { createKafkaClient } from '../transport/kafka-client.ts';
import { kafkaFault } from '../transport/kafka-fault.ts';
import { createHandover } from './handover.ts';
import { createPlacing, type Place } from './kafka/assignment.ts';
import { eachBatch, type Reading } from './kafka/each-batch.ts';
import { createMarks } from './kafka/marks.ts';
import { createNumbering } from './kafka/numbering.ts';
import { topicsOf } from './kafka/topics.ts';
import { createMemoryRegister, type PartitionRegister } from './register.ts';
import type { SchemaRegistry } from './schema-registry.ts';
import type { KafkaSourceSettings } from './settings.ts';
import type { Batch, Positions, Source } from './source.ts';

/** How often a source with a pattern looks for topics that came or went. */
const LOOK_MS = 30_000;

export type KafkaSourceDeps = {
  readonly register?: PartitionRegister;
  readonly clock?: Clock;
  readonly registry?: SchemaRegistry | undefined;
};

/**
 * Topics as one source. The engine's positions are the truth at start: the group's committed offsets are written for
 * people who look at lag, and never read. A topic keeps its block of partition numbers for good, whatever other topics
 * come and go.
 */
export function createKafkaSource(settings: KafkaSourceSettings, logger: Logger, deps: KafkaSourceDeps = {}): Source {
  const { clock = systemClock } = deps;
  const register = deps.register ?? createMemoryRegister();
  const numbering = createNumbering(register);
  const marks = createMarks(register);
  let consumer: Consumer | undefined;
  let asked: { readonly admin: Admin; readonly places: ReadonlyMap<string, Place> } | undefined;

  /** Reads one set of topics until the signal, or until the set is another. */
  async function* session(
    kafka: Kafka,
    admin: Admin,
    topics: readonly string[],
    positions: Positions,
    places: Map<string, Place>,
    signal: AbortSignal,
  ): AsyncGenerator<Batch> {
    const reader = kafka.consumer({
      groupId: settings.groupId,
      sessionTimeout: 30_000,
      heartbeatInterval: 3000,
      maxWaitTimeInMs: 250,
      allowAutoTopicCreation: false,
      retry: { retries: 8 },
    });
    consumer = reader;
    const handover = createHandover<Batch>();
    const ended = new AbortController();
    const stop = (): void => {
      ended.abort();
      handover.end();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await numbering.learn(admin, topics);
      reader.on(reader.events.CRASH, ({ payload }) => {
        if (!payload.restart)
          handover.end(
            new WardlineError('source', `Kafka source ${settings.name} stopped: ${payload.error.message}`, { cause: payload.error }),
          );
      });
      await reader.connect();
      await reader.subscribe({ topics: [...topics], fromBeginning: true });
      const placing = createPlacing({ source: settings.name, reader, admin, numbering, positions, places, marks, handover });
      reader.on(
        reader.events.GROUP_JOIN,
        ({ payload }) => void placing.assigned(payload.memberAssignment).catch((error: unknown) => handover.end(error as Error)),
      );
      const reading: Reading = {
        source: settings.name,
        numbering,
        places,
        arrived: placing.arrived,
        marks,
        handover,
        headers: settings.encoding === 'auto' ? [] : [[FORM_HEADER, settings.encoding]],
        prepare: async (records) => deps.registry?.prepare(records, ended.signal) ?? records,
        stopped: () => ended.signal.aborted,
      };
      await reader.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        // The client would try again what is no fault of the broker.
        eachBatch: (payload) =>
          eachBatch(payload, reading).catch((error: unknown) => {
            if (!(error instanceof WardlineError) || error.retryable) throw error;
            handover.end(error);
          }),
      });
      if (settings.topicPattern !== undefined)
        void untilOthers(admin, settings, topics, clock, ended.signal).then(stop, (error: unknown) => handover.end(error as Error));
      yield* handover.items();
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  return {
    name: settings.name,
    async *batches(positions, signal) {
      const kafka = createKafkaClient(`source ${settings.name}`, settings, logger);
      const admin = kafka.admin();
      const places = new Map<string, Place>();
      try {
        await admin.connect();
        asked = { admin, places };
        while (!signal.aborted) {
          const topics = await topicsOf(admin, settings);
          if (topics.length === 0) {
            logger.warn({ source: settings.name, pattern: settings.topicPattern }, 'no topic fits the pattern yet');
            await untilOthers(admin, settings, topics, clock, signal);
            continue;
          }
          yield* session(kafka, admin, topics, positions, places, signal);
          if (signal.aborted) return;
          logger.info({ source: settings.name }, 'the topics that fit the pattern are others; the source joins anew');
          await consumer?.disconnect();
        }
      } catch (error) {
        if (!signal.aborted)
          throw error instanceof WardlineError
            ? error
            : new WardlineError('source', `Kafka source ${settings.name}: ${kafkaFault(error, settings.ssl !== undefined)}`, {
                cause: error,
                retryable: true,
              });
      } finally {
        asked = undefined;
        // The reader stays connected until the engine has told its last positions.
        await admin.disconnect();
      }
    },
    async commit(positions) {
      marks.save(positions);
      if (consumer === undefined) return;
      const offsets = [...positions]
        .map(([number, offset]) => ({ ...numbering.placeOf(number), offset: String(offset) }))
        .filter(({ topic }) => topic !== '');
      if (offsets.length > 0) await consumer.commitOffsets(offsets);
    },
    async behind() {
      if (asked === undefined) return undefined;
      const { admin, places } = asked;
      const topics = new Set([...places.keys()].map((key) => key.slice(key.indexOf('/') + 1)));
      let records = 0n;
      for (const topic of topics) {
        for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
          // What was never ours is for other members of the group to count.
          const next = places.get(`${partition}/${topic}`)?.next;
          if (next !== undefined && BigInt(high) > next) records += BigInt(high) - next;
        }
      }
      return records;
    },
    async close() {
      await consumer?.disconnect();
      consumer = undefined;
      await deps.registry?.close();
    },
  };
}

/** Resolves when the topics to read are others than these, or at the signal. A broker that does not answer is asked again. */
async function untilOthers(
  admin: Admin,
  settings: KafkaSourceSettings,
  topics: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    if (signal.aborted) return;
    const now = await topicsOf(admin, settings).catch(() => topics);
    if (now.join() !== topics.join()) return;
  }
}

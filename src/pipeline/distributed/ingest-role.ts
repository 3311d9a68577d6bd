import type { Settings } from '../../config/settings.ts';
import type { Normalizer } from '../../normalize/normalizer.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { KafkaSourceSettings } from '../../source/settings.ts';
import { createKafkaClient } from '../../transport/kafka-client.ts';
import { partitionsOf } from '../../transport/kafka-log.ts';
import type { Ingested } from '../ingest.ts';
import { createLeftOut } from '../losses.ts';
import { normalizersOf } from '../parts.ts';
import { type Deployment, json, subscribe } from './deployment.ts';
import { ingestWorker } from './ingest.ts';

/** Partitions of the n-th topic of a source are numbered from here on. */
const BLOCK = 1_000_000;
const TIME_EVERY = { records: 5000, ms: 1000 };

/** Reads the source topics, each partition by one process at a time; `count` is told of every batch. */
export async function ingestRole(
  deployment: Deployment,
  count: (source: string, records: number, ingested: Ingested) => void,
): Promise<readonly Promise<void>[]> {
  const { settings, clock, logger, rulesets, matches, deadLetters, facts, observed, lossesAfter, meters, board } = deployment;
  const jobs: Promise<void>[] = [];
  const sources = kafkaSources(settings);
  const normalizers = normalizersOf(settings);
  const counts = new Map<string, number>();
  for (const source of sources)
    for (const topic of source.topics)
      counts.set(`${source.name}/${topic}`, await partitionsOf(createKafkaClient(`source ${source.name}`, source, logger), topic));
  const all = sources.flatMap((source) =>
    source.topics.flatMap((topic, block) =>
      Array.from({ length: counts.get(`${source.name}/${topic}`) ?? 0 }, (_, p) => [source.name, block * BLOCK + p] as const),
    ),
  );
  for (const source of sources) {
    for (const [block, topic] of source.topics.entries()) {
      const worker = ingestWorker({
        source: source.name,
        numberOf: (partition) => block * BLOCK + partition,
        all,
        rulesets,
        normalizer: normalizers.get(source.name) as Normalizer,
        matches,
        deadLetters: async (letters) => {
          const entries = letters.map(({ record, reason, detail }) => {
            const { source: from, partition, offset, bytes } = record;
            const kept = Buffer.from(bytes ?? [])
              .subarray(0, 64 * 1024)
              .toString('base64');
            return {
              key: `${from}/${partition}/${offset}`,
              value: json({ source: from, partition, offset: String(offset), reason, detail, bytes: kept }),
            };
          });
          await deadLetters.append(0, entries);
        },
        allowedLateness: settings.engine.allowedLateness,
        clock,
        logger,
        idleAfterMs: Number(settings.engine.idleAfter / 1_000_000n),
        every: TIME_EVERY,
        evidence: {
          facts,
          observe: (partition, records, ingested) =>
            observed((witness) => witness.step({ source: source.name, batch: { partition, records }, ingested, alerts: [] })),
        },
        leftOut: createLeftOut(lossesAfter([])),
        count: (ingested, records, partition, newestMs) => {
          meters.ingested(source.name, records, ingested);
          board.took(source.name, { partition, records }, newestMs);
          count(source.name, records.length, ingested);
        },
      });
      const groupId = source.topics.length === 1 ? source.groupId : `${source.groupId}-${topic}`;
      const from = createKafkaClient(`source ${source.name}`, source, logger);
      jobs.push(subscribe(deployment, { topic, groupId, worker, stage: `ingest ${source.name}/${topic}`, from }));
    }
  }
  return jobs;
}

function kafkaSources({ sources }: Settings): readonly KafkaSourceSettings[] {
  const other = sources.find(({ kind }) => kind !== 'kafka');
  if (other !== undefined)
    throw new WardlineError(
      'settings',
      `source ${other.name}: the distributed form reads Kafka sources; run ${other.kind} sources in an engine of their own`,
    );
  return sources.filter((source) => source.kind === 'kafka');
}

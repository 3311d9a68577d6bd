import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { DEFAULT_LIMITS, decode } from '../../decode/decode.ts';
import type { Normalizer } from '../../normalize/normalizer.ts';
import type { Clock } from '../../shared/clock.ts';
import { WardlineError } from '../../shared/errors.ts';
import { given } from '../../shared/given.ts';
import type { Logger } from '../../shared/logger.ts';
import { Secret } from '../../shared/secret.ts';
import { createElasticsearchSource } from '../../source/elasticsearch.ts';
import { createFileSource } from '../../source/file.ts';
import { registryOf } from '../../source/index.ts';
import { createKafkaRange } from '../../source/kafka/range.ts';
import { kafkaSourceSettings, type SourceSettings } from '../../source/settings.ts';
import type { Source } from '../../source/source.ts';
import type { Io } from '../io.ts';
import type { FromOffset } from './offsets.ts';

/** Event times (ms) between which a replay looks, and offsets from which on; open where undefined. */
export type Between = {
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly fromOffset: FromOffset | undefined;
};

/** One input as the engine sees it: what it is called and read as, and how it is opened. */
export type Input = {
  readonly settings: SourceSettings;
  readonly open: (deps: { readonly clock: Clock; readonly logger: Logger }) => Source;
};

/**
 * What an input of the command line means: `source:NAME` of the settings, `kafka://broker:9092/topic`,
 * `elasticsearch+https://host:9200/index`, else a file or a folder. Throws `usage`.
 */
export function inputOf(
  text: string,
  n: number,
  form: Pick<SourceSettings, 'format' | 'timezone'>,
  between: Between,
  settings: Settings | undefined,
  baseDir: string,
  io: Io,
): Input {
  const name = `input-${n + 1}`;
  if (text.startsWith('source:')) return ofSettings(text.slice('source:'.length), between, settings, baseDir);
  const kafka = /^kafka:\/\/([^/@]+)\/([\w.-]+)$/.exec(text);
  if (kafka !== null) {
    const parsed = kafkaSourceSettings.parse({
      kind: 'kafka',
      name,
      ...formOf(form),
      brokers: (kafka[1] ?? '').split(','),
      topics: [kafka[2]],
    });
    return { settings: parsed, open: (deps) => createKafkaRange(parsed, between, deps) };
  }
  const elastic = /^elasticsearch\+(https?:\/\/[^/@]+)\/(.+)$/.exec(text);
  if (elastic !== null) {
    const key = io.environment['WARDLINE_ELASTICSEARCH_API_KEY'];
    const input = {
      name,
      node: elastic[1] ?? '',
      index: elastic[2] ?? '',
      apiKey: key === undefined ? undefined : new Secret(key),
      since: between.since,
      until: between.until,
    };
    return { settings: { kind: 'stdin', name, ...formOf(form) }, open: () => createElasticsearchSource(input) };
  }
  if (/^[a-z+]+:\/\//.test(text))
    throw new WardlineError(
      'usage',
      `"${text.replace(/\/\/.*@/, '//')}" is no input: write a path, source:NAME, kafka://broker:9092/topic or elasticsearch+https://host:9200/index`,
    );
  if (!existsSync(text)) throw new WardlineError('usage', `there is no file ${text}`);
  const file = { kind: 'file' as const, name, ...formOf(form), path: resolve(text), mode: 'once' as const };
  return { settings: file, open: ({ clock }) => createFileSource(file, clock) };
}

function ofSettings(name: string, between: Between, settings: Settings | undefined, baseDir: string): Input {
  const found = settings?.sources.find((source) => source.name === name);
  if (found === undefined)
    throw new WardlineError(
      'usage',
      settings === undefined ? 'source:NAME needs the settings (--config)' : `the settings have no source "${name}"`,
    );
  if (found.kind === 'kafka')
    return { settings: found, open: (deps) => createKafkaRange(found, between, { ...deps, registry: registryOf(found, deps) }) };
  if (found.kind !== 'file') throw new WardlineError('usage', `the source ${name} (${found.kind}) keeps no history to replay`);
  const file = { ...found, path: resolve(baseDir, found.path), mode: 'once' as const };
  return { settings: file, open: ({ clock }) => createFileSource(file, clock) };
}

/** How the records of an input are read, as far as it was said. */
export const formOf = ({ format, timezone }: Pick<SourceSettings, 'format' | 'timezone'>) => given({ format, timezone });

/** The same source without the records whose events all lie outside; what cannot be read is for the engine to say. */
export function within(source: Source, normalizer: Normalizer, { since, until }: Between): Source {
  if (since === undefined && until === undefined) return source;
  const [from, to] = [
    since === undefined ? undefined : BigInt(since) * 1_000_000n,
    until === undefined ? undefined : BigInt(until) * 1_000_000n,
  ];
  const inside = (time: bigint): boolean => (from === undefined || time >= from) && (to === undefined || time < to);
  return {
    ...source,
    async *batches(positions, signal) {
      for await (const batch of source.batches(positions, signal)) {
        const next = batch.next ?? (batch.records.at(-1)?.offset ?? -2n) + 1n;
        const records = batch.records.filter((record) => {
          const { documents } = decode(record, DEFAULT_LIMITS);
          return documents.length === 0 || documents.some((document) => inside(normalizer.normalize(record, document).time));
        });
        yield { ...batch, records, ...(next < 0n ? {} : { next }) };
      }
    },
  };
}

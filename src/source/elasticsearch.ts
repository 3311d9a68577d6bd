import { Client } from '@elastic/elasticsearch';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { Secret } from '../shared/secret.ts';
import type { Source } from './source.ts';

export type ElasticsearchInput = {
  readonly name: string;
  readonly node: string;
  /** An index, a pattern, an alias or a data stream. */
  readonly index: string;
  readonly apiKey?: Secret | undefined;
  /** Event times (ms) between which documents are read; open where undefined. */
  readonly since: number | undefined;
  readonly until: number | undefined;
};

const PAGE = 1000;
const KEEP = '5m';

/** Documents of an index in the order of their time, each once: a point in time, paged by what was read last. */
export function createElasticsearchSource({ name, node, index, apiKey, since, until }: ElasticsearchInput): Source {
  const client = new Client({
    node,
    ...(apiKey === undefined ? {} : { auth: { apiKey: apiKey.reveal() } }),
    maxRetries: 3,
    requestTimeout: 60_000,
  });
  const { host } = new URL(node);
  const refuse = (error: unknown): never => {
    throw new WardlineError('source', `Elasticsearch at ${host}, index ${index}: ${messageOf(error)}`, { cause: error, retryable: true });
  };
  const range = {
    ...(since === undefined ? {} : { gte: new Date(since).toISOString() }),
    ...(until === undefined ? {} : { lt: new Date(until).toISOString() }),
  };
  return {
    name,
    async *batches(_positions, signal) {
      const { id } = await client.openPointInTime({ index, keep_alive: KEEP }, { signal }).catch(refuse);
      let offset = 0n;
      let after: readonly JsonValue[] | undefined;
      try {
        while (!signal.aborted) {
          const page = await client
            .search<JsonObject>(
              {
                pit: { id, keep_alive: KEEP },
                size: PAGE,
                sort: [
                  { '@timestamp': { order: 'asc', format: 'strict_date_optional_time_nanos', numeric_type: 'date_nanos' } },
                  { _shard_doc: 'asc' },
                ] as never,
                track_total_hits: false,
                ...(Object.keys(range).length === 0 ? {} : { query: { range: { '@timestamp': range } } }),
                ...(after === undefined ? {} : { search_after: after as never }),
              },
              { signal },
            )
            .catch(refuse);
          const { hits } = page.hits;
          const records = hits.map(({ _source }) => ({
            source: name,
            partition: 0,
            offset: offset++,
            appendedAt: Date.parse(String(_source?.['@timestamp'])) || 0,
            bytes: Buffer.from(JSON.stringify(_source ?? {})),
            headers: new Map<string, string>(),
          }));
          const end = hits.length < PAGE;
          yield { partition: 0, records, ...(end ? { end } : {}) };
          if (end) return;
          after = hits.at(-1)?.sort as readonly JsonValue[];
        }
      } finally {
        await client.closePointInTime({ id }).catch(() => undefined);
      }
    },
    async commit() {},
    close: () => client.close(),
  };
}

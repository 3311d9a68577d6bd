import type { Client } from '@elastic/elasticsearch';
import { messageOf, WardlineError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import { clientOf } from './elasticsearch.ts';
import type { ElasticsearchSinkSettings } from './settings.ts';

/** Alerts as the sink keeps them, for people to look at. */
export type KeptAlerts = {
  /** The newest document of each alert, the newest alerts first, from so many on; fewer than asked for: there are no more. */
  standing(from: number, size: number): Promise<readonly JsonObject[]>;
  /** Every document of one alert, oldest first. */
  transitions(id: string): Promise<readonly JsonObject[]>;
  close(): Promise<void>;
};

/** How deep an index lets one look by places (`index.max_result_window`). */
const DEEPEST = 10_000;
const MOST_STEPS = 1000;
const TIMEOUT_MS = 10_000;

type Hits = { readonly hits: { readonly hits: readonly { readonly _source?: JsonObject }[] } };

/** Reads what `createElasticsearchSink` of the same settings writes. Each transition is a document of its own there. */
export function createElasticsearchAlerts(settings: ElasticsearchSinkSettings): KeptAlerts {
  const client: Client = clientOf(settings);
  const host = new URL(settings.node).host;
  const index = `wardline-alerts-${settings.namespace}-*`;
  const search = async (body: JsonObject): Promise<readonly JsonObject[]> => {
    try {
      const request = { index, ignore_unavailable: true, allow_no_indices: true, ...body };
      const answer = (await client.search(request as never, { requestTimeout: TIMEOUT_MS })) as unknown as Hits;
      return answer.hits.hits.flatMap(({ _source }) => (_source === undefined ? [] : [_source]));
    } catch (error) {
      throw new WardlineError('sink', `Elasticsearch at ${host}: alerts cannot be read: ${messageOf(error)}`, { cause: error });
    }
  };
  const newest = (field: string): JsonObject => ({ [field]: { order: 'desc', unmapped_type: 'long', missing: '_last' } });
  return {
    standing: (from, size) =>
      from >= DEEPEST
        ? Promise.resolve([])
        : search({
            from,
            size: Math.min(size, DEEPEST - from),
            collapse: { field: 'wardline.alert.id' },
            sort: [newest('event.created'), newest('@timestamp'), newest('wardline.alert.count')],
          }),
    async transitions(id) {
      const found = await search({ size: MOST_STEPS, query: { term: { 'wardline.alert.id': id } } });
      // A step that follows counts at least as much as the one before, and an alert opens before it closes.
      return [...found].sort((a, b) => compare(keyOf(a), keyOf(b)));
    },
    close: () => client.close(),
  };
}

const STAGES = ['opened', 'continued', 'merged', 'closed'];
const keyOf = (document: JsonObject): readonly (string | number)[] => [
  String(at(document, 'event.created') ?? ''),
  STAGES.indexOf(String(at(document, 'wardline.alert.stage'))),
  Number(at(document, 'wardline.alert.count') ?? 0),
];

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] as string | number;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

import { type Client, errors } from '@elastic/elasticsearch';
import { isObject, type JsonObject } from '../shared/json.ts';
import { alertTemplate } from './elasticsearch-template.ts';

/** What a server can do beside indices; asked, never assumed: distributions and licences differ. */
export type Features = { readonly dataStreams: boolean; readonly lifecycle: boolean };

/** Answers of a server that does not know a path, or does not let us ask: it is used without. */
const WITHOUT = [400, 403, 404, 405, 410];

/** Throws what the client throws when the server does not answer at all. */
export async function featuresOf(client: Client, signal: AbortSignal): Promise<Features> {
  const has = async (path: string, proof: string): Promise<boolean> => {
    try {
      const answer = await client.transport.request({ method: 'GET', path }, { signal });
      // Something in between may answer for paths it does not know.
      return isObject(answer) && Object.hasOwn(answer, proof);
    } catch (error) {
      if (error instanceof errors.ResponseError && WITHOUT.includes(error.statusCode ?? 0)) return false;
      throw error;
    }
  };
  return { dataStreams: await has('/_data_stream', 'data_streams'), lifecycle: await has('/_ilm/status', 'operation_mode') };
}

export type SetupOptions = {
  readonly prefix: string;
  readonly layout: 'auto' | 'indices' | 'data-stream';
  readonly retentionDays: number;
};

/** What was put in place. */
export type Setup = { readonly layout: 'indices' | 'data-stream'; readonly lifecycle: boolean };

/** Puts lifecycle policy and template in place; safe to repeat, also by several processes. */
export async function setUp(client: Client, { prefix, layout, retentionDays }: SetupOptions, signal: AbortSignal): Promise<Setup> {
  const features = await featuresOf(client, signal);
  const chosen = layout === 'auto' ? (features.dataStreams ? 'data-stream' : 'indices') : layout;
  if (features.lifecycle) {
    const policy = { phases: { hot: { actions: {} }, delete: { min_age: `${retentionDays}d`, actions: { delete: {} } } } };
    await client.transport.request({ method: 'PUT', path: `/_ilm/policy/${prefix}`, body: { policy } }, { signal });
  }
  const template = alertTemplate(`${prefix}-*`);
  const inner = template['template'] as JsonObject;
  const settings: JsonObject = {
    ...(inner['settings'] as JsonObject),
    ...(features.lifecycle ? { 'index.lifecycle.name': prefix } : {}),
  };
  const body = { ...template, template: { ...inner, settings }, ...(chosen === 'data-stream' ? { data_stream: {} } : {}) };
  await client.indices.putIndexTemplate({ name: prefix, ...body } as never, { signal });
  return { layout: chosen, lifecycle: features.lifecycle };
}

/**
 * Which of these ids are stored already. A document id is unique in one index, and a data stream begins a new one when it
 * rolls over: what may have been sent before is asked for, so that it is stored once all the same.
 */
export async function storedIds(client: Client, target: string, ids: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>> {
  await client.indices.refresh({ index: target, ignore_unavailable: true, allow_no_indices: true }, { signal });
  const answer = await client.search(
    {
      index: target,
      ignore_unavailable: true,
      allow_no_indices: true,
      size: ids.length,
      _source: false,
      query: { ids: { values: [...ids] } },
    },
    { signal },
  );
  return new Set(answer.hits.hits.map(({ _id }) => _id).filter((id) => id !== undefined));
}

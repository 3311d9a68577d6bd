import { errors } from '@elastic/elasticsearch';
import { clientOf } from './elasticsearch.ts';
import type { ElasticsearchSinkSettings } from './settings.ts';

/** What the user of a sink lacks; `unknown`: the server does not tell, since it asks nobody who they are. */
export type Privileges = { readonly lacking: readonly string[] } | { readonly unknown: true };

/** Policies and templates are put in place at every start. */
const CLUSTER = ['monitor', 'manage_index_templates', 'manage_ilm'];
/** Documents are created, never changed; indices come with the first of them; what may have been sent is asked for. */
const INDEX = ['auto_configure', 'create_doc', 'read', 'maintenance'];

type Answer = {
  readonly cluster: Readonly<Record<string, boolean>>;
  readonly index: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
};

/** Asks the server what the user of these settings may do. Throws what the client throws when nobody answers. */
export async function privilegesOf(settings: ElasticsearchSinkSettings, timeoutMs: number): Promise<Privileges> {
  const client = clientOf(settings);
  const names = `wardline-alerts-${settings.namespace}-*`;
  try {
    const body = { cluster: CLUSTER, index: [{ names: [names], privileges: INDEX }] };
    const request = { method: 'POST', path: '/_security/user/_has_privileges', body };
    const { cluster, index } = (await client.transport.request(request, { requestTimeout: timeoutMs })) as Answer;
    const no = (all: Readonly<Record<string, boolean>>): string[] => Object.keys(all).filter((name) => all[name] !== true);
    return { lacking: [...no(cluster).map((name) => `${name} (cluster)`), ...no(index[names] ?? {}).map((name) => `${name} on ${names}`)] };
  } catch (error) {
    // Security is switched off, or this distribution has none.
    if (error instanceof errors.ResponseError && [400, 404, 405, 410, 500].includes(error.statusCode ?? 0)) return { unknown: true };
    throw error;
  } finally {
    await client.close();
  }
}

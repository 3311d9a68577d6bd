import { startElasticsearch } from './elasticsearch.ts';
import { startKafka } from './kafka.ts';
import type { Server } from './server.ts';

/** True where a missing server is a failure and not a reason to skip. */
export function serversRequired(): boolean {
  return process.env['CI'] === 'true' || process.env['WARDLINE_REQUIRE_SERVERS'] === '1';
}

/** One of each, or why there is none; throws instead where servers are required. */
export async function startServers(
  dir: string,
): Promise<{ readonly kafka: Server; readonly elasticsearch: Server } | { readonly skipped: string }> {
  const started: Server[] = [];
  try {
    // One after the other: together they are slower on two cores.
    const kafka = await startKafka({ dir: `${dir}/kafka` });
    started.push(kafka);
    const elasticsearch = await startElasticsearch({ dir: `${dir}/elasticsearch` });
    return { kafka, elasticsearch };
  } catch (error) {
    await Promise.all(started.map((server) => server.stop()));
    if (serversRequired()) throw error;
    return { skipped: error instanceof Error ? error.message : String(error) };
  }
}

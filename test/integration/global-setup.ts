import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startServers } from '../../scripts/servers/index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Addresses of real servers, or why there are none. */
    servers: { readonly kafka: string; readonly elasticsearch: string } | { readonly skipped: string };
  }
}

/** One Kafka and one Elasticsearch for the whole run; tests take their own topics, indices and groups. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'wardline-integration-'));
  const servers = await startServers(dir);
  if ('skipped' in servers) {
    console.log(`integration tests are skipped: ${servers.skipped.split('\n')[0]}`);
    project.provide('servers', servers);
    return async () => rmSync(dir, { recursive: true, force: true });
  }
  project.provide('servers', { kafka: servers.kafka.url, elasticsearch: servers.elasticsearch.url });
  return async () => {
    await Promise.all([servers.kafka.stop(), servers.elasticsearch.stop()]);
    rmSync(dir, { recursive: true, force: true });
  };
}

// Starts a real Kafka and a real Elasticsearch, prints where they are, and stops them on Ctrl-C.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'wardline-servers-'));
const servers = await startServers(dir);
if ('skipped' in servers) {
  console.error(servers.skipped);
  process.exit(3);
}
console.log(JSON.stringify({ kafka: servers.kafka.url, elasticsearch: servers.elasticsearch.url, logs: dir }));
await new Promise<void>((done) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
});
await Promise.all([servers.kafka.stop(), servers.elasticsearch.stop()]);

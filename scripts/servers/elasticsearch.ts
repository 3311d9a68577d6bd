import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, execute, freePort, launch, type Server, type StartOptions } from './server.ts';

const VERSION = '8.19.8';
const NOBODY = 65_534;

/** Elasticsearch's own integration-test distribution: the core without most modules, from Maven's repository. */
export async function startElasticsearch({ dir, port }: StartOptions): Promise<Server> {
  const home = await download();
  const http = port ?? (await freePort());
  const transport = await freePort();
  for (const name of ['config', 'data', 'logs', 'tmp']) mkdirSync(join(dir, name), { recursive: true });
  cpSync(join(home, 'config'), join(dir, 'config'), { recursive: true });
  writeFileSync(join(dir, 'config', 'elasticsearch.yml'), settings(dir, http, transport));
  // The folder above may be a private temporary one; the server runs as somebody else and must get through.
  chmodSync(join(dir, '..'), 0o755);
  // It refuses to run as root.
  const uid = process.getuid?.() === 0 ? NOBODY : undefined;
  if (uid !== undefined) await execute('chown', ['-R', `${uid}:${uid}`, dir]);
  const url = `http://127.0.0.1:${http}`;
  const env = {
    ES_PATH_CONF: join(dir, 'config'),
    ES_TMPDIR: join(dir, 'tmp'),
    ES_JAVA_OPTS: '-Xms512m -Xmx512m',
    ES_JAVA_HOME: javaHome(),
  };
  const ready = async (): Promise<boolean> => (await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=2s`)).ok;
  return launch({
    name: 'elasticsearch',
    command: join(home, 'bin', 'elasticsearch'),
    args: [],
    dir,
    url,
    env,
    ready,
    ...(uid === undefined ? {} : { uid }),
  });
}

function javaHome(): string {
  if (process.env['JAVA_HOME'] !== undefined) return process.env['JAVA_HOME'];
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'java'))
    .find(existsSync);
  if (path === undefined) throw new Error('java is not installed');
  return join(realpathSync(path), '../..');
}

async function download(): Promise<string> {
  const home = join(CACHE, `elasticsearch-${VERSION}`);
  if (existsSync(join(home, 'complete'))) return home;
  mkdirSync(CACHE, { recursive: true });
  const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${VERSION}:zip`;
  await execute('mvn', [
    '-q',
    '-B',
    'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${CACHE}`,
  ]);
  await execute('unzip', ['-q', '-o', join(CACHE, `elasticsearch-${VERSION}.zip`), '-d', CACHE]);
  writeFileSync(join(home, 'complete'), '');
  return home;
}

function settings(dir: string, http: number, transport: number): string {
  return [
    'discovery.type: single-node',
    'network.host: 127.0.0.1',
    `http.port: ${http}`,
    `transport.port: ${transport}`,
    'xpack.security.enabled: false',
    'cluster.routing.allocation.disk.threshold_enabled: false',
    `path.data: ${join(dir, 'data')}`,
    `path.logs: ${join(dir, 'logs')}`,
    '',
  ].join('\n');
}

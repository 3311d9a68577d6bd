// The distributed form from a real broker to the alerts topic, whole processes measured from outside: 1 against 2 of them.
//   node bench/pipeline.ts [--events 200000]
// Prints events per second and per CPU second, and how much faster two processes are. Needs Java and Maven for the broker.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { kafkaOf, startProcess } from '../scripts/distributed/cluster.ts';
import { startKafka } from '../scripts/servers/kafka.ts';
import { available, dataFolder, publicRules, realLines } from './corpus.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '200000' } } });
const PARTITIONS = 4;
const TICKS_PER_SECOND = 100;
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
if (!available) {
  console.log('the public rules and events are not here; set WARDLINE_BENCH_DATA');
  process.exit(3);
}

const dir = mkdtempSync(join(tmpdir(), 'wardline-pipeline-'));
const server = await startKafka({ dir: join(dir, 'kafka') });
try {
  const kafka = kafkaOf(server.url);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'logs', numPartitions: PARTITIONS }] });
  const lines = realLines(4);
  const total = Number(values.events);
  const producer = kafka.producer();
  await producer.connect();
  for (let i = 0; i < total; i += 2000) {
    const messages = Array.from({ length: Math.min(2000, total - i) }, (_, k) => ({
      partition: (i + k) % PARTITIONS,
      value: lines[(i + k) % lines.length] as Buffer,
    }));
    await producer.send({ topic: 'logs', messages });
  }
  await producer.disconnect();
  const rates: number[] = [];
  for (const count of [1, 2]) {
    const { wall, cpu } = await measure(count, total, admin);
    rates.push(total / wall);
    console.log(
      `${count} process${count > 1 ? 'es' : ''}: ${Math.round(total / wall)} events/s, ${Math.round(total / cpu)} events per CPU second (${wall.toFixed(1)} s, ${cpu.toFixed(1)} CPU s, start included)`,
    );
  }
  console.log(`2 against 1: ${((rates[1] as number) / (rates[0] as number)).toFixed(2)} x`);
  await admin.disconnect();
} finally {
  await server.stop();
}

/** Seconds until every event was taken and told; all roles in every process. */
async function measure(count: number, total: number, admin: ReturnType<ReturnType<typeof kafkaOf>['admin']>) {
  const prefix = `bench${count}`;
  const config = prepareBench(prefix);
  const started = performance.now();
  const children = Array.from({ length: count }, (_, n) => startProcess(config, String(n)));
  for (;;) {
    await sleep(200);
    // The group has no coordinator before its first member.
    const [group] = await admin.fetchOffsets({ groupId: prefix, topics: ['logs'] }).catch(() => []);
    const done = group?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) ?? 0;
    if (done >= total) break;
    if (performance.now() - started > 600_000) throw new Error(`only ${done} of ${total} events`);
  }
  const wall = (performance.now() - started) / 1000;
  const cpu = children.reduce((sum, { pid }) => sum + cpuOf(pid ?? 0), 0);
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  return { wall, cpu };
}

/** CPU seconds of a process so far, all threads. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** All public rules and twenty correlations over them. */
function prepareBench(prefix: string): string {
  const correlations = publicRules(20).map(({ id }, n) =>
    JSON.stringify({
      title: `c${n}`,
      name: `c${n}`,
      correlation: { type: 'event_count', rules: [id], 'group-by': ['host.name'], timespan: '5m', condition: { gte: 10 }, generate: true },
    }),
  );
  writeFileSync(join(dir, 'correlations.yml'), correlations.join('\n---\n'));
  const settings = {
    rules: [join(dataFolder, 'sigmahq', 'rules'), join(dir, 'correlations.yml')],
    sources: [{ kind: 'kafka', name: 'logs', brokers: [server.url], topics: ['logs'], groupId: prefix }],
    sinks: [{ kind: 'console', name: 'out', format: 'ndjson' }],
    transport: { brokers: [server.url], prefix, partitions: PARTITIONS },
    log: { level: 'warn' },
  };
  const path = join(dir, `${prefix}.yaml`);
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

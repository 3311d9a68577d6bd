// The distributed form from a real broker to the alerts topic, whole processes measured from outside: 1 against 2 of them.
//   node bench/pipeline.ts [--events 200000]
// Prints events per second and per CPU second, with and without the start, and how much faster two processes are. Needs Java and Maven for the broker.
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
/** The broker takes a megabyte a request. */
const MAX_REQUEST = 700_000;
/** The share of the events that start, compiling and warming up are over with. */
const WARM = 0.3;
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
  for (let i = 0; i < total; ) {
    const messages: { partition: number; value: Buffer }[] = [];
    for (let bytes = 0; i < total && bytes < MAX_REQUEST; i++) {
      const value = lines[i % lines.length] as Buffer;
      bytes += value.length;
      messages.push({ partition: i % PARTITIONS, value });
    }
    await producer.send({ topic: 'logs', messages });
  }
  await producer.disconnect();
  const rates: number[] = [];
  for (const count of [1, 2]) {
    const { warm, end } = await measure(count, total, admin);
    const [events, wall, cpu] = [end.events - warm.events, end.wall - warm.wall, end.cpu - warm.cpu];
    rates.push(events / wall);
    console.log(
      `${count} process${count > 1 ? 'es' : ''}: ${Math.round(events / wall)} events/s, ${Math.round(events / cpu)} events per CPU second over the last ${events}; ${Math.round(total / end.wall)} and ${Math.round(total / end.cpu)} with the start (${end.wall.toFixed(1)} s, ${end.cpu.toFixed(1)} CPU s)`,
    );
  }
  console.log(`2 against 1: ${((rates[1] as number) / (rates[0] as number)).toFixed(2)} x`);
  await admin.disconnect();
} finally {
  await server.stop();
}

type Reading = { readonly events: number; readonly wall: number; readonly cpu: number };

/** Readings when the start is over and when every event was taken and told; all roles in every process. */
async function measure(count: number, total: number, admin: ReturnType<ReturnType<typeof kafkaOf>['admin']>) {
  const prefix = `bench${count}`;
  const config = prepareBench(prefix);
  const started = performance.now();
  const children = Array.from({ length: count }, (_, n) => startProcess(config, String(n)));
  let warm: Reading | undefined;
  let end: Reading;
  for (;;) {
    await sleep(100);
    // The group has no coordinator before its first member.
    const [group] = await admin.fetchOffsets({ groupId: prefix, topics: ['logs'] }).catch(() => []);
    const done = group?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) ?? 0;
    const cpu = children.reduce((sum, { pid }) => sum + cpuOf(pid ?? 0), 0);
    end = { events: done, wall: (performance.now() - started) / 1000, cpu };
    if (done >= total * WARM) warm ??= end;
    if (done >= total) break;
    if (performance.now() - started > 600_000) throw new Error(`only ${done} of ${total} events`);
  }
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  return { warm: warm ?? end, end };
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

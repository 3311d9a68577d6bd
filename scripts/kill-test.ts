// Real processes against real servers: `kill -9` at random moments, then what is stored is compared with an evaluation of
// the same events in one process. Needs Java and Maven, as the integration tests do.
//   npm run kill-test [-- --kills 200] [--processes 3] [--seed 1] [--interval-ms 4000]
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createChance } from '../test/simulation/scheduler.ts';
import { alertsIn, closedOf, events, kafkaOf, prepare, produceAll, startProcess } from './distributed/cluster.ts';
import { startServers } from './servers/index.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    processes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    'interval-ms': { type: 'string', default: '4000' },
  },
});
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
const kills = Number(values.kills);
const processes = Number(values.processes);
const interval = Number(values['interval-ms']);
const chance = createChance(Number(values.seed));
const PARTITIONS = 4;

const dir = mkdtempSync(join(tmpdir(), 'wardline-kill-'));
const servers = await startServers(dir);
if ('skipped' in servers) {
  console.log(`no servers: ${servers.skipped}`);
  process.exit(3);
}
const children: ChildProcess[] = [];
let code = 1;
try {
  const kafka = kafkaOf(servers.kafka.url);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'logs', numPartitions: PARTITIONS }] });
  const list = events(kills * 60, PARTITIONS, chance);
  const config = prepare({
    dir: join(dir, 'run'),
    brokers: servers.kafka.url,
    topic: 'logs',
    prefix: 'kill',
    partitions: PARTITIONS,
    elasticsearch: servers.elasticsearch.url,
  });
  for (let i = 0; i < processes; i++) children.push(startProcess(config, String(i)));
  const started = Date.now();
  // Stopped early (SIGINT, SIGTERM), it compares what there was so far.
  let enough = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (enough = true));
  let done = 0;
  for (let n = 0; n < kills && !enough; n++) {
    await produceAll(kafka, 'logs', list.slice(n * 60, (n + 1) * 60));
    await sleep(chance() * interval);
    const victim = Math.floor(chance() * processes);
    children[victim]?.kill('SIGKILL');
    children[victim] = startProcess(config, String(victim));
    done++;
    if (n % 20 === 19) console.log(`${n + 1} kills in ${Math.round((Date.now() - started) / 1000)} s`);
  }
  const given = [...list.slice(0, done * 60), ...list.slice(kills * 60)];
  await produceAll(kafka, 'logs', given.slice(done * 60));

  const wanted = closedOf(given);
  const closedIn = (entries: readonly { id: string; stage: string }[]): Set<string> =>
    new Set(entries.filter(({ stage }) => stage === 'closed').map(({ id }) => id));
  let stored: readonly { id: string; stage: string }[] = [];
  let made: readonly { id: string; stage: string }[] = [];
  for (const end = Date.now() + 600_000; Date.now() < end; await sleep(3000)) {
    try {
      [stored, made] = [await storedIn(servers.elasticsearch.url), await alertsIn(kafka, 'kill.alerts')];
    } catch {
      // A broker that is busy is asked again.
      continue;
    }
    const ids = new Set(stored.map(({ id }) => id));
    if ([...wanted].every((id) => closedIn(stored).has(id)) && made.every(({ id }) => ids.has(id))) break;
  }
  const ids = new Set(stored.map(({ id }) => id));
  const madeIds = new Set(made.map(({ id }) => id));
  const result = {
    kills: done,
    processes,
    events: given.length,
    closedWanted: wanted.size,
    lost: [...wanted].filter((id) => !closedIn(stored).has(id)).length + [...madeIds].filter((id) => !ids.has(id)).length,
    spurious: [...closedIn(stored)].filter((id) => !wanted.has(id)).length + [...ids].filter((id) => !madeIds.has(id)).length,
    duplicates: stored.length - ids.size,
    stored: stored.length,
    appended: made.length,
    appendedAgain: made.length - madeIds.size,
    seconds: Math.round((Date.now() - started) / 1000),
  };
  console.log(JSON.stringify(result));
  code = result.lost + result.spurious + result.duplicates === 0 ? 0 : 1;
  await admin.disconnect();
} finally {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all([servers.kafka.stop(), servers.elasticsearch.stop()]);
  console.log(code === 0 ? 'nothing lost, nothing doubled, nothing spurious' : `wrong; what the processes said lies in ${dir}`);
}
process.exit(code);

/** Every document of the alert indices. */
async function storedIn(url: string): Promise<readonly { id: string; stage: string }[]> {
  const found: { id: string; stage: string }[] = [];
  await fetch(`${url}/wardline-alerts-kill-*/_refresh`, { method: 'POST' });
  for (let after: unknown; ; ) {
    const answer = await fetch(`${url}/wardline-alerts-kill-*/_search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        size: 5000,
        _source: ['event.id', 'wardline.alert.stage'],
        sort: [{ 'event.id': 'asc' }],
        ...(after === undefined ? {} : { search_after: after }),
      }),
    });
    if (!answer.ok) return found;
    type Row = { _id: string; sort: unknown; _source: { wardline: { alert: { stage: string } } } };
    const { hits } = (await answer.json()) as { hits: { hits: Row[] } };
    if (hits.hits.length === 0) return found;
    for (const { _id, _source } of hits.hits) found.push({ id: _id, stage: _source.wardline.alert.stage });
    after = hits.hits.at(-1)?.sort;
  }
}

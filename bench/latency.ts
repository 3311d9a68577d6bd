// Time from a record written to the engine's input until its alert is received by webhook, in wall time:
//   npm run bench -- latency [--seconds N] [--rates 1000,50000] [--json FILE]
// The engine is a process of its own (`wardline run` on standard input, store on disk, signed webhook); one record in so
// many raises an alert, so that about 50 alerts a second are raised at each rate. The reference is a bare POST over a
// kept-alive connection to the same receiver, in the same run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';

const ALERTS_PER_SECOND = 50;
const TICK_MS = 2;

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    rates: { type: 'string', default: '1000,50000' },
    json: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

type Row = {
  readonly what: string;
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
};

/** Notes when each call came; the id of a record stands in the body. */
async function startReceiver() {
  const arrived = new Map<string, number>();
  const server = createServer((call, answer) => {
    let body = '';
    call.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    call.on('end', () => {
      const id = /probe-\d+/.exec(body)?.[0];
      if (id !== undefined && !arrived.has(id)) arrived.set(id, performance.now());
      answer.writeHead(204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { arrived, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** The reference: what the receiver and the loop-back cost by themselves. */
async function bare(count: number): Promise<Row> {
  const receiver = await startReceiver();
  const agent = new Agent();
  const sent = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    sent.set(`probe-${i}`, performance.now());
    const answer = await request(receiver.url, {
      method: 'POST',
      body: `{"id":"probe-${i}","pad":"${'x'.repeat(1500)}"}`,
      dispatcher: agent,
    });
    await answer.body.dump();
    await pause(1000 / ALERTS_PER_SECOND / 4);
  }
  await agent.close();
  receiver.close();
  return row('bare POST, kept alive', sent, receiver.arrived);
}

async function pipeline(rate: number): Promise<Row> {
  const receiver = await startReceiver();
  const folder = mkdtempSync(join(tmpdir(), 'wardline-latency-'));
  mkdirSync(join(folder, 'rules'));
  writeFileSync(
    join(folder, 'rules/probe.yml'),
    'title: Probe\nid: probe\nlogsource: {category: test}\ndetection: {s: {event.action: probe}, condition: s}\nwardline: {alert: {dedup: each}}\n',
  );
  const settings = {
    sources: [{ kind: 'stdin', name: 'in', logsource: { category: 'test' } }],
    sinks: [
      { kind: 'webhook', name: 'bench', url: receiver.url, secret: '${env:KEY}', insecure: true, allowPrivate: true, updates: 'none' },
    ],
    log: { level: 'error' },
  };
  writeFileSync(join(folder, 'wardline.yaml'), JSON.stringify(settings));
  const main = resolve(import.meta.dirname, '../src/main.ts');
  const engine = spawn(process.execPath, [...process.execArgv, main, 'run'], {
    cwd: folder,
    env: { ...process.env, KEY: `whsec_${Buffer.alloc(32, 1).toString('base64')}` },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const sent = new Map<string, number>();
  const every = Math.max(1, Math.round(rate / ALERTS_PER_SECOND));
  let written = 0;
  let next = 0;
  const line = (time: string): string => {
    const probe = written % every === 0;
    const id = `probe-${next}`;
    if (probe) {
      next++;
      sent.set(id, Number.NaN);
    }
    written++;
    return `{"ecs":{"version":"8.11.0"},"event":{"action":"${probe ? 'probe' : 'noise'}"},"user":{"name":"${probe ? id : 'alice'}"},"source":{"ip":"198.51.100.7"},"message":"session opened for a user on a host of the fleet","@timestamp":"${time}"}\n`;
  };
  const feed = async (untilMs: number): Promise<void> => {
    const started = performance.now();
    const first = written;
    for (;;) {
      const elapsed = performance.now() - started;
      if (elapsed >= untilMs) return;
      const due = first + Math.floor((elapsed / 1000) * rate);
      const time = new Date().toISOString();
      const from = next;
      let text = '';
      while (written < due) text += line(time);
      const now = performance.now();
      for (let i = from; i < next; i++) sent.set(`probe-${i}`, now);
      if (text !== '' && !engine.stdin.write(text)) await once(engine.stdin, 'drain');
      await pause(TICK_MS);
    }
  };
  // Warm-up: code is compiled, connections are open. Its probes are not counted.
  await feed(3000);
  await pause(1000);
  sent.clear();
  await feed(seconds * 1000);
  const end = performance.now() + 10_000;
  while ([...sent.keys()].some((id) => !receiver.arrived.has(id)) && performance.now() < end) await pause(50);
  engine.stdin.end();
  await once(engine, 'close');
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
  return row(`${rate.toLocaleString('en')} events/s, record to webhook`, sent, receiver.arrived);
}

/** Times in milliseconds. An alert that never came makes the figures worthless, so it is an error. */
function row(what: string, sent: ReadonlyMap<string, number>, arrived: ReadonlyMap<string, number>): Row {
  const missing = [...sent.keys()].filter((id) => !arrived.has(id));
  if (missing.length > 0) throw new Error(`${what}: ${missing.length} of ${sent.size} alerts did not arrive`);
  const times = [...sent].map(([id, at]) => (arrived.get(id) ?? Number.NaN) - at).sort((a, b) => a - b);
  const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return { what, samples: times.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), most: times.at(-1) ?? Number.NaN };
}

const rows: Row[] = [await bare(500)];
for (const rate of values.rates.split(',').map(Number)) rows.push(await pipeline(rate));
const reference = rows[0] as Row;
console.log(`Node ${process.version}, ${seconds} s at each rate, milliseconds\n`);
for (const { what, samples, p50, p99, p999, most } of rows) {
  const ms = [p50, p99, p999, most].map((value) => value.toFixed(1).padStart(8)).join('');
  console.log(
    `  ${what.padEnd(38)} ${String(samples).padStart(5)} alerts   p50, p99, p99.9, most${ms}   p50 ${(p50 / reference.p50).toFixed(1)} x`,
  );
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);

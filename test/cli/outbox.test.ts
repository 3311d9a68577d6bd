import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ReceivedCall, startReceiver } from '../../src/sink/webhook/receiver.ts';
import { openStore } from '../../src/store/store.ts';

const home = resolve(import.meta.dirname, '../..');
const KEY = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const RULE =
  'title: Seen\nid: seen\nlogsource: {category: test}\ndetection: {s: {word: seen}, condition: s}\nwardline: {alert: {dedup: each}}\n';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-outbox-'));
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules/seen.yml'), RULE);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function project(url: string, events: number): void {
  const lines = Array.from({ length: events }, (_, n) =>
    JSON.stringify({ word: 'seen', n, '@timestamp': new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString() }),
  );
  writeFileSync(join(folder, 'events.ndjson'), `${lines.join('\n')}\n`);
  const settings = {
    sources: [{ kind: 'file', name: 'events', logsource: { category: 'test' }, path: 'events.ndjson', mode: 'follow' }],
    sinks: [{ kind: 'webhook', name: 'hook', url, secret: '${env:KEY}', insecure: true, allowPrivate: true, updates: 'none' }],
    log: { level: 'error' },
  };
  writeFileSync(join(folder, 'wardline.yaml'), JSON.stringify(settings));
}

function start(...args: string[]) {
  const flags = ['--disallow-code-generation-from-strings', '--disable-proto=delete'];
  const child = spawn(process.execPath, [...flags, join(home, 'src/main.ts'), ...args], {
    cwd: folder,
    env: { ...process.env, KEY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  return { child, ended: new Promise<string>((done) => child.once('close', () => done(said))) };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 20));
}

function look<T>(read: (store: ReturnType<typeof openStore>) => T): T | undefined {
  try {
    const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
    const value = read(store);
    store.close();
    return value;
  } catch {
    return undefined;
  }
}
const opened = (): readonly string[] =>
  look((store) =>
    store.alerts
      .newest(10_000)
      .filter(({ document }) => (document['event'] as { action: string }).action === 'alert-opened')
      .map(({ id }) => id),
  )?.toSorted() ?? [];

describe('the outbox', () => {
  test('a kill in the middle of deliveries loses none, and repeats a few under the same ids', { timeout: 240_000 }, async () => {
    const calls: ReceivedCall[] = [];
    let engine: ReturnType<typeof start> | undefined;
    const receiver = await startReceiver({
      host: '127.0.0.1',
      port: 0,
      secret: KEY,
      now: Date.now,
      onCall(call) {
        calls.push(call);
        if (calls.length === 50) engine?.child.kill('SIGKILL');
      },
    });
    project(receiver.url, 120);
    engine = start('run');
    await engine.ended;
    const again = start('run');
    await until(() => new Set(calls.map(({ id }) => id)).size >= 120);
    again.child.kill('SIGTERM');
    await again.ended;
    await receiver.close();
    expect(calls.filter(({ verdict }) => verdict === 'refused')).toEqual([]);
    expect([...new Set(calls.map(({ id }) => id))].sort()).toEqual(opened());
    expect(calls.filter(({ verdict }) => verdict === 'repeated').length).toBeLessThanOrEqual(24);
  });

  test('what waits for a receiver that is away outlives a kill and arrives when it is back', { timeout: 240_000 }, async () => {
    const gone = await startReceiver({ host: '127.0.0.1', port: 0, secret: KEY, now: Date.now, onCall: () => undefined });
    const port = Number(new URL(gone.url).port);
    await gone.close();
    project(gone.url, 8);
    const engine = start('run');
    await until(() => look((store) => store.outbox.receiver('hook').state) === 'open');
    engine.child.kill('SIGKILL');
    await engine.ended;
    const calls: ReceivedCall[] = [];
    const back = await startReceiver({ host: '127.0.0.1', port, secret: KEY, now: Date.now, onCall: (call) => calls.push(call) });
    expect(await start('deliver', 'status').ended).toMatch(/hook +resting +\d+ +0 +0 .*ECONNREFUSED/);
    expect(await start('deliver', 'enable', 'hook').ended).toContain('hook is called again');
    const again = start('run');
    await until(() => calls.length >= 8);
    again.child.kill('SIGTERM');
    await again.ended;
    await back.close();
    expect(calls.map(({ id }) => id).sort()).toEqual(opened());
    expect(calls.every(({ verdict }) => verdict === 'accepted')).toBe(true);
  });
});

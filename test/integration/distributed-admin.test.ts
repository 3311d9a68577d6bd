import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { events, prepare, startProcess } from '../../scripts/distributed/cluster.ts';
import { freePort } from '../../scripts/servers/server.ts';
import { createChance } from '../simulation/scheduler.ts';
import { createTopic, eventually, kafkaUrl, produce, skipped } from './servers.ts';

describe.skipIf(skipped !== undefined)('the admin port of the distributed form', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-distributed-admin-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is ready once its partitions are restored, and counts what every stage does', async () => {
    const topic = `logs-${randomBytes(4).toString('hex')}`;
    const list = events(500, 2, createChance(7));
    await createTopic(topic, 2);
    await produce(topic, list);
    const config = prepare({ dir: folder, brokers: kafkaUrl, topic, prefix: `adm-${randomBytes(3).toString('hex')}`, partitions: 2 });
    const port = await freePort();
    const settings = JSON.parse(readFileSync(config, 'utf8')) as object;
    writeFileSync(config, JSON.stringify({ ...settings, admin: { listen: `127.0.0.1:${port}` } }));
    const child = startProcess(config, 'a');
    const ask = (path: string): Promise<string> =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (answer) => answer.text(),
        () => '',
      );
    const ready = await eventually(
      () => ask('/readyz'),
      (text) => text === 'ok\n',
      60_000,
    );
    expect(ready).toBe('ok\n');
    const value = (text: string, name: string): number =>
      text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    const text = await eventually(
      () => ask('/metrics'),
      (found) => value(found, 'wardline_records_total') >= list.length && value(found, 'wardline_delivery_outcomes_total') > 0,
      60_000,
    );
    expect(value(text, 'wardline_records_total')).toBe(list.length);
    expect(value(text, 'wardline_alerts_total')).toBeGreaterThan(0);
    expect(text).toContain('wardline_partitions{stage="correlate"} 2\n');
    expect(text).toContain(`wardline_partitions{stage="ingest logs/${topic}"} 2\n`);
    expect(text).toContain('wardline_receiver_up{receiver="out"} 1\n');
    expect(value(text, 'wardline_ruleset_rules')).toBeGreaterThan(5);
    expect(await ask('/livez')).toBe('ok\n');
    child.kill('SIGTERM');
    expect(await new Promise((done) => child.once('exit', done))).toBe(0);
  });

  test('a process that cannot begin to read a source says so and ends', async () => {
    const prefix = `end-${randomBytes(3).toString('hex')}`;
    const config = prepare({ dir: folder, brokers: kafkaUrl, topic: `no-${prefix}`, prefix, partitions: 1 });
    const child = startProcess(config, 'b');
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(await new Promise((done) => child.once('exit', done))).toBe(3);
    expect(readFileSync(`${config}.b.err`, 'utf8')).toContain(`no-${prefix}`);
  }, 45_000);
});

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { prepare, RULES, rulesText, startProcess } from '../../scripts/distributed/cluster.ts';
import type { LedgerEntry } from '../../src/evidence/entry.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { at } from '../../src/shared/nested.ts';
import { openStore } from '../../src/store/store.ts';
import { createTopic, eventually, kafkaUrl, produce, skipped } from './servers.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const START = Date.UTC(2026, 10, 20, 8);

describe.skipIf(skipped !== undefined)('operators of the distributed form', () => {
  const children: ReturnType<typeof startProcess>[] = [];
  const folders: string[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  test('act with the commands of the one-process form; sinks, later steps of the alert and the ledger have it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wardline-operate-'));
    folders.push(folder);
    const topic = `logs-${randomBytes(4).toString('hex')}`;
    await createTopic(topic, 1);
    const config = prepare({ dir: folder, brokers: kafkaUrl, topic, prefix: `op-${randomBytes(3).toString('hex')}`, partitions: 4 });
    // Without the rule above it, which takes its voice away.
    writeFileSync(join(folder, 'rules.yml'), rulesText(RULES.filter(({ title }) => title !== 'spree')));
    const settings = JSON.parse(readFileSync(config, 'utf8')) as object;
    writeFileSync(config, JSON.stringify({ ...settings, state: { path: 'operate.db' } }));
    children.push(startProcess(config, 'a', 'ingest,correlate,deliver'), startProcess(config, 'b', 'operate,evidence'));
    const fail = (seconds: number) => ({
      partition: 0,
      value: JSON.stringify({ '@timestamp': new Date(START + seconds * 1000).toISOString(), act: 'fail', who: 'alice' }),
    });
    await produce(topic, [0, 1, 2].map(fail));

    const store = join(folder, 'operate.db');
    const inStore = <T>(read: (from: ReturnType<typeof openStore>) => T, otherwise: T): T => {
      // It is made a moment after the file is there.
      if (!existsSync(store)) return otherwise;
      let opened: ReturnType<typeof openStore>;
      try {
        opened = openStore(store, { readOnly: true });
      } catch {
        return otherwise;
      }
      try {
        return read(opened);
      } finally {
        opened.close();
      }
    };
    const burst = async (): Promise<readonly JsonObject[]> =>
      inStore(({ alerts }) => [...alerts.newest(1000)].reverse().map(({ document }) => document), []).filter(
        (document) => at(document, 'rule.id') === 'burst',
      );
    const told = (documents: readonly JsonObject[]): readonly string[] =>
      documents.map((document) => `${at(document, 'wardline.alert.stage')} ${at(document, 'wardline.alert.workflow')}`);
    const [opened] = await eventually(burst, (found) => found.length > 0, 60_000);
    const alert = String(at(opened ?? {}, 'wardline.alert.id'));
    const acted = spawnSync(
      process.execPath,
      [
        ...['--disallow-code-generation-from-strings', '--disable-proto=delete', MAIN, 'alerts', 'ack', alert.slice(0, 14)],
        ...['--store', store, '--by', 'alice', '--comment', 'looking'],
      ],
      { encoding: 'utf8' },
    );
    expect(acted.stderr).toBe('');
    expect(acted.status).toBe(0);
    await eventually(burst, (found) => told(found).includes('action acknowledged'), 30_000);
    // The rule holds on in the next cell, and the episode ends when time has passed.
    await produce(topic, [fail(9), fail(10), fail(12), fail(500)]);
    const all = await eventually(burst, (found) => told(found).some((one) => one.startsWith('closed')), 60_000);
    expect(told(all)).toEqual(['opened new', 'action acknowledged', 'continued acknowledged', 'closed acknowledged']);
    const delivered = await eventually(
      async () =>
        readFileSync(`${config}.a.out`, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line) as JsonObject)
          .filter((document) => at(document, 'wardline.alert.id') === alert),
      (found) => found.length >= all.length,
      30_000,
    );
    expect(told(delivered)).toEqual(told(all));
    const audit = await eventually(
      async () =>
        inStore(({ ledger }) => [...(ledger.entries() as unknown as Iterable<LedgerEntry>)], []).filter(({ body }) =>
          JSON.stringify(body).includes('alert.acknowledge'),
        ),
      (found) => found.length > 0,
      30_000,
    );
    expect(audit).toHaveLength(1);
    expect(JSON.stringify(audit)).toContain('looking');
    for (const child of children) child.kill('SIGTERM');
    expect(await Promise.all(children.map((child) => new Promise((done) => child.once('exit', done))))).toEqual([0, 0]);
  });
});

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { createTopic, eventually, kafkaUrl, produce, skipped } from './servers.ts';

const home = resolve(import.meta.dirname, '../..');
const main = ['--disallow-code-generation-from-strings', '--disable-proto=delete', join(home, 'src/main.ts')];
const FAILED = 'title: Failed\nid: failed\nname: failed\nlogsource: {category: test}\ndetection: {s: {outcome: failure}, condition: s}\n';
const BRUTE = `title: Brute
id: brute
correlation: {type: event_count, rules: [failed], group-by: [user.name], timespan: 1m, condition: {gte: 5}}
`;

type Entry = { readonly kind: string; readonly body: Record<string, unknown> };

describe.skipIf(skipped !== undefined)('a canary of a topic', () => {
  test('goes through the real broker beside live records, is seen, and leaves counts and live alerts alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wardline-canary-'));
    const topic = `t-${randomBytes(4).toString('hex')}`;
    await createTopic(topic, 2);
    writeFileSync(join(folder, 'failed.yml'), FAILED);
    writeFileSync(join(folder, 'brute.yml'), BRUTE);
    writeFileSync(
      join(folder, 'wardline.yaml'),
      JSON.stringify({
        rules: ['failed.yml', 'brute.yml'],
        sources: [{ kind: 'kafka', name: 'logs', brokers: [kafkaUrl], topics: [topic], groupId: topic, logsource: { category: 'test' } }],
        canaries: [
          {
            id: 'brute',
            rule: 'brute',
            source: 'logs',
            inject: 'topic',
            every: '5s',
            repeat: 5,
            lines: ['{"outcome": "failure", "user": {"name": "mallory"}, "@timestamp": "{time}"}'],
          },
        ],
        log: { level: 'silent' },
      }),
    );
    // Four live failures of the user that the canary is called too: with a canary among them they would be five.
    const now = new Date().toISOString();
    await produce(
      topic,
      Array.from({ length: 4 }, () => ({ value: JSON.stringify({ outcome: 'failure', user: { name: 'mallory' }, '@timestamp': now }) })),
    );
    const entries = (): Entry[] => {
      const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
      const all = [...store.ledger.entries()] as unknown as Entry[];
      store.close();
      return all;
    };
    const steps = (): unknown[] => entries().flatMap(({ kind, body }) => (kind === 'canary' ? [body['step']] : []));
    const child = spawn(process.execPath, [...main, 'run'], { cwd: folder, stdio: 'ignore' });
    try {
      const found = await eventually(
        async () => {
          try {
            return steps();
          } catch {
            return [];
          }
        },
        (found) => found.filter((step) => step === 'seen').length >= 2,
        60_000,
      );
      expect(found.filter((step) => step === 'seen').length).toBeGreaterThanOrEqual(2);
      child.kill('SIGTERM');
      await new Promise((done) => child.once('exit', done));
      const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
      expect(store.alerts.count()).toBe(0);
      store.close();
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

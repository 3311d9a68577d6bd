import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { startReceiver } from '../../src/sink/webhook/receiver.ts';
import { openStore } from '../../src/store/store.ts';

const home = resolve(import.meta.dirname, '../..');
const main = ['--disallow-code-generation-from-strings', '--disable-proto=delete', join(home, 'src/main.ts')];

test('a canary goes from a planted line to a receiver, and the report counts it as seen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-canary-'));
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const calls: string[] = [];
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    secret,
    onCall: ({ id }) => calls.push(id),
    now: Date.now,
  });
  writeFileSync(join(folder, 'auth.log'), '');
  writeFileSync(
    join(folder, 'wardline.yaml'),
    JSON.stringify({
      rules: [join(home, 'rules/sigma/linux'), join(home, 'rules/correlation/mr_lnx_ssh_brute_force.yml')],
      sources: [{ kind: 'file', name: 'auth', path: 'auth.log', mode: 'follow', timezone: 'UTC' }],
      sinks: [{ kind: 'webhook', name: 'soc', url: receiver.url, secret: '${env:SECRET}', insecure: true, allowPrivate: true }],
      canaries: [
        {
          id: 'ssh',
          rule: 'ssh_brute_force',
          source: 'auth',
          receiver: 'soc',
          repeat: 30,
          lines: ['{syslog} canary sshd[1]: Failed password for {canary} from 192.0.2.1 port 22 ssh2'],
        },
      ],
      log: { level: 'silent' },
    }),
  );
  const steps = (): string[] => {
    const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
    const entries = [...store.ledger.entries()] as unknown as { kind: string; body: { step: string } }[];
    store.close();
    return entries.filter(({ kind }) => kind === 'canary').map(({ body }) => body.step);
  };
  const child = spawn(process.execPath, [...main, 'run'], { cwd: folder, stdio: 'ignore', env: { ...process.env, SECRET: secret } });
  try {
    while (calls.length === 0 && child.exitCode === null) await new Promise((done) => setTimeout(done, 50));
    child.kill('SIGTERM');
    await new Promise((done) => child.once('exit', done));
    expect(calls).toHaveLength(1);
    expect(steps()).toEqual(['injected', 'seen']);
    const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
    expect(store.alerts.count()).toBe(1);
    expect(store.alerts.newest(1)[0]?.document).toMatchObject({ wardline: { canary: { id: 'ssh' } } });
    store.close();
  } finally {
    child.kill('SIGKILL');
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createProvider } from '../../src/lookup/index.ts';
import { factSettings } from '../../src/lookup/settings.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';

const home = mkdtempSync(join(tmpdir(), 'wardline-facts-'));
afterAll(() => rmSync(home, { recursive: true }));
const deps = { clock: systemClock, baseDir: home };
const { signal } = new AbortController();

describe('facts over HTTP', () => {
  const server = createServer((call, answer) => {
    let body = '';
    call.on('data', (chunk: Buffer) => (body += chunk.toString()));
    call.on('end', () => {
      const { params } = JSON.parse(body) as { params: { user: string } };
      const status = { eve: 200, nobody: 404, odd: 200 }[params.user] ?? 500;
      answer.writeHead(status).end(params.user === 'odd' ? '<html>' : JSON.stringify({ asked: body, by: call.headers.authorization }));
    });
  });
  const started = new Promise<string>((done) => {
    server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}/risk`));
  });
  afterAll(() => new Promise((done) => server.close(done)));

  test('ask with the fields of the event and take JSON; what is no answer is a failure', async () => {
    const settings = {
      kind: 'http',
      name: 'risk',
      url: await started,
      insecure: true,
      allowPrivate: true,
      headers: { authorization: new Secret('Bearer t') },
    };
    const provider = createProvider(factSettings.parse(settings), deps);
    expect(await provider.lookup({ user: 'eve' }, signal)).toEqual({ asked: '{"fact":"risk","params":{"user":"eve"}}', by: 'Bearer t' });
    expect(await provider.lookup({ user: 'nobody' }, signal)).toBeUndefined();
    await expect(provider.lookup({ user: 'broken' }, signal)).rejects.toThrow('status 500');
    await expect(provider.lookup({ user: 'odd' }, signal)).rejects.toThrow('no JSON');
    await provider.close();
  });

  test('a private address is refused unless the settings allow it', async () => {
    const url = await started;
    expect(() => createProvider(factSettings.parse({ kind: 'http', name: 'risk', url, insecure: true }), deps)).toThrow();
  });
});

test('facts of a file are found by the values of the fields, joined', async () => {
  writeFileSync(join(home, 'risk.json'), JSON.stringify({ 'eve|vpn': 90 }));
  const provider = createProvider(factSettings.parse({ kind: 'file', name: 'risk', path: 'risk.json' }), deps);
  expect(await provider.lookup({ user: 'eve', via: 'vpn' }, signal)).toBe(90);
  expect(await provider.lookup({ user: 'toString', via: '' }, signal)).toBeUndefined();
  writeFileSync(join(home, 'list.json'), '[1]');
  expect(() => createProvider(factSettings.parse({ kind: 'file', name: 'risk', path: 'list.json' }), deps)).toThrow('no JSON object');
});

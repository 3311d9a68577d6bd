import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTokens, revokeToken } from '../../src/admin/tokens.ts';
import { anAdmin } from '../support/admin.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the admin port', () => {
  let admin: Awaited<ReturnType<typeof anAdmin>>;
  beforeAll(async () => {
    admin = await anAdmin({ hosts: ['wardline.example.org'] });
    admin.board.phase('running');
  });
  afterAll(() => admin.close());

  test('health and metrics answer without a token at a loopback address', async () => {
    expect(await admin.ask('/livez')).toMatchObject({ status: 200, body: 'ok\n' });
    expect(await admin.ask('/readyz')).toMatchObject({ status: 200, body: 'ok\n' });
    const metrics = await admin.ask('/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.body).toContain('wardline_ready 1\n');
  });

  test('readyz says 503 and why', async () => {
    admin.board.lag('logs', 1e12);
    const answer = await admin.ask('/readyz');
    admin.board.lag('logs', 0);
    expect(answer).toMatchObject({ status: 503 });
    expect(answer.body).toContain('source logs has 1000000000000 bytes unread');
  });

  test('the status needs a token', async () => {
    const answer = await admin.ask('/statusz');
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    const seen = await admin.ask('/statusz', { headers: bearer(admin.token('reader', 'viewer')) });
    expect(seen.status).toBe(200);
    expect(JSON.parse(seen.body)).toMatchObject({ form: 'embedded', phase: 'running', ready: { ok: true }, sources: [{ name: 'logs' }] });
  });

  test.each([
    ['a name that is not ours, as DNS rebinding makes it', { host: 'evil.example.org' }, 400],
    ['a name that begins like ours', { host: 'localhost.evil.example.org:9464' }, 400],
    ['a user before the name', { host: 'localhost@evil.example.org' }, 400],
    ['a name of the settings', { host: 'wardline.example.org' }, 200],
    ['localhost with any port', { host: 'LOCALHOST:1' }, 200],
    ['the address it was reached at', { host: '127.0.0.1:9464' }, 200],
    ['an address that is not its own', { host: '10.0.0.1' }, 400],
    ['another origin', { origin: 'https://evil.example.org' }, 403],
    ['a page without an origin of its own', { origin: 'null' }, 403],
    ['its own origin', { host: 'localhost:9464', origin: 'http://localhost:9464' }, 200],
    ['another port of this host', { host: 'localhost:9464', origin: 'http://localhost:1' }, 403],
    ['a link of another site', { 'sec-fetch-site': 'cross-site' }, 403],
  ] as const)('Host and Origin: %s', async (_what, headers, status) => {
    const answer = await admin.ask('/livez', { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('an unknown path is a 404 that does not repeat it, and no path reaches the file system', async () => {
    for (const path of [
      '/<script>alert(1)</script>',
      '/../../etc/passwd',
      '/console/..%2f..%2fetc%2fpasswd',
      '/%00',
      '/%ff',
      '//',
      '/livez/../../x',
    ]) {
      const answer = await admin.ask(path);
      expect([path, answer.status, answer.body]).toEqual([path, 404, 'nothing is here\n']);
    }
  });

  test('every answer forbids what a page could be misused for', async () => {
    for (const path of ['/livez', '/nowhere', '/statusz']) {
      const { headers } = await admin.ask(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
      expect([headers['x-content-type-options'], headers['cache-control'], headers['referrer-policy']]).toEqual([
        'nosniff',
        'no-store',
        'no-referrer',
      ]);
    }
  });

  test('a token that expired, was revoked or never was is refused; the file holds no token', async () => {
    const token = admin.token('leaver', 'viewer');
    const file = join(admin.folder, 'wardline-tokens.json');
    expect(readFileSync(file, 'utf8')).not.toContain(token);
    expect(readFileSync(file, 'utf8')).not.toContain(token.slice(3));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(token).toMatch(/^wl_[A-Za-z0-9_-]{43}$/);
    expect((await admin.ask('/statusz', { headers: bearer(token) })).status).toBe(200);
    revokeToken(file, 'leaver');
    expect((await admin.ask('/statusz', { headers: bearer(token) })).status).toBe(401);
    const brief = admin.token('brief', 'viewer', 1000);
    expect((await admin.ask('/statusz', { headers: bearer(brief) })).status).toBe(200);
    admin.clock.set(admin.clock.now() + 1000);
    expect((await admin.ask('/statusz', { headers: bearer(brief) })).status).toBe(401);
    expect(() => admin.token('brief', 'admin')).toThrow('already');
    expect(() => admin.token('a\nb', 'admin')).toThrow('letters');
    expect(readTokens(file).map(({ name }) => name)).not.toContain('leaver');
  });
});

test('after ten wrong tokens in a minute an address waits, even with a right one; health stays open', async () => {
  const admin = await anAdmin();
  const right = bearer(admin.token('op', 'operator'));
  for (let i = 0; i < 10; i++) expect((await admin.ask('/statusz', { headers: bearer(`wl_${i}`) })).status).toBe(401);
  const answer = await admin.ask('/statusz', { headers: right });
  expect([answer.status, answer.headers['retry-after']]).toEqual([429, '60']);
  expect((await admin.ask('/livez')).status).toBe(200);
  admin.clock.set(admin.clock.now() + 60_000);
  expect((await admin.ask('/statusz', { headers: right })).status).toBe(200);
  expect(await admin.telemetry.exposition()).toContain('wardline_admin_refused_total{reason="rate"} 1\n');
  await admin.close();
});

test('probes need a token where the settings say so', async () => {
  const admin = await anAdmin({ publicProbes: false });
  admin.board.phase('running');
  expect((await admin.ask('/metrics')).status).toBe(401);
  expect((await admin.ask('/metrics', { headers: bearer(admin.token('prom', 'viewer')) })).status).toBe(200);
  await admin.close();
});

test('a tokens file that is none is an error, and lets nobody in', async () => {
  const admin = await anAdmin();
  writeFileSync(join(admin.folder, 'wardline-tokens.json'), '{"version":1,"tokens":[{"name":"x"}]}');
  expect((await admin.ask('/statusz', { headers: bearer('wl_x') })).status).toBe(500);
  await admin.close();
});

import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consoleFiles } from '../../src/admin/console-files.ts';
import { openStore } from '../../src/store/store.ts';
import { anAdmin } from '../support/admin.ts';
import { anAlert } from '../support/an-alert.ts';

describe('the answers of the console', () => {
  const store = openStore(':memory:');
  let admin: Awaited<ReturnType<typeof anAdmin>>;
  let as = { viewer: {}, operator: {} } as Record<'viewer' | 'operator', Record<string, string>>;
  beforeAll(async () => {
    admin = await anAdmin({}, store);
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    as = { viewer: bearer(admin.token('v', 'viewer')), operator: bearer(admin.token('o', 'operator')) };
    store.transaction(() =>
      store.alerts.append(
        [
          ...Array.from({ length: 120 }, (_, i) =>
            anAlert({ id: `a${i}`, severity: i % 2 === 0 ? 'high' : 'low', group: { 'user.name': `u${i}` } }),
          ),
          anAlert({ id: 'a0-2', alert: 'a0', stage: 'continued', message: 'newer' }),
        ],
        [],
      ),
    );
  });
  afterAll(async () => {
    await admin.close();
    store.close();
  });
  type List = { alerts: { message: string; wardline: { alert: { id: string; severity: string } } }[]; next?: number; counts: number };
  const list = async (query: string): Promise<List> =>
    JSON.parse((await admin.ask(`/api/alerts${query}`, { headers: as.viewer })).body) as List;
  const act = (id: string, body: unknown, headers: Record<string, string> = {}, role: 'viewer' | 'operator' = 'operator') =>
    admin.ask(`/api/alerts/${id}/actions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as[role], ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  test('pages hold each alert once, as it stands, newest first', async () => {
    const seen: string[] = [];
    let query = '';
    for (let page = 0; page < 10; page++) {
      const { alerts, next } = await list(query);
      seen.push(...alerts.map(({ wardline }) => wardline.alert.id));
      if (page === 0) expect(alerts[0]?.message).toBe('newer');
      if (next === undefined) break;
      query = `?before=${next}`;
    }
    expect(seen).toEqual(['a0', ...Array.from({ length: 119 }, (_, i) => `a${119 - i}`)]);
  });

  test('filters and text narrow; what is no filter is refused', async () => {
    expect((await list('?level=high')).alerts.every(({ wardline }) => wardline.alert.severity === 'high')).toBe(true);
    expect((await list('?q=U77')).alerts.map(({ wardline }) => wardline.alert.id)).toEqual(['a77']);
    for (const query of ['?level=x', '?before=-1', '?before=1e99', `?q=${'x'.repeat(201)}`, '?status=%27%20OR%201=1'])
      expect([query, (await admin.ask(`/api/alerts${query}`, { headers: as.viewer })).status]).toEqual([query, 400]);
  });

  test('an error names the key, and a key that is not known is one', async () => {
    const ask = async (path: string) => (await admin.ask(path, { headers: as.viewer })).body;
    expect(await ask('/api/alerts?level=x')).toMatch(/^level: /);
    expect(await ask('/api/alerts?levle=high')).toMatch(/^the query: .*"levle"/);
    expect(await ask('/api/rules?q=x')).toContain('"q" is no key of a query here');
    expect((await act('a1', {})).body).toMatch(/^kind: /);
    expect((await act('a1', { kind: 'close' })).body).toMatch(/^comment: is missing/);
    expect((await act('a1', { kind: 'acknowledge', who: 'x' })).body).toMatch(/^the body: .*"who"/);
  });

  test('an alert that is not there is a 404, whatever its name', async () => {
    for (const id of ['nobody', "x' OR '1'='1", '..%2f..%2fetc', '%00', '__proto__'])
      expect([id, (await admin.ask(`/api/alerts/${encodeURIComponent(id)}`, { headers: as.viewer })).status]).toEqual([id, 404]);
  });

  test('an action needs its role, its type, its form, and its reason', async () => {
    expect((await act('a1', { kind: 'acknowledge' }, {}, 'viewer')).status).toBe(403);
    expect((await act('a1', { kind: 'acknowledge' }, { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await act('a1', { kind: 'acknowledge' }, { origin: 'https://evil.example.org' })).status).toBe(403);
    expect((await act('a1', '{')).status).toBe(400);
    expect((await act('a1', { kind: 'close' })).body).toContain('say why');
    expect((await act('a1', { kind: 'disposition', comment: 'x' })).status).toBe(400);
    expect((await act('a1', { kind: 'close', comment: 'x', actor: 'somebody else' })).status).toBe(400);
    expect((await act('a1', { kind: 'close', comment: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await act('nobody', { kind: 'acknowledge' })).status).toBe(404);
    expect(store.actions.pending()).toEqual([]);
  });

  test('an action is recorded with who and from where, shown at once, and a closed alert is not closed again', async () => {
    expect((await act('a1', { kind: 'close', comment: 'a drill', disposition: 'benign' })).status).toBe(200);
    expect(store.actions.pending()).toMatchObject([
      { alert: 'a1', kind: 'close', actor: 'o', address: '127.0.0.1', comment: 'a drill', disposition: 'benign' },
    ]);
    const { documents, pending } = JSON.parse((await admin.ask('/api/alerts/a1', { headers: as.viewer })).body) as {
      documents: { wardline: { alert: { workflow: string } } }[];
      pending: unknown[];
    };
    expect([documents.at(-1)?.wardline.alert.workflow, pending.length]).toEqual(['closed', 1]);
    expect((await act('a1', { kind: 'acknowledge' })).status).toBe(409);
    expect((await act('a1', { kind: 'comment', comment: 'still taken' })).status).toBe(200);
  });

  test('every file of the console is served with its type, and nothing else is in the folder', async () => {
    const files = consoleFiles();
    for (const { path, type, body } of files) {
      const answer = await admin.ask(path);
      expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 200, type]);
      expect(answer.body).toBe(Buffer.from(body).toString());
    }
    expect(readdirSync(join(resolve(import.meta.dirname, '../../src/console'))).length).toBe(files.length);
    const page = Buffer.from(files[0]?.body ?? []).toString();
    expect(page).not.toMatch(/<script(?![^>]*src="\/console\/)|<style|style=|\son\w+=|https?:/);
  });
});

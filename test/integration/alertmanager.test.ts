import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertmanagerMissing, startAlertmanager } from '../../scripts/servers/alertmanager.ts';
import { serversRequired } from '../../scripts/servers/index.ts';
import { runEngine } from '../../src/app.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { at } from '../../src/shared/nested.ts';
import { createAlertmanagerSink } from '../../src/sink/alertmanager/index.ts';
import { alertmanagerSinkSettings } from '../../src/sink/alertmanager/settings.ts';
import { openStore } from '../../src/store/store.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { anAlert } from '../support/an-alert.ts';
import { aRecord } from '../support/an-event.ts';
import { eventually } from './servers.ts';

const missing = alertmanagerMissing();
if (missing !== undefined) {
  if (serversRequired()) throw new Error(missing);
  console.log(`Alertmanager tests are skipped: ${missing}`);
}

type Active = { readonly labels: Record<string, string>; readonly endsAt: string; readonly status: { readonly state: string } };

describe.skipIf(missing !== undefined)('a real Alertmanager', () => {
  const dir = mkdtempSync(join(tmpdir(), 'wardline-alertmanager-'));
  const bodies: string[] = [];
  const hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(200).end();
    });
  });
  let server: Awaited<ReturnType<typeof startAlertmanager>>;
  const signal = new AbortController().signal;
  const sinkAt = () =>
    createAlertmanagerSink(
      alertmanagerSinkSettings.parse({ kind: 'alertmanager', url: server.url, insecure: true, allowPrivate: true }),
      systemClock,
    );
  const active = async (): Promise<readonly Active[]> => (await (await fetch(`${server.url}/api/v2/alerts`)).json()) as readonly Active[];

  beforeAll(async () => {
    await new Promise<void>((done) => hook.listen(0, '127.0.0.1', done));
    server = await startAlertmanager({ dir, webhook: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/` });
  });
  afterAll(async () => {
    await server.stop();
    await new Promise((done) => hook.close(done));
    rmSync(dir, { recursive: true, force: true });
  });

  test('takes an alert once however often it is told, lets it end, and its webhook body is events here', async () => {
    const sink = sinkAt();
    const group = { 'user.name': 'eve' };
    const opened = anAlert({ id: 'a1', group });
    expect(await sink.write([opened], signal)).toEqual([{ id: 'a1', outcome: 'stored' }]);
    expect(await sink.write([opened, anAlert({ id: 'a2', group, stage: 'continued' })], signal)).toMatchObject([
      { outcome: 'stored' },
      { outcome: 'stored' },
    ]);
    const alerts = await active();
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({ labels: { user_name: 'eve' }, status: { state: 'active' } });
    // Its own time-out would end it after five minutes; the end it was given is a day away.
    expect(Date.parse(alerts[0]?.endsAt ?? '') - Date.now()).toBeGreaterThan(23 * 3_600_000);

    expect(await sink.write([anAlert({ id: 'a3', group, stage: 'closed' })], signal)).toMatchObject([{ outcome: 'stored' }]);
    await eventually(
      async () => bodies.length,
      (count) => count >= 2,
    );
    await sink.close();
    const events = bodies.flatMap((body) => {
      const record = aRecord(body);
      return decode(record, DEFAULT_LIMITS).documents.map((document) => createNormalizer({}).normalize(record, document));
    });
    expect(events.map(({ route }) => route.format)).toEqual(events.map(() => 'alertmanager'));
    const documents = events.map((event) => event.toEcs());
    expect(documents.map((document) => at(document, 'event.action'))).toEqual(['alert-firing', 'alert-resolved']);
    expect(at(documents[0] ?? {}, 'rule.name')).toBe(alerts[0]?.labels['alertname']);
    expect(await active()).toEqual([]);
  });

  test('its webhook, a rule, an alert: what Prometheus found is judged here', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wardline-hook-'));
    const stop = new AbortController();
    const listening = Promise.withResolvers<number>();
    const logger = {
      ...silentLogger,
      info: (fields: object, message?: string) => {
        if (message === 'listening') listening.resolve((fields as { port: number }).port);
      },
    };
    const ruleset = rulesetOf({
      title: 'Critical alert of Prometheus',
      id: 'prometheus_critical',
      level: 'high',
      logsource: { product: 'prometheus', service: 'alertmanager' },
      detection: { s: { 'event.action': 'alert-firing', 'event.severity|gte': 5 }, condition: 's' },
    });
    const running = runEngine({
      settings: settingsSchema.parse({
        sources: [{ kind: 'http', name: 'hook', listen: '127.0.0.1:0', path: '/alerts' }],
        state: { path: join(folder, 'wardline.db') },
        log: { level: 'silent' },
      }),
      ruleset,
      baseDir: folder,
      clock: systemClock,
      logger,
      write: () => undefined,
      signal: stop.signal,
    });
    const own = await startAlertmanager({
      dir: join(folder, 'alertmanager'),
      webhook: `http://127.0.0.1:${await listening.promise}/alerts`,
    });
    const labels = { alertname: 'DiskFull', severity: 'critical', instance: 'db1:9100' };
    const posted = await fetch(`${own.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        { labels, annotations: { summary: 'Disk is full on db1' } },
        { labels: { ...labels, severity: 'warning', instance: 'db2' } },
      ]),
    });
    expect(posted.status).toBe(200);
    const alerts = () => {
      const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
      const documents = store.alerts.newest(10).map(({ document }) => document);
      store.close();
      return documents;
    };
    const found = await eventually(
      async () => alerts(),
      (documents) => documents.length > 0,
    );
    stop.abort();
    await running;
    await own.stop();
    rmSync(folder, { recursive: true, force: true });
    expect(found.map((document) => [at(document, 'rule.id'), at(document, 'host.name')])).toEqual([['prometheus_critical', 'db1:9100']]);
  });

  test('hostile text is data, and a bad alert does not take the others with it', async () => {
    const sink = sinkAt();
    const hostile = anAlert({ id: 'h1', message: 'x"}\n{{ template }} \u202e', group: { 'a b"c': 'v"\n', '0day': '1' } });
    expect(await sink.write([hostile, anAlert({ id: 'h2', group: { k: 'v' } })], signal)).toMatchObject([
      { id: 'h1', outcome: 'stored' },
      { id: 'h2', outcome: 'stored' },
    ]);
    await sink.close();
  });
});

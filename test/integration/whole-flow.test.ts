import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runEngine } from '../../src/app.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { verifyChain } from '../../src/evidence/verify.ts';
import type { RunSummary } from '../../src/pipeline/run-options.ts';
import { buildReport } from '../../src/report/compliance.ts';
import { renderHtml } from '../../src/report/html-report.ts';
import { renderJson } from '../../src/report/json-report.ts';
import { loadControlPack } from '../../src/report/load-pack.ts';
import { readRuleFiles } from '../../src/rule/files.ts';
import { loadRules } from '../../src/rule/load.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { Secret } from '../../src/shared/secret.ts';
import { type ReceivedCall, startReceiver } from '../../src/sink/webhook/receiver.ts';
import { openStore } from '../../src/store/store.ts';
import { createTopic, elasticsearchUrl, eventually, kafkaUrl, produce, search, skipped } from './servers.ts';

const home = resolve(import.meta.dirname, '../..');
const sample = (name: string): string[] => {
  const bytes = readFileSync(join(home, 'samples/events', name));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
};
const span = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'GET /cart',
              kind: 2,
              startTimeUnixNano: '1603078246000000000',
              endTimeUnixNano: '1603078246500000000',
              status: { code: 2 },
            },
          ],
        },
      ],
    },
  ],
};

describe.skipIf(skipped !== undefined)('logs from Kafka to alerts in Elasticsearch and at a webhook', () => {
  const topic = `logs-${randomBytes(4).toString('hex')}`;
  const namespace = topic.replaceAll('-', '_');
  const folder = mkdtempSync(join(tmpdir(), 'wardline-flow-'));
  const storePath = join(folder, 'wardline.db');
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const calls: ReceivedCall[] = [];
  const { ruleset } = loadRules(readRuleFiles([join(home, 'rules')]));
  const lines = [
    ...sample('windows-psexec-lsa-secrets.ndjson.gz'),
    ...sample('aws-cloudtrail.ndjson'),
    ...sample('linux-auth.log'),
    JSON.stringify(span),
    '{"broken": ',
  ];
  let receiver: Awaited<ReturnType<typeof startReceiver>>;

  const settings = () =>
    settingsSchema.parse({
      sources: [{ kind: 'kafka', name: 'logs', brokers: [kafkaUrl], topics: [topic], groupId: topic }],
      sinks: [
        { kind: 'elasticsearch', name: 'es', node: elasticsearchUrl, namespace, insecure: true },
        { kind: 'webhook', name: 'soc', url: receiver.url, secret: new Secret(secret), insecure: true, allowPrivate: true },
      ],
      state: { path: storePath },
      engine: { checkpointInterval: '1s' },
      log: { level: 'silent' },
    });

  /** Runs the engine until `enough` records were read, then stops it as SIGTERM does. */
  const runUntil = async (enough: number): Promise<RunSummary> => {
    const stop = new AbortController();
    const onProgress = ({ records }: { records: number }): void => {
      if (records >= enough) stop.abort();
    };
    return runEngine({
      settings: settings(),
      ruleset,
      baseDir: folder,
      clock: systemClock,
      logger: silentLogger,
      write: () => undefined,
      signal: stop.signal,
      onProgress,
    });
  };

  beforeAll(async () => {
    receiver = await startReceiver({ host: '127.0.0.1', port: 0, secret, onCall: (call) => calls.push(call), now: Date.now });
    await createTopic(topic, 3);
    await produce(
      topic,
      lines.map((value, i) => ({ value, partition: i < 286 ? 0 : 1 + (i % 2) })),
    );
  });
  afterAll(async () => {
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('stopping in the middle and starting again reads every record once, and every kind of rule alerts', async () => {
    const first = await runUntil(100);
    expect(first.records).toBeGreaterThanOrEqual(100);
    const second = first.records >= lines.length ? undefined : await runUntil(lines.length - first.records);
    expect(second?.resumed ?? true).toBe(true);
    expect(first.records + (second?.records ?? 0)).toBe(lines.length);

    const store = openStore(storePath, { readOnly: true });
    const documents = store.alerts.newest(1000);
    const rules = new Set(documents.map(({ document }) => (document['rule'] as { id: string }).id));
    store.close();
    const byName = (name: string): string => [...ruleset.byId.values()].find(({ meta }) => meta.name === name)?.id ?? name;
    expect(rules).toContain(byName('psexec_service_installed'));
    expect(rules).toContain(byName('lsa_key_read_burst'));
    expect(rules).toContain(byName('psexec_then_lsa_secrets'));
    expect(rules).toContain(byName('ssh_brute_force'));
    expect(rules).toContain('aws_access_key_for_other_user');
    expect(rules).toContain('aws-console-sign-in');
    expect(rules).toContain('span_server_error');
  });

  test('Elasticsearch holds each alert once under its own id, and the webhook got each once, signed', async () => {
    const store = openStore(storePath, { readOnly: true });
    const ids = store.alerts
      .newest(1000)
      .map(({ id }) => id)
      .sort();
    expect([...store.outbox.counts().values()].map(({ waiting, dead }) => waiting + dead)).toEqual([0, 0]);
    store.close();
    const hits = await eventually(
      () => search(`wardline-alerts-${namespace}-*`),
      (found) => found.length >= ids.length,
    );
    expect(hits.map(({ _id }) => _id).sort()).toEqual(ids);
    expect(calls.map(({ verdict }) => verdict)).toEqual(calls.map(() => 'accepted'));
    expect(calls.map(({ id }) => id).sort()).toEqual(ids);
  });

  test('the record that could not be read is a dead letter with its reason and place', () => {
    const store = openStore(storePath, { readOnly: true });
    const letters = store.deadLetters.all();
    store.close();
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ reason: 'invalid-json', length: 11 });
    expect(letters[0]?.record.source).toBe('logs');
  });

  test('the report says what was seen, evaluated and alerted, and the chain it rests on verifies', () => {
    const store = openStore(storePath, { readOnly: true });
    const entries = [...store.ledger.entries()];
    store.close();
    expect(verifyChain(entries).faults).toEqual([]);
    const path = join(home, 'rules/controls/nist-800-53-core.yml');
    const { value: pack } = loadControlPack({ path, text: readFileSync(path, 'utf8') });
    if (pack === undefined) throw new Error('the shipped pack does not load');
    const report = buildReport(entries, pack, {
      period: { from: Date.parse('2020-10-19T00:00:00Z'), to: Date.parse('2020-10-20T00:00:00Z') },
    });
    const json = JSON.parse(renderJson(report)) as { controls: { id: string }[] };
    expect(json.controls.map(({ id }) => id)).toContain('si-4');
    expect(renderHtml(report)).toContain('<!doctype html>');
  });
});

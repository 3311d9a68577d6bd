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

type Variant = { readonly path: string; readonly groupId: string; readonly sinks: readonly string[] };
type Alert = {
  readonly rule: { readonly name: string };
  readonly event: { readonly action: string };
  readonly related: { readonly ip: readonly string[] };
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

  const settings = ({ path, groupId, sinks }: Variant) =>
    settingsSchema.parse({
      sources: [{ kind: 'kafka', name: 'logs', brokers: [kafkaUrl], topics: [topic], groupId }],
      sinks: [
        { kind: 'elasticsearch', name: 'es', node: elasticsearchUrl, namespace, insecure: true },
        { kind: 'webhook', name: 'soc', url: receiver.url, secret: new Secret(secret), insecure: true, allowPrivate: true },
      ].filter(({ name }) => sinks.includes(name)),
      state: { path },
      engine: { checkpointInterval: '1s' },
      log: { level: 'silent' },
    });

  /** Runs the engine until `enough` records were read, then stops it as SIGTERM does. */
  const runUntil = async (
    enough: number,
    variant: Variant = { path: storePath, groupId: topic, sinks: ['es', 'soc'] },
  ): Promise<RunSummary> => {
    const stop = new AbortController();
    const onProgress = ({ records }: { records: number }): void => {
      if (records >= enough) stop.abort();
    };
    return runEngine({
      settings: settings(variant),
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
    // The first run takes a batch or two of one of three partitions, never all of them.
    expect(first.records).toBeLessThan(lines.length);
    const second = await runUntil(lines.length - first.records);
    expect(second.resumed).toBe(true);
    expect(first.records + second.records).toBe(lines.length);

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
    const bruteForce = hits
      .map(({ _source }) => _source as never as Alert)
      .find(({ rule, event }) => rule.name === 'SSH brute force' && event.action === 'alert-opened');
    expect(bruteForce).toMatchObject({
      event: { kind: 'signal', category: ['authentication'], action: 'alert-opened', outcome: 'failure' },
      wardline: { alert: { kind: 'correlation', severity: expect.any(String) } },
    });
    expect(bruteForce?.related.ip).toHaveLength(1);
  });

  test('the same records in another engine open the same alerts, and Elasticsearch takes none of them twice', async () => {
    const other = join(folder, 'again.db');
    const opened = (path: string): string[] => {
      const store = openStore(path, { readOnly: true });
      const documents = store.alerts.newest(1000).filter(({ document }) => (document as never as Alert).event.action === 'alert-opened');
      store.close();
      return documents.map(({ id }) => id).sort();
    };
    const before = new Set((await search(`wardline-alerts-${namespace}-*`)).map(({ _id }) => _id));
    const summary = await runUntil(lines.length, { path: other, groupId: `${topic}-again`, sinks: ['es'] });
    expect(summary.records).toBe(lines.length);
    expect(opened(other)).toEqual(opened(storePath));

    const again = openStore(other, { readOnly: true });
    const entries = [...again.ledger.entries()] as { kind: string; body: { rows: [string, string, number][] } }[];
    again.close();
    // What the server said to the create of each document it had: it was there already.
    const repeated = entries
      .filter(({ kind }) => kind === 'delivery')
      .flatMap(({ body }) => body.rows.flatMap(([id, outcome]) => (before.has(id) ? [outcome] : [])));
    expect(repeated.length).toBeGreaterThanOrEqual(opened(storePath).length);
    expect(new Set(repeated)).toEqual(new Set(['duplicate']));
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
    const json = JSON.parse(renderJson(report)) as {
      controls: { id: string; objectives: { id: string; status: string; reasons: string[] }[] }[];
      alerts: { opened: number };
      sinks: { sink: string; stored: number }[];
      sources: { name: string; partitions: { records: number; dead: number; unaccounted: number }[] }[];
    };
    const objective = json.controls.flatMap(({ objectives }) => objectives).find(({ id }) => id === 'si-4_obj.a.1');
    // Nobody declared which sources must report, so nothing is more than degraded, and a day with hours of events is silent.
    expect(['satisfied', 'not-satisfied']).not.toContain(objective?.status);
    expect(objective?.reasons).toEqual(expect.arrayContaining(['source-silent']));
    expect(json.alerts.opened).toBeGreaterThan(0);
    expect(json.sinks.map(({ sink, stored }) => [sink, stored > 0])).toEqual([
      ['es', true],
      ['soc', true],
    ]);
    // Every record is accounted for, the one that could not be read as well.
    const partitions = json.sources.flatMap((source) => source.partitions);
    const sum = (key: 'records' | 'dead' | 'unaccounted'): number => partitions.reduce((total, partition) => total + partition[key], 0);
    expect([sum('records'), sum('dead'), sum('unaccounted')]).toEqual([lines.length, 1, 0]);
    const html = renderHtml(report);
    for (const text of [report.scope.statement, 'SI-4 System Monitoring', report.ledger.head.root]) expect(html).toContain(text);
  });
});

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALERT_RULES } from '../../scripts/operations/alert-rules.ts';
import { dashboardText } from '../../scripts/operations/dashboard.ts';
import { rulesTestText, rulesText } from '../../scripts/operations/prometheus.ts';
import { serversRequired } from '../../scripts/servers/index.ts';
import { prometheusMissing, promtool, startPrometheus } from '../../scripts/servers/prometheus.ts';
import { runEngine } from '../../src/app.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { INSTRUMENTS, prometheusName } from '../../src/telemetry/instruments.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { adminPort } from '../support/admin-port.ts';
import { eventually } from './servers.ts';

const missing = prometheusMissing();
if (missing !== undefined) {
  if (serversRequired()) throw new Error(missing);
  console.log(`Prometheus tests are skipped: ${missing}`);
}

describe.skipIf(missing !== undefined)('a real Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardline-prometheus-'));
  const events = join(folder, 'events.ndjson');
  const stop = new AbortController();
  const admin = adminPort();
  const line = (n: number, action: string): string =>
    `${JSON.stringify({ '@timestamp': new Date().toISOString(), 'user.name': `u${n}`, 'event.action': action })}\n`;
  let server: Awaited<ReturnType<typeof startPrometheus>>;
  let running: Promise<unknown>;
  let port = 0;

  const value = async (query: string): Promise<number | undefined> => {
    const answer = (await (await fetch(`${server.url}/api/v1/query?query=${encodeURIComponent(query)}`)).json()) as {
      data: { result: { value: [number, string] }[] };
    };
    const found = answer.data.result[0]?.value[1];
    return found === undefined ? undefined : Number(found);
  };

  beforeAll(async () => {
    writeFileSync(events, line(1, 'bad') + line(2, 'good') + '{"broken\n');
    const settings = settingsSchema.parse({
      sources: [{ kind: 'file', name: 'events', path: events, mode: 'follow', format: 'json', logsource: { category: 'test' } }],
      sinks: [{ kind: 'console', name: 'out' }],
      state: { path: join(folder, 'wardline.db') },
      admin: { listen: '127.0.0.1:0' },
    });
    running = runEngine({
      settings,
      ruleset: rulesetOf({
        title: 'Bad',
        id: 'bad_action',
        level: 'high',
        logsource: { category: 'test' },
        detection: { s: { 'event.action': 'bad' }, condition: 's' },
      }),
      baseDir: folder,
      clock: systemClock,
      logger: admin.logger,
      telemetry: createTelemetry(settings.telemetry, 'silent', true),
      write: () => undefined,
      signal: stop.signal,
    });
    port = await admin.port(running);
    server = await startPrometheus({ dir: join(folder, 'prometheus'), target: `127.0.0.1:${port}` });
  });
  afterAll(async () => {
    stop.abort();
    await running;
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('scrapes what the engine counts', async () => {
    const wanted = { bad_action: 1 };
    await eventually(
      () => value('wardline_rule_matches_total{rule="bad_action"}'),
      (found) => found === wanted.bad_action,
    );
    expect(await value('up{job="wardline"}')).toBe(1);
    expect(await value('wardline_records_total{source="events"}')).toBe(3);
    expect(await value('sum(wardline_dead_letters_total{source="events"})')).toBe(1);
    expect(await value('wardline_alerts_total{severity="high",stage="opened"}')).toBe(1);
    await eventually(
      () => value('wardline_delivery_outcomes_total{receiver="out",result="stored"}'),
      (found) => found === 1,
    );
    expect(await value('wardline_receiver_up{receiver="out"}')).toBe(1);
    expect(await value('wardline_ready')).toBe(1);
    expect(await value('wardline_ruleset_rules')).toBe(1);
    expect(await value('wardline_ingest_seconds_count{source="events"}')).toBeGreaterThan(0);
  });

  test('sees more as more comes', async () => {
    appendFileSync(events, line(3, 'bad') + line(4, 'bad'));
    await eventually(
      () => value('wardline_rule_matches_total{rule="bad_action"}'),
      (found) => found === 3,
    );
    await eventually(
      () => value('wardline_source_lag{source="events",unit="bytes"}'),
      (found) => found === 0,
    );
  });

  test('promtool takes the alert rules, each fires and stays quiet as its tests say, and a rule turned round does not pass', () => {
    const deploy = resolve(import.meta.dirname, '../../deploy/prometheus');
    expect(promtool(['check', 'rules', join(deploy, 'wardline.rules.yml')])).toContain(`${ALERT_RULES.length} rules found`);
    expect(promtool(['check', 'config', join(deploy, 'prometheus.yml')])).toContain('valid');
    expect(promtool(['test', 'rules', join(deploy, 'wardline.rules.test.yml')])).toContain('SUCCESS');
    const turned = ALERT_RULES.map((rule) =>
      rule.alert === 'WardlineReceiverDown' ? { ...rule, expr: rule.expr.replace('== 0', '== 1') } : rule,
    );
    writeFileSync(join(folder, 'wardline.rules.yml'), rulesText(turned));
    writeFileSync(join(folder, 'wardline.rules.test.yml'), rulesTestText());
    expect(() => promtool(['test', 'rules', join(folder, 'wardline.rules.test.yml')])).toThrow('WardlineReceiverDown');
  });

  test('promtool reads every expression of the dashboard', () => {
    const { panels } = JSON.parse(dashboardText()) as { panels: { targets?: { expr: string }[] }[] };
    const exprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replace(/\$__\w+/g, '5m').replace(/\$\w+/g, '.*')));
    const file = join(folder, 'dashboard.rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'd', rules: exprs.map((expr, i) => ({ record: `d:${i}`, expr })) }] }));
    expect(promtool(['check', 'rules', file])).toContain(`${exprs.length} rules found`);
  });

  test('promtool has no objection to /metrics, which names nothing that is not in the list', async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(promtool(['check', 'metrics'], text)).toBe('');
    const named = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] as string);
    const known = new Set(INSTRUMENTS.map(({ name }) => prometheusName(name)));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(30);
  });
});

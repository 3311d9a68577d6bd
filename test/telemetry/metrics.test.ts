import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { describe, expect, test } from 'vitest';
import { INSTRUMENTS, prometheusName } from '../../src/telemetry/instruments.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

const src = resolve(import.meta.dirname, '../../src');
const metricsOf = () => createMetrics(resourceFromAttributes({ 'service.name': 'test' }), []);

describe('the list of instruments', () => {
  test('has each name once, in the form of OpenTelemetry', () => {
    const names = INSTRUMENTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^wardline(\.[a-z][a-z_]*)+$/);
  });

  test('holds nothing that no code counts', () => {
    const text = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'telemetry/instruments.ts')
      .map((name) => readFileSync(join(src, name), 'utf8'))
      .join('\n');
    expect(INSTRUMENTS.map(({ name }) => name).filter((name) => !text.includes(`'${name}'`))).toEqual([]);
  });
});

describe('the text of Prometheus', () => {
  test('escapes labels, names counters _total, and has the buckets of the histograms', async () => {
    const metrics = metricsOf();
    metrics.add('wardline.records', 2, { source: 'a"b\\c\nd' });
    metrics.add('wardline.records', 3, { source: 'a"b\\c\nd' });
    metrics.record('wardline.step.seconds', 0.02, { source: 's' });
    metrics.observe('wardline.ready', () => [[1]]);
    const text = await metrics.exposition();
    expect(text).toContain('wardline_records_total{source="a\\"b\\\\c\\nd"} 5\n');
    expect(text).toContain('wardline_step_seconds_bucket{source="s",le="0.01"} 0\n');
    expect(text).toContain('wardline_step_seconds_bucket{source="s",le="0.05"} 1\n');
    expect(text).toContain(`# TYPE ${prometheusName('wardline.ready')} gauge\nwardline_ready 1\n`);
    await metrics.shutdown();
  });

  test('has a series for each of thousands of rules, and a limit', async () => {
    const metrics = metricsOf();
    for (let i = 0; i < 10_500; i++) metrics.add('wardline.rule.matches', 1, { rule: `r${i}` });
    const series = (await metrics.exposition()).split('\n').filter((line) => line.startsWith('wardline_rule_matches_total'));
    expect(series.length).toBe(10_000);
    expect(series.filter((line) => line.includes('otel_metric_overflow')).length).toBe(1);
    await metrics.shutdown();
  });
});

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPERATIONS_FILES } from '../../scripts/generate-operations.ts';
import { ALERT_RULES } from '../../scripts/operations/alert-rules.ts';
import { dashboardText } from '../../scripts/operations/dashboard.ts';
import { INSTRUMENTS, prometheusName } from '../../src/telemetry/instruments.ts';

const home = resolve(import.meta.dirname, '../..');
const known = new Map<string, readonly string[]>(
  INSTRUMENTS.flatMap(({ name, kind, labels }) => {
    const own = prometheusName(name);
    return kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => [own + end, labels] as const) : [[own, labels] as const];
  }),
);
const namesIn = (expr: string): string[] => [...expr.matchAll(/\bwardline_[a-z_]+/g)].map(([name]) => name);

test.each(Object.keys(OPERATIONS_FILES))('%s is what the generator says; npm run operations writes it', (path) => {
  expect(readFileSync(join(home, path), 'utf8')).toBe(OPERATIONS_FILES[path]?.());
});

describe('alert rules', () => {
  test('ask for metrics that are there, by labels that they have', () => {
    for (const { alert, expr, labels } of ALERT_RULES) {
      const names = namesIn(expr);
      expect([alert, names.filter((name) => !known.has(name))]).toEqual([alert, []]);
      const allowed = new Set(['job', 'instance', ...names.flatMap((name) => known.get(name) ?? [])]);
      expect([alert, Object.keys(labels).filter((label) => !allowed.has(label))]).toEqual([alert, []]);
    }
  });

  test('name only labels that the alert carries', () => {
    for (const { summary, labels } of ALERT_RULES)
      for (const [, label] of summary.matchAll(/\$labels\.(\w+)/g)) expect(Object.keys(labels)).toContain(label);
  });
});

describe('the dashboard', () => {
  type Grid = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  type Panel = {
    readonly id?: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: Grid;
    readonly targets?: { readonly expr: string }[];
  };
  const { panels, uid, templating } = JSON.parse(dashboardText()) as {
    panels: Panel[];
    uid: string;
    templating: { list: { name: string }[] };
  };

  test('asks for metrics that are there, and only for variables it has', () => {
    const exprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(exprs.length).toBeGreaterThan(30);
    expect(exprs.flatMap(namesIn).filter((name) => !known.has(name))).toEqual([]);
    const variables = new Set([...templating.list.map(({ name }) => name), '__rate_interval', '__range']);
    const used = exprs.flatMap((expr) => [...expr.matchAll(/\$(\w+)/g)].map((match) => match[1] as string));
    expect(used.filter((name) => !variables.has(name))).toEqual([]);
    expect(uid).toBe('wardline');
  });

  test('lays no panel over another, and none outside', () => {
    const overlap = (a: Grid, b: Grid): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    for (const [i, a] of panels.entries()) {
      expect([a.title, a.gridPos.x + a.gridPos.w <= 24]).toEqual([a.title, true]);
      for (const b of panels.slice(i + 1)) expect([a.title, b.title, overlap(a.gridPos, b.gridPos)]).toEqual([a.title, b.title, false]);
    }
  });

  test('shows every gauge and counter that an alert rule watches', () => {
    const shown = new Set(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr))));
    const watched = new Set(ALERT_RULES.flatMap(({ expr }) => namesIn(expr)));
    expect([...watched].filter((name) => !shown.has(name)).sort()).toEqual([
      'wardline_admin_refused_total',
      'wardline_process_start_time_seconds',
      'wardline_rule_evictions_total',
      'wardline_source_stalled',
    ]);
  });
});

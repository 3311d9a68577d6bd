import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTrial } from '../../src/cases/trial.ts';
import { loadRules } from '../../src/rule/load.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { at } from '../../src/shared/nested.ts';

type Span = {
  readonly trace: string;
  readonly id: string;
  readonly parent?: string;
  readonly service: string;
  readonly kind: 'client' | 'server';
  readonly failed?: boolean;
};

/** A gateway that calls orders and stock; stock fails, and what stock calls is not there. */
const SPANS: readonly Span[] = [
  { trace: '1', id: '1', service: 'gateway', kind: 'server' },
  { trace: '1', id: '2', parent: '1', service: 'gateway', kind: 'client' },
  { trace: '1', id: '3', parent: '2', service: 'orders', kind: 'server' },
  { trace: '1', id: '4', parent: '1', service: 'gateway', kind: 'client', failed: true },
  { trace: '1', id: '5', parent: '4', service: 'stock', kind: 'server', failed: true },
  { trace: '1', id: '7', parent: '6', service: 'prices', kind: 'server' },
];
const START_MS = Date.UTC(2026, 10, 20, 8);
const hex = (id: string, length: number): string => id.padStart(length, '0');

/** The same spans in the forms of three systems, as each of them would send or store them. */
const FORMS: Readonly<Record<string, (spans: readonly Span[]) => object>> = {
  'Zipkin v2': (spans) =>
    spans.map(({ trace, id, parent, service, kind, failed }, n) => ({
      traceId: hex(trace, 32),
      id: hex(id, 16),
      ...(parent === undefined ? {} : { parentId: hex(parent, 16) }),
      kind: kind.toUpperCase(),
      name: 'get',
      timestamp: (START_MS + n) * 1000,
      duration: 5000,
      localEndpoint: { serviceName: service },
      tags: failed ? { error: 'true' } : {},
    })),
  Jaeger: (spans) => ({
    data: [
      {
        traceID: hex('1', 32),
        spans: spans.map(({ trace, id, parent, service, kind, failed }, n) => ({
          traceID: hex(trace, 32),
          spanID: hex(id, 16),
          operationName: 'get',
          references: parent === undefined ? [] : [{ refType: 'CHILD_OF', traceID: hex(trace, 32), spanID: hex(parent, 16) }],
          startTime: (START_MS + n) * 1000,
          duration: 5000,
          tags: [{ key: 'span.kind', type: 'string', value: kind }, ...(failed ? [{ key: 'error', type: 'bool', value: true }] : [])],
          processID: service,
        })),
        processes: Object.fromEntries(spans.map(({ service }) => [service, { serviceName: service, tags: [] }])),
      },
    ],
  }),
  OTLP: (spans) => ({
    resourceSpans: spans.map(({ trace, id, parent, service, kind, failed }, n) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: hex(trace, 32),
              spanId: hex(id, 16),
              ...(parent === undefined ? {} : { parentSpanId: hex(parent, 16) }),
              name: 'get',
              kind: kind === 'server' ? 2 : 3,
              startTimeUnixNano: String(BigInt(START_MS + n) * 1_000_000n),
              endTimeUnixNano: String(BigInt(START_MS + n + 5) * 1_000_000n),
              status: { code: failed ? 2 : 1 },
            },
          ],
        },
      ],
    })),
  }),
};

/** Alerts that open when the bytes come as one record, through decoding, format and trace rule. */
function openedBy(rule: object, bytes: Uint8Array): readonly JsonObject[] {
  const { ruleset, problems } = loadRules([{ path: 'r.json', text: JSON.stringify({ kind: 'TraceRule', id: 'r', title: 'r', ...rule }) }]);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const record = { source: 'test', partition: 0, offset: 0n, appendedAt: START_MS, headers: new Map<string, string>(), bytes };
  const { alerts, deadLetters } = createTrial(ruleset, {}).run([{ kind: 'record', record, time: BigInt(START_MS) * 1_000_000n }]);
  expect(deadLetters).toEqual([]);
  return [...alerts.values()].filter((alert) => at(alert, 'wardline.alert.stage') === 'opened');
}
const edges = (alerts: readonly JsonObject[]) =>
  alerts.map((alert) => (at(alert, 'wardline.alert.group') as Record<string, string>)['wardline.edge.id']).sort();

describe.each(Object.entries(FORMS))('trace rules over %s', (_name, form) => {
  const opened = (rule: object, spans = SPANS) => openedBy(rule, Buffer.from(JSON.stringify(form(spans))));

  test('edges are found between services', () => {
    expect(edges(opened({ edge: { known: [['gateway', 'orders']] } }))).toEqual(['gateway -> stock']);
  });

  test('a parent that never came is missed, and only that one', () => {
    expect(opened({ parent_missing: true })).toHaveLength(1);
    expect(opened({ parent_missing: true }, SPANS.slice(0, 5))).toEqual([]);
  });

  test('failed spans are counted', () => {
    const failed = (gte: number) => opened({ spans: { any: { 'trace.id': '*' } }, errors: { gte, of: 'any' } }).length;
    expect([failed(2), failed(3)]).toEqual([1, 0]);
  });

  test('what stands above a span is found by its parents', () => {
    const rule = {
      spans: { stock: { 'service.name': 'stock' }, gateway: { 'service.name': 'gateway', 'span.kind': 'server' } },
      match: 'stock',
    };
    expect(opened({ ...rule, has: { ancestor: 'gateway' } })).toHaveLength(1);
    expect(opened({ ...rule, lacks: { ancestor: 'gateway' } }, SPANS.slice(0, 5))).toEqual([]);
  });
});

const folder = resolve(import.meta.dirname, '../../../shared/data/otel');
describe.skipIf(!existsSync(folder))('files of real systems, as they are', () => {
  test.each([
    ['zipkin-yelp.json', ['mobile_api -> spectre', 'unknown -> yelp_main/api_proxy', 'yelp-main -> mobile_api']],
    ['zipkin-ascend.json', ['mobile-gateway -> auth-service', 'mobile-gateway -> content-service']],
  ])('%s through the Zipkin reader gives its edges', (name, wanted) => {
    expect(edges(openedBy({ edge: { known: [] } }, readFileSync(resolve(folder, name))))).toEqual(wanted);
  });
});

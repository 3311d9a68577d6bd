import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { get } from '../../src/normalize/materialize.ts';
import type { Case } from '../../src/rule/cases/schema.ts';
import { openedIn } from '../support/trial.ts';

type ZipkinSpan = {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind?: string;
  readonly timestamp?: number;
  readonly localEndpoint?: { readonly serviceName?: string };
};

const folder = resolve(import.meta.dirname, '../../../shared/data/otel');
const spansOf = (name: string): readonly ZipkinSpan[] => JSON.parse(readFileSync(resolve(folder, name), 'utf8')) as ZipkinSpan[];

/** The spans as ECS events, in the order of the file. */
function caseOf(spans: readonly ZipkinSpan[]): Case {
  const first = Math.min(...spans.map(({ timestamp = Number.MAX_SAFE_INTEGER }) => timestamp));
  const events = spans.map(({ traceId, id, parentId, kind = 'internal', timestamp = first, localEndpoint }) => ({
    at: `${Math.floor((timestamp - first) / 1000)}ms`,
    ecs: {
      'trace.id': traceId,
      'span.id': id,
      'span.kind': kind.toLowerCase(),
      ...(parentId === undefined ? {} : { 'parent.id': parentId }),
      'service.name': localEndpoint?.serviceName ?? 'unknown',
    },
  }));
  return { name: 'zipkin', events, expect: [] };
}

const run = (rule: object, spans: readonly ZipkinSpan[]) =>
  openedIn([{ path: 'r.json', text: JSON.stringify({ kind: 'TraceRule', id: 'r', title: 'r', ...rule }) }], caseOf(spans));

describe.skipIf(!existsSync(folder))('traces of real systems', () => {
  test.each([
    ['zipkin-yelp.json', ['mobile_api -> spectre', 'unknown -> yelp_main/api_proxy', 'yelp-main -> mobile_api']],
    ['zipkin-ascend.json', ['mobile-gateway -> auth-service', 'mobile-gateway -> content-service']],
  ])('%s: both ends of a call are found though they share one id', (name, edges) => {
    const alerts = run({ edge: { known: [] } }, spansOf(name));
    expect(
      alerts
        .map((alert) => get(alert, 'wardline.alert.group'))
        .map((group) => (group as Record<string, string>)['wardline.edge.id'])
        .sort(),
    ).toEqual(edges);
  });

  test('zipkin-ascend.json: clocks are skewed, and no parent is missing', () => {
    const spans = spansOf('zipkin-ascend.json');
    expect(run({ parent_missing: true }, spans)).toEqual([]);
    expect(
      run(
        { parent_missing: true },
        spans.filter(({ id }) => id !== 'ef86c83c0a05a6d6'),
      ).length,
    ).toBeGreaterThan(0);
  });

  test('zipkin-ascend.json: the authentication stands beside the content and not above it', () => {
    const rule = {
      spans: {
        content: { 'service.name': 'content-service', 'span.kind': 'server' },
        auth: { 'service.name': 'auth-service' },
        gateway: { 'service.name': 'mobile-gateway' },
      },
      match: 'content',
    };
    const spans = spansOf('zipkin-ascend.json');
    expect(run({ ...rule, lacks: { ancestor: 'auth' } }, spans)).toHaveLength(1);
    expect(run({ ...rule, lacks: { ancestor: 'gateway' } }, spans)).toHaveLength(0);
  });
});

test.runIf(!existsSync(folder))('traces of real systems are not here: skipped', () => {
  console.log('no shared data: trace rules were not run on real traces');
});

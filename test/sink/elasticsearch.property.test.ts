import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLogger } from '../../src/shared/logger.ts';
import { createElasticsearchSink } from '../../src/sink/elasticsearch.ts';
import { elasticsearchSinkSettings } from '../../src/sink/settings.ts';
import { anAlert } from '../support/an-alert.ts';
import { smallHttp } from '../support/small-http.ts';

/** What befalls one bulk request. `late`: it is applied and its answer is lost. */
const FAULTS = [
  'none',
  'none',
  'cut',
  'late',
  'status 429',
  'status 503',
  'too large',
  'short',
  'long',
  'no items',
  'not JSON',
  'some wait',
] as const;
type Fault = (typeof FAULTS)[number];

/** Elasticsearch as a set of ids: create-only, refusing what it always refuses, with faults as they are drawn. */
async function smallElasticsearch() {
  let faults: Fault[] = [];
  let refused = new Set<string>();
  const stored = new Map<string, number>();
  const server = await smallHttp(({ request, body }, response) => {
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.setHeader('content-type', 'application/json');
    if (!request.url?.startsWith('/_bulk')) return response.end('{"acknowledged":true}');
    const ids = body
      .split('\n')
      .filter((line) => line.startsWith('{"create"'))
      .map((line) => (JSON.parse(line) as { create: { _id: string } }).create._id);
    const fault = faults.shift() ?? 'none';
    if (fault === 'cut') return request.socket.destroy();
    if (fault.startsWith('status')) return response.writeHead(Number(fault.slice(7))).end('{}');
    if (fault === 'too large' && ids.length > 1) return response.writeHead(413).end('{}');
    const items = ids.map((id, i) => {
      if (refused.has(id)) return { create: { status: 400, error: { type: 'document_parsing_exception', reason: 'no' } } };
      if (fault === 'some wait' && i % 2 === 0)
        return { create: { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'full' } } };
      if (stored.has(id)) return { create: { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } } };
      stored.set(id, 1);
      return { create: { status: 201 } };
    });
    if (fault === 'late') return request.socket.destroy();
    if (fault === 'no items') return response.end('{}');
    if (fault === 'not JSON') return response.end('<html>');
    if (fault === 'short') items.pop();
    if (fault === 'long') items.push({ create: { status: 201 } });
    return response.end(JSON.stringify({ items }));
  });
  return {
    server,
    stored,
    begin(drawn: readonly Fault[], bad: ReadonlySet<string>) {
      faults = [...drawn];
      refused = new Set(bad);
      stored.clear();
    },
  };
}

test('whatever befalls the requests, every alert is stored once or refused with a reason, and none is lost', async () => {
  const { server, stored, begin } = await smallElasticsearch();
  const sink = createElasticsearchSink(
    elasticsearchSinkSettings.parse({ kind: 'elasticsearch', node: server.url, insecure: true }),
    silentLogger,
  );
  const signal = new AbortController().signal;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.constantFrom(...FAULTS), { maxLength: 10 }),
      fc.func(fc.boolean()),
      async (count, faults, isBad) => {
        const ids = Array.from({ length: count }, (_, i) => `id${i}`);
        const bad = new Set(ids.filter((_, i) => isBad(i)));
        begin(faults, bad);
        let waiting = ids;
        const settled = new Map<string, string>();
        for (let round = 0; waiting.length > 0; round++) {
          expect(round).toBeLessThan(20);
          const outcomes = await sink.write(
            waiting.map((id) => anAlert({ id })),
            signal,
          );
          expect(outcomes.map(({ id }) => id)).toEqual(waiting);
          for (const { id, outcome } of outcomes) if (outcome !== 'retry') settled.set(id, outcome);
          // What is said to be stored is.
          for (const { id, outcome } of outcomes) if (outcome === 'stored' || outcome === 'duplicate') expect(stored.has(id)).toBe(true);
          waiting = outcomes.filter(({ outcome }) => outcome === 'retry').map(({ id }) => id);
        }
        expect([...stored.keys()].sort()).toEqual(ids.filter((id) => !bad.has(id)).sort());
        expect(
          [...settled]
            .filter(([, outcome]) => outcome === 'rejected')
            .map(([id]) => id)
            .sort(),
        ).toEqual([...bad].sort());
      },
    ),
    { numRuns: 150 },
  );
  await sink.close();
  await server.close();
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/shared/logger.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createElasticsearchSink, indexOf } from '../../src/sink/elasticsearch.ts';
import { elasticsearchSinkSettings } from '../../src/sink/settings.ts';

type Answer = { readonly status: number; readonly body: string } | 'cut';
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const never = new AbortController().signal;
const alert = (id: string) => ({
  id,
  document: { '@timestamp': '2026-11-20T08:00:00.000Z', message: `m ${id}`, event: { created: '2026-11-20T08:00:00.000Z' } },
});

/** A small Elasticsearch: takes templates, answers bulk requests as told; keeps what it was sent. */
async function server(bulk: (ids: string[], n: number) => Answer, more: object = {}) {
  const sent: string[][] = [];
  const http = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      response.setHeader('x-elastic-product', 'Elasticsearch');
      response.setHeader('content-type', 'application/json');
      if (!request.url?.startsWith('/_bulk')) return response.end('{"acknowledged":true}');
      const ids = body
        .split('\n')
        .filter((line) => line.startsWith('{"create"'))
        .map((line) => (JSON.parse(line) as { create: { _id: string } }).create._id);
      sent.push(ids);
      const answer = bulk(ids, sent.length - 1);
      if (answer === 'cut') return request.socket.destroy();
      response.statusCode = answer.status;
      return response.end(answer.body);
    });
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  closers.push(
    () =>
      new Promise((done) => {
        http.close(() => done());
        http.closeAllConnections();
      }),
  );
  const node = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const sink = createElasticsearchSink(
    elasticsearchSinkSettings.parse({ kind: 'elasticsearch', node, insecure: true, apiKey: new Secret('planted-secret'), ...more }),
    silentLogger,
  );
  closers.push(() => sink.close());
  return { sink, sent };
}

const items = (statuses: number[], types: string[] = []): Answer => ({
  status: 200,
  body: JSON.stringify({
    errors: true,
    items: statuses.map((status, i) => ({
      create: { status, ...(status >= 400 ? { error: { type: types[i] ?? 'x', reason: 'r' } } : {}) },
    })),
  }),
});

describe('the bulk loop', () => {
  test('each item is judged by itself', async () => {
    const { sink, sent } = await server((ids, n) => (n === 0 ? items([201, 409, 429, 503, 400]) : items(ids.map(() => 201))));
    const outcomes = await sink.write(['a', 'b', 'c', 'd', 'e'].map(alert), never);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'duplicate', 'retry', 'retry', 'rejected']);
    expect(outcomes[4]).toMatchObject({ reason: '400 x: r' });
    expect(sent).toEqual([['a', 'b', 'c', 'd', 'e']]);
  });

  test('with envelopes a refused document goes again, alone, as text under its own id; refused even so it is rejected', async () => {
    const taken = await server((ids, n) => (n === 0 ? items([201, 400]) : items(ids.map(() => 201))), { refused: 'envelope' });
    expect(await taken.sink.write([alert('a'), alert('b')], never)).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
    expect(taken.sent).toEqual([['a', 'b'], ['b']]);
    const { sink } = await server((ids) => items(ids.map(() => 400)), { refused: 'envelope' });
    expect(await sink.write([alert('a')], never)).toMatchObject([{ id: 'a', outcome: 'rejected' }]);
  });

  test.each<[string, Answer]>([
    ['too few items', items([201])],
    ['too many items', items([201, 201, 201])],
    ['no items', { status: 200, body: '{}' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['a cut connection', 'cut'],
    ['status 503', { status: 503, body: '{}' }],
    ['status 429', { status: 429, body: '{}' }],
  ])('an answer with %s says nothing: all are sent again', async (_name, answer) => {
    const { sink } = await server(() => answer);
    const outcomes = await sink.write([alert('a'), alert('b')], never);
    expect(outcomes.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'retry'],
      ['b', 'retry'],
    ]);
  });

  test.each([401, 403, 404])('status %i stops the sink and skips nothing', async (status) => {
    const { sink } = await server(() => ({ status, body: '{}' }));
    const failure = await sink.write([alert('a')], never).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'sink', retryable: true });
    expect(String(failure)).not.toContain('planted-secret');
  });

  test('a request that is too large is halved until it fits', async () => {
    const { sink, sent } = await server((ids) => (ids.length > 2 ? { status: 413, body: '{}' } : items(ids.map(() => 201))));
    const outcomes = await sink.write(['a', 'b', 'c', 'd', 'e'].map(alert), never);
    expect(outcomes.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['a stored', 'b stored', 'c stored', 'd stored', 'e stored']);
    expect(sent.map(({ length }) => length)).toEqual([5, 2, 3, 1, 2]);
  });

  test('whatever the server answers, every document gets exactly one outcome, in order', async () => {
    let statuses: number[] = [];
    const { sink } = await server((ids, n) =>
      n % 2 === 0 || ids.length > 1 ? items(ids.map((_, i) => statuses[i] ?? 201)) : items([201]),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(200, 201, 409, 429, 500, 503, 400), { minLength: 1, maxLength: 8 }), async (given) => {
        statuses = given;
        const ids = given.map((_, i) => `id${i}`);
        const outcomes = await sink.write(ids.map(alert), never);
        expect(outcomes.map(({ id }) => id)).toEqual(ids);
      }),
      { numRuns: 60 },
    );
  });
});

/** Elasticsearch with data streams and lifecycles: an id is unique in one backing index, and every write may begin a new one. */
async function streamServer() {
  const puts = new Map<string, Record<string, unknown>>();
  const documents: string[] = [];
  const asked: string[][] = [];
  let lose = false;
  const http = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const path = request.url ?? '';
      response.setHeader('x-elastic-product', 'Elasticsearch');
      response.setHeader('content-type', 'application/json');
      const answer = (value: unknown) => response.end(JSON.stringify(value));
      if (path === '/_data_stream') return answer({ data_streams: [] });
      if (path === '/_ilm/status') return answer({ operation_mode: 'RUNNING' });
      if (request.method === 'PUT') {
        puts.set(path, JSON.parse(body) as Record<string, unknown>);
        return answer({ acknowledged: true });
      }
      if (path.includes('_refresh')) return answer({});
      if (path.includes('_search')) {
        const { values } = (JSON.parse(body) as { query: { ids: { values: string[] } } }).query.ids;
        asked.push(values);
        return answer({ hits: { hits: [...new Set(documents)].filter((id) => values.includes(id)).map((_id) => ({ _id })) } });
      }
      const ids = body
        .split('\n')
        .filter((line) => line.startsWith('{"create"'))
        .map((line) => (JSON.parse(line) as { create: { _id: string } }).create._id);
      documents.push(...ids);
      if (lose) return request.socket.destroy();
      return answer({ items: ids.map(() => ({ create: { status: 201 } })) });
    });
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  closers.push(
    () =>
      new Promise((done) => {
        http.close(() => done());
        http.closeAllConnections();
      }),
  );
  const node = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const start = (more: object = {}) => {
    const sink = createElasticsearchSink(
      elasticsearchSinkSettings.parse({ kind: 'elasticsearch', node, insecure: true, ...more }),
      silentLogger,
    );
    closers.push(() => sink.close());
    return sink;
  };
  return {
    start,
    puts,
    documents,
    asked,
    loseAnswers: (yes: boolean) => {
      lose = yes;
    },
  };
}

describe('a server with data streams and lifecycles', () => {
  const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => alert(`n${from + i}`));

  test('is found by asking: the template makes data streams, and a lifecycle deletes by the retention of the settings', async () => {
    const { start, puts } = await streamServer();
    await start({ retentionDays: 90 }).write([alert('a')], never);
    expect(puts.get('/_ilm/policy/wardline-alerts-default')).toMatchObject({ policy: { phases: { delete: { min_age: '90d' } } } });
    expect(puts.get('/_index_template/wardline-alerts-default')).toMatchObject({
      index_patterns: ['wardline-alerts-default-*'],
      data_stream: {},
      template: { settings: { 'index.lifecycle.name': 'wardline-alerts-default' } },
    });
  });

  test('has indices where the settings say so', async () => {
    const { start, puts, asked } = await streamServer();
    await start({ layout: 'indices' }).write([alert('a')], never);
    expect(puts.get('/_index_template/wardline-alerts-default')).not.toHaveProperty('data_stream');
    expect(asked).toEqual([]);
  });

  test('stores each alert once though a data stream forgets ids: what may have been sent is asked for first', async () => {
    const { start, documents, loseAnswers } = await streamServer();
    const before = start();
    await before.write(many(0, 3), never);
    loseAnswers(true);
    expect(await before.write(many(3, 2), never)).toMatchObject([{ outcome: 'retry' }, { outcome: 'retry' }]);
    loseAnswers(false);
    expect(await before.write(many(3, 3), never)).toMatchObject([
      { outcome: 'duplicate' },
      { outcome: 'duplicate' },
      { outcome: 'stored' },
    ]);
    // A process that begins anew does not know what the one before had sent.
    expect((await start().write(many(4, 3), never)).map(({ outcome }) => outcome)).toEqual(['duplicate', 'duplicate', 'stored']);
    expect(documents).toEqual([...new Set(documents)]);
    expect(documents).toHaveLength(7);
  });

  test('is asked no more once nothing can have been sent by a process before', async () => {
    const { start, asked } = await streamServer();
    const sink = start();
    for (let i = 0; i < 4; i++) await sink.write(many(i * 500, 500), never);
    expect(asked.map(({ length }) => length)).toEqual([500, 500]);
  });
});

describe('the index of an alert', () => {
  const at = (time: string, created = '2026-11-20T08:00:00.000Z') => indexOf('p', { '@timestamp': time, event: { created } });
  test('is the month of the alert', () => expect(at('2026-10-31T23:59:59.999Z')).toBe('p-2026.10'));
  test('is held near the time the record was taken, so that forged dates make no indices', () => {
    expect(at('1970-01-01T00:00:00Z')).toBe('p-2026.08');
    expect(at('2099-01-01T00:00:00Z')).toBe('p-2026.11');
  });
});

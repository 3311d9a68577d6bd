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
async function server(bulk: (ids: string[], n: number) => Answer) {
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
    elasticsearchSinkSettings.parse({ kind: 'elasticsearch', node, insecure: true, apiKey: new Secret('planted-secret') }),
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
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'duplicate', 'retry', 'retry', 'stored']);
    // The refused document went again, alone, in an envelope under its own id.
    expect(sent).toEqual([['a', 'b', 'c', 'd', 'e'], ['e']]);
  });

  test('a document refused even in its envelope is rejected with the reason', async () => {
    const { sink } = await server((ids) => items(ids.map(() => 400)));
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

describe('the index of an alert', () => {
  const at = (time: string, created = '2026-11-20T08:00:00.000Z') => indexOf('p', { '@timestamp': time, event: { created } });
  test('is the month of the alert', () => expect(at('2026-10-31T23:59:59.999Z')).toBe('p-2026.10'));
  test('is held near the time the record was taken, so that forged dates make no indices', () => {
    expect(at('1970-01-01T00:00:00Z')).toBe('p-2026.08');
    expect(at('2099-01-01T00:00:00Z')).toBe('p-2026.11');
  });
});

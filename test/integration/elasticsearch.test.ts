import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runEngine } from '../../src/app.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { createElasticsearchSink } from '../../src/sink/elasticsearch.ts';
import { createElasticsearchAlerts } from '../../src/sink/elasticsearch-alerts.ts';
import { elasticsearchSinkSettings } from '../../src/sink/settings.ts';
import { openStore } from '../../src/store/store.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { anAlert } from '../support/an-alert.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { elasticsearchUrl, eventually, search, skipped } from './servers.ts';

let run = 0;
const fresh = (): string => `es${process.pid}x${run++}`;
const live = new AbortController().signal;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const sinkFor = (namespace: string, more: object = {}) => {
  const settings = { kind: 'elasticsearch', node: elasticsearchUrl, insecure: true, namespace, ...more };
  const sink = createElasticsearchSink(elasticsearchSinkSettings.parse(settings), silentLogger);
  closers.push(() => sink.close());
  return sink;
};
const relayBefore = async (): Promise<Relay> => {
  const { hostname, port } = new URL(elasticsearchUrl);
  const relay = await startRelay(hostname, Number(port));
  closers.push(() => relay.close());
  return relay;
};
const put = (path: string, body: object): Promise<Response> =>
  fetch(`${elasticsearchUrl}${path}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** Time that passes `factor` times as fast as on the wall: minutes of an outage in seconds of a test. */
const fastClock = (factor: number): Clock => {
  const start = Date.now();
  const now = (): number => start + (Date.now() - start) * factor;
  return {
    now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, ms / factor));
        signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      }),
  };
};

const seen = {
  title: 'Seen',
  id: 'seen',
  logsource: { category: 'test' },
  detection: { s: { word: 'seen' }, condition: 's' },
  wardline: { alert: { dedup: 'each' } },
};
const lines = (from: number, count: number): string =>
  Array.from(
    { length: count },
    (_, i) =>
      `${JSON.stringify({ word: 'seen', n: from + i, '@timestamp': new Date(Date.UTC(2026, 10, 20) + (from + i) * 1000).toISOString() })}\n`,
  ).join('');

describe.skipIf(skipped !== undefined)(`Elasticsearch, a real server${skipped === undefined ? '' : ` (skipped: ${skipped})`}`, () => {
  test('what the mapping refuses is rejected alone, with the reason; whatever else a document holds is stored', async () => {
    const namespace = fresh();
    const sink = sinkFor(namespace);
    const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
    const many = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`field${i}`, i]));
    const outcomes = await sink.write(
      [
        anAlert({ id: 'ok' }),
        anAlert({ id: 'date', more: { event: { id: 'date', created: '2026-11-20T08:14:32.010Z', start: 'yesterday' } } }),
        anAlert({ id: 'long', group: { 'user.name': 'x'.repeat(40_000) } }),
        anAlert({ id: 'many', more: { labels: many } }),
        anAlert({ id: 'deep', more: { custom: deep(15) as never } }),
        anAlert({ id: 'wide', more: { custom: { n: '9007199254740993' } } }),
      ],
      live,
    );
    expect(outcomes.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'ok stored',
      'date rejected',
      'long stored',
      'many stored',
      'deep stored',
      'wide stored',
    ]);
    expect(outcomes[1]).toMatchObject({ reason: expect.stringContaining('400 document_parsing_exception') });
    expect(await search(`wardline-alerts-${namespace}-*`)).toHaveLength(5);
  });

  test('or it is stored in an envelope under its own id, where the settings say so', async () => {
    const namespace = fresh();
    const bad = anAlert({ id: 'date', more: { event: { id: 'date', created: '2026-11-20T08:14:32.010Z', start: 'yesterday' } } });
    expect(await sinkFor(namespace, { refused: 'envelope' }).write([bad], live)).toEqual([{ id: 'date', outcome: 'stored' }]);
    const [hit] = await search(`wardline-alerts-${namespace}-*`);
    expect(hit?._id).toBe('date');
    expect(hit?._source['wardline']).toMatchObject({ envelope: { reason: expect.stringContaining('400') } });
  });

  test('a blocked index is waited for, item by item, and takes the rest when it is open again', async () => {
    const namespace = fresh();
    const sink = sinkFor(namespace);
    await sink.write([anAlert({ id: 'a' })], live);
    const index = `wardline-alerts-${namespace}-2026.11`;
    await put(`/${index}/_settings`, { 'index.blocks.write': true });
    expect(await sink.write([anAlert({ id: 'b' }), anAlert({ id: 'c' })], live)).toMatchObject([
      { id: 'b', outcome: 'retry', reason: '403 cluster_block_exception' },
      { id: 'c', outcome: 'retry' },
    ]);
    await put(`/${index}/_settings`, { 'index.blocks.write': null });
    expect(await sink.write([anAlert({ id: 'b' }), anAlert({ id: 'c' })], live)).toMatchObject([
      { outcome: 'stored' },
      { outcome: 'stored' },
    ]);
    expect((await search(`${index}`)).map(({ _id }) => _id).sort()).toEqual(['a', 'b', 'c']);
  });

  test('an answer that is lost on the way: the alerts are sent again and are there once', async () => {
    const namespace = fresh();
    const relay = await relayBefore();
    const sink = sinkFor(namespace, { node: `http://127.0.0.1:${relay.port}` });
    await sink.write([anAlert({ id: 'first' })], live);
    relay.set('swallow');
    const alerts = Array.from({ length: 50 }, (_, i) => anAlert({ id: `n${i}` }));
    expect((await sink.write(alerts, live)).every(({ outcome }) => outcome === 'retry')).toBe(true);
    expect(relay.passed.swallowed).toBeGreaterThan(0);
    await eventually(
      () => search(`wardline-alerts-${namespace}-*`),
      (hits) => hits.length >= 51,
    );
    relay.set('open');
    expect((await sink.write(alerts, live)).every(({ outcome }) => outcome === 'duplicate')).toBe(true);
    expect(await search(`wardline-alerts-${namespace}-*`)).toHaveLength(51);
  });

  test('the server away for minutes while alerts go on: all of them arrive, each is stored once', async () => {
    const namespace = fresh();
    const relay = await relayBefore();
    const folder = mkdtempSync(join(tmpdir(), 'wardline-outage-'));
    closers.push(async () => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'events.ndjson');
    writeFileSync(file, lines(0, 100));
    const clock = fastClock(60);
    const stop = new AbortController();
    let records = 0;
    const running = runEngine({
      settings: settingsSchema.parse({
        sources: [{ kind: 'file', name: 'events', path: file, mode: 'follow', logsource: { category: 'test' } }],
        sinks: [{ kind: 'elasticsearch', name: 'es', node: `http://127.0.0.1:${relay.port}`, insecure: true, namespace }],
        state: { path: join(folder, 'wardline.db') },
        log: { level: 'silent' },
      }),
      ruleset: rulesetOf(seen),
      baseDir: folder,
      clock,
      logger: silentLogger,
      write: () => undefined,
      signal: stop.signal,
      onProgress: (progress) => {
        records = progress.records;
      },
    });
    const stored = () => search(`wardline-alerts-${namespace}-*`);
    await eventually(stored, (hits) => hits.length >= 100);
    relay.set('cut');
    const cutAt = clock.now();
    for (let part = 1; part <= 5; part++) {
      appendFileSync(file, lines(part * 100, 100));
      await eventually(
        async () => records,
        (count) => count >= (part + 1) * 100,
      );
    }
    // Five minutes of the engine's time without the server.
    await eventually(
      async () => clock.now() - cutAt,
      (ms) => ms >= 300_000,
    );
    expect((await stored()).length).toBeLessThan(600);
    relay.set('open');
    await eventually(stored, (hits) => hits.length >= 600);
    stop.abort();
    await running;
    const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
    const ids = store.alerts.newest(10_000).map(({ id }) => id);
    const counts = store.outbox.counts().get('es');
    store.close();
    const hits = await stored();
    expect(hits.map(({ _id }) => _id).sort()).toEqual([...ids].sort());
    expect(counts).toEqual({ waiting: 0, delivered: ids.length, dead: 0 });
    expect(new Set(hits.map(({ _id }) => _id)).size).toBe(hits.length);
    expect(ids.length).toBeGreaterThanOrEqual(600);
  });
});

describe('alerts read back for people', () => {
  test.skipIf(skipped !== undefined)('each stands once, newest first, and its documents are in order', async () => {
    const namespace = fresh();
    const steps = [
      ['a', 'opened', '2026-11-20T08:00:00.000Z'],
      ['b', 'opened', '2026-11-20T08:01:00.000Z'],
      ['a', 'continued', '2026-11-20T08:02:00.000Z'],
      ['a', 'closed', '2026-11-20T08:03:00.000Z'],
      ['c', 'opened', '2026-11-20T08:02:30.000Z'],
    ] as const;
    const alerts = steps.map(([alert, stage, created], n) => {
      const made = anAlert({ id: `${alert}${n}`, alert, stage });
      return { ...made, document: { ...made.document, event: { ...(made.document['event'] as object), created } } };
    });
    await sinkFor(namespace).write(alerts, live);
    await search(`wardline-alerts-${namespace}-*`);
    const settings = { kind: 'elasticsearch', node: elasticsearchUrl, insecure: true, namespace };
    const kept = createElasticsearchAlerts(elasticsearchSinkSettings.parse(settings));
    closers.push(() => kept.close());
    const idsOf = (documents: readonly object[]) => documents.map((one) => (one as { event: { id: string } }).event.id);
    expect(idsOf(await kept.standing(0, 10))).toEqual(['a3', 'c4', 'b1']);
    expect(idsOf(await kept.standing(1, 1))).toEqual(['c4']);
    expect(idsOf(await kept.transitions('a'))).toEqual(['a0', 'a2', 'a3']);
    expect(await kept.transitions('nobody')).toEqual([]);
    expect(await kept.standing(10_000, 10)).toEqual([]);
    const empty = createElasticsearchAlerts(elasticsearchSinkSettings.parse({ ...settings, namespace: `${namespace}none` }));
    closers.push(() => empty.close());
    expect(await empty.standing(0, 10)).toEqual([]);
  });
});

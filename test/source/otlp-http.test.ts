import { gzipSync, zstdCompressSync } from 'node:zlib';
import { SpanStatusCode } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Agent, fetch } from 'undici';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { get } from '../../src/normalize/materialize.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { problemText } from '../../src/rule/problem.ts';
import { Secret } from '../../src/shared/secret.ts';
import { REPEAT_WINDOW_MS } from '../../src/source/inbox.ts';
import type { Address } from '../../src/source/listen-settings.ts';
import { createOtlpHttpSource } from '../../src/source/otlp/receiver.ts';
import { otlpHttpSourceSettings } from '../../src/source/settings.ts';
import { openStore } from '../../src/store/store.ts';
import { describeSourceContract, readFrom } from '../contract/source-contract.ts';
import { createListenLog } from '../support/listening.ts';
import { createPki } from '../support/pki.ts';
import { otlpMessage } from '../support/protobuf.ts';

const aLog = (text: string) => ({
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1544712660300000000', body: { stringValue: text } }] }] }],
});

/** A receiver at a free port over a store of its own. */
function receiver(settings: object = {}) {
  const store = openStore(':memory:');
  const log = createListenLog();
  let now = Date.UTC(2026, 10, 20, 8);
  const parsed = otlpHttpSourceSettings.parse({ kind: 'otlp-http', name: 'o', listen: '127.0.0.1:0', ...settings });
  const open = () =>
    createOtlpHttpSource(parsed, {
      clock: { now: () => now, sleep: async () => {} },
      logger: log.logger,
      inbox: store.inbox.of('o', { maxBytes: parsed.inboxBytes, repeatWindowMs: REPEAT_WINDOW_MS }),
    });
  return { open, log, store, pass: (ms: number) => (now += ms) };
}

/** Runs a source while `work` sends to it; gives what it read. */
async function whileRunning(
  settings: object,
  work: (url: string, pass: (ms: number) => number) => Promise<void>,
  scheme = 'http',
): Promise<readonly RawRecord[]> {
  const { open, log, store, pass } = receiver(settings);
  const source = open();
  const stop = new AbortController();
  const records: RawRecord[] = [];
  const reading = (async () => {
    for await (const batch of source.batches(new Map(), stop.signal)) records.push(...batch.records);
  })();
  try {
    const { host, port } = await log.address();
    await work(`${scheme}://${host}:${port}`, pass);
  } finally {
    stop.abort();
    await reading;
    await source.close();
  }
  // What was answered is in the inbox even if nobody has read it yet.
  const rest = await readRest(store, records);
  store.close();
  return rest;
}

async function readRest(store: ReturnType<typeof openStore>, records: readonly RawRecord[]): Promise<readonly RawRecord[]> {
  const inbox = store.inbox.of('o', { maxBytes: 1, repeatWindowMs: 1 });
  const next = (records.at(-1)?.offset ?? -1n) + 1n;
  return [...records, ...inbox.read(next, 1000).map((record) => ({ ...record, source: 'o', partition: 0 }))];
}

const documentsOf = (records: readonly RawRecord[]) => {
  const normalizer = createNormalizer({});
  return records.flatMap((record) =>
    decode(record, DEFAULT_LIMITS).documents.map((decoded) => normalizer.normalize(record, decoded).toEcs()),
  );
};
const post = (url: string, body: Uint8Array | string, headers: Record<string, string> = {}, signal = 'logs') =>
  fetch(`${url}/v1/${signal}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

describeSourceContract({
  name: 'OTLP over HTTP',
  ends: false,
  replays: true,
  listens: true,
  textOf: (body) => /"stringValue":"([^"]*)"/.exec(body)?.[1] ?? '',
  input: async () => {
    const { open, log, store } = receiver();
    let at: Promise<Address> | undefined;
    return {
      async write(texts) {
        const { host, port } = await (at ??= log.address());
        for (const text of texts) {
          const answer = await post(`http://${host}:${port}`, JSON.stringify(aLog(text)));
          expect(answer.status).toBe(200);
        }
      },
      open: () => {
        at = undefined;
        return open();
      },
      close: async () => store.close(),
    };
  },
});

describe('the OTLP receiver', () => {
  test('takes spans and logs of the OpenTelemetry SDK, in protobuf and JSON, joined by their trace', async () => {
    const records = await whileRunning({}, async (url) => {
      const resource = resourceFromAttributes({ 'service.name': 'shop' });
      const tracers = new TracerProvider({
        resource,
        spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${url}/v1/traces` }) })],
      });
      const loggers = new LoggerProvider({
        resource,
        processors: [
          new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }) }),
          new BatchLogRecordProcessor({ exporter: new JsonLogExporter({ url: `${url}/v1/logs` }) }),
        ],
      });
      const span = tracers
        .getTracer('t', '1')
        .startSpan('POST /pay', { kind: 1, attributes: { 'http.response.status_code': 500, 'client.address': '198.51.100.7' } });
      span.recordException(new Error('declined'));
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'no money' });
      span.end();
      const { traceId, spanId } = span.spanContext();
      loggers
        .getLogger('l')
        .emit({ body: 'payment refused', severityText: 'WARN', attributes: { 'trace.from': traceId, span: spanId, n: 3 } });
      await Promise.all([tracers.shutdown(), loggers.shutdown()]);
    });
    const documents = documentsOf(records);
    const spans = documents.filter((document) => get(document, 'event.dataset') === 'otlp.span');
    expect(spans).toMatchObject([
      {
        span: { name: 'POST /pay', kind: 'server', status: 'error' },
        event: { outcome: 'failure', reason: 'no money' },
        service: { name: 'shop' },
        source: { ip: '198.51.100.7' },
        http: { response: { status_code: 500 } },
      },
    ]);
    const exception = documents.find((document) => get(document, 'event.action') === 'exception');
    expect(exception).toMatchObject({ message: 'declined', trace: { id: get(spans[0] ?? {}, 'trace.id') }, error: { type: 'Error' } });
    const logs = documents.filter((document) => get(document, 'message') === 'payment refused');
    expect(logs).toHaveLength(2);
    for (const log of logs)
      expect(log).toMatchObject({ log: { level: 'warn' }, service: { name: 'shop' }, otel: { attributes: { n: 3 } } });
  });

  test('answers in the encoding of the request, and only after the record is stored', async () => {
    const records = await whileRunning({}, async (url) => {
      const json = await post(url, JSON.stringify(aLog('a')));
      expect([json.status, json.headers.get('content-type'), await json.text()]).toEqual([200, 'application/json', '{}']);
      const protobuf = await post(url, otlpMessage(aLog('b')), { 'content-type': 'application/x-protobuf' });
      expect([protobuf.status, protobuf.headers.get('content-type'), await protobuf.text()]).toEqual([200, 'application/x-protobuf', '']);
      for (const [encoding, pack] of [
        ['gzip', gzipSync],
        ['zstd', zstdCompressSync],
      ] as const)
        expect(
          (await post(url, pack(otlpMessage(aLog(encoding))), { 'content-type': 'application/x-protobuf', 'content-encoding': encoding }))
            .status,
        ).toBe(200);
    });
    expect(documentsOf(records).map((document) => document['message'])).toEqual(['a', 'b', 'gzip', 'zstd']);
  });

  const refusals: [string, number, string | Uint8Array, Record<string, string>][] = [
    ['broken JSON', 400, '{"resourceLogs": [', {}],
    ['protobuf that is cut', 400, otlpMessage(aLog('x')).subarray(0, 12), { 'content-type': 'application/x-protobuf' }],
    ['damaged gzip', 400, gzipSync('{}').subarray(0, 12), { 'content-encoding': 'gzip' }],
    ['a bomb', 413, gzipSync(Buffer.alloc(20 * 1024 * 1024)), { 'content-encoding': 'gzip' }],
    ['a large body', 413, 'x'.repeat(5000), {}],
    ['another type', 415, 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another encoding', 415, '{}', { 'content-encoding': 'br' }],
  ];
  test('refuses what it cannot use with a google.rpc.Status, and keeps nothing of it', async () => {
    const records = await whileRunning({ maxBodyBytes: 100_000 }, async (url) => {
      for (const [name, status, body, headers] of refusals) {
        const given = name === 'a large body' ? 'x'.repeat(100_001) : body;
        const answer = await post(url, given, headers);
        expect([name, answer.status]).toEqual([name, status]);
        const text = Buffer.from(await answer.arrayBuffer());
        if (headers['content-type'] === 'application/x-protobuf') expect([...text.subarray(0, 3)]).toEqual([8, 3, 0x12]);
        else expect(JSON.parse(text.toString())).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
      }
      expect((await post(url, '{}', {}, 'metrics')).status).toBe(404);
      expect((await fetch(`${url}/v1/logs`)).status).toBe(405);
    });
    expect(records).toEqual([]);
  });

  test('a body that is sent again within ten minutes is taken once, later it is another', async () => {
    const records = await whileRunning({}, async (url, pass) => {
      const body = JSON.stringify(aLog('again'));
      for (const wait of [0, REPEAT_WINDOW_MS - 1, 1, 0]) {
        pass(wait);
        expect((await post(url, body)).status).toBe(200);
      }
    });
    expect(records.map(({ appendedAt }) => appendedAt - Date.UTC(2026, 10, 20, 8))).toEqual([0, REPEAT_WINDOW_MS]);
  });

  test('a full inbox turns senders away until a checkpoint has passed', async () => {
    const { open, log, store } = receiver({ inboxBytes: 1024 * 1024 });
    const source = open();
    const stop = new AbortController();
    const reading = readFrom(source, new Map(), (records) => records.length >= 1);
    const { host, port } = await log.address();
    const url = `http://${host}:${port}`;
    const large = (text: string) => JSON.stringify(aLog(text.repeat(600_000)));
    expect((await post(url, large('a'))).status).toBe(200);
    const { positions } = await reading;
    stop.abort();
    const again = open();
    const second = readFrom(again, positions, (records) => records.length >= 1);
    const at = await log.address();
    const refused = await post(`http://${at.host}:${at.port}`, large('b'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    await again.commit(positions);
    expect((await post(`http://${at.host}:${at.port}`, large('b'))).status).toBe(200);
    expect((await second).records).toHaveLength(1);
    await again.close();
    store.close();
  });

  test('asks for its token', async () => {
    const token = new Secret('s3cret-token');
    const records = await whileRunning({ token }, async (url) => {
      expect((await post(url, '{}')).status).toBe(401);
      expect((await post(url, '{}', { authorization: 'Bearer wrong' })).status).toBe(401);
      expect((await post(url, '{"resourceLogs":[]}', { authorization: 'Bearer s3cret-token' })).status).toBe(200);
    });
    expect(records).toHaveLength(1);
  });

  test('with TLS and an authority only senders with a certificate of it get in', async () => {
    const pki = createPki();
    try {
      const records = await whileRunning(
        { tls: { cert: pki.read('server.crt'), key: new Secret(pki.read('server.key')), clientCa: pki.read('ca.crt') } },
        async (url) => {
          const send = (connect: object) =>
            fetch(`${url}/v1/logs`, {
              method: 'POST',
              body: '{"a":1}',
              headers: { 'content-type': 'application/json' },
              dispatcher: new Agent({ connect: { ca: pki.read('ca.crt'), ...connect } }),
            });
          expect((await send({ cert: pki.read('client.crt'), key: pki.read('client.key') })).status).toBe(200);
          await expect(send({})).rejects.toThrow();
        },
        'https',
      );
      expect(records).toHaveLength(1);
    } finally {
      pki.remove();
    }
  });

  test.each([
    ['{kind: otlp-http, name: o, listen: "0.0.0.0:4318"}', 'can be reached from other hosts'],
    ['{kind: otlp-http, name: o, listen: "0.0.0.0:4318", token: "${env:T}"}', 'can be reached from other hosts'],
    ['{kind: otlp-http, name: o, listen: "4318"}', 'write host:port'],
  ])('settings %s are refused', (text, wanted) => {
    const { problems } = parseSettings({ path: 'w.yaml', text: `sources: [${text}]\n` }, { T: 'x' });
    expect(problems.map(problemText).join()).toContain(wanted);
  });

  test('an address that is taken is an error that names it', async () => {
    const { open, log, store } = receiver();
    const source = open();
    const stop = new AbortController();
    const reading = readFrom(source, new Map(), () => true);
    const { port } = await log.address();
    const other = receiver({ listen: `127.0.0.1:${port}` });
    await expect(readFrom(other.open(), new Map(), () => true)).rejects.toThrow(new RegExp(`source o cannot listen at 127.0.0.1:${port}`));
    await post(`http://127.0.0.1:${port}`, '{"a":1}');
    await reading;
    stop.abort();
    store.close();
  });
});

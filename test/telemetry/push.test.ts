import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs/minimal.js';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { problemText } from '../../src/rule/problem.ts';
import { at } from '../../src/shared/nested.ts';
import { Secret } from '../../src/shared/secret.ts';
import { REPEAT_WINDOW_MS } from '../../src/source/inbox.ts';
import { createOtlpHttpSource } from '../../src/source/otlp/receiver.ts';
import { otlpHttpSourceSettings } from '../../src/source/settings.ts';
import { openStore } from '../../src/store/store.ts';
import { telemetrySettings } from '../../src/telemetry/settings.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { createListenLog } from '../support/listening.ts';

const START = Date.UTC(2026, 10, 20, 8);

/** Names and values of the sums in a body of /v1/metrics, read by field numbers of the OTLP protocol. */
function sumsOf(body: Uint8Array): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const fields = (bytes: Uint8Array, visit: (field: number, inner: Uint8Array, reader: protobuf.Reader) => boolean): void => {
    const reader = protobuf.Reader.create(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if ((tag & 7) !== 2) {
        if (!visit(tag >>> 3, new Uint8Array(), reader)) reader.skipType(tag & 7);
      } else visit(tag >>> 3, reader.bytes(), reader);
    }
  };
  fields(body, (_1, resource) => {
    fields(resource, (scopeField, scope) => {
      if (scopeField !== 2) return true;
      fields(scope, (metricField, metric) => {
        if (metricField !== 2) return true;
        let name = '';
        fields(metric, (field, inner) => {
          if (field === 1) name = Buffer.from(inner).toString();
          if (field === 7)
            fields(inner, (pointField, point) => {
              if (pointField !== 1 || point.length === 0) return pointField === 1;
              fields(point, (field2, _inner, reader) => {
                // as_double is field 4, as_int field 6; both are eight bytes.
                if (field2 === 4) found.set(name, reader.double());
                else if (field2 === 6) found.set(name, reader.fixed32() + reader.fixed32() * 2 ** 32);
                else return false;
                return true;
              });
              return true;
            });
          return true;
        });
        return true;
      });
      return true;
    });
    return true;
  });
  return found;
}

describe('telemetry pushed by OTLP', () => {
  test('metrics reach a collector, with the headers of the settings', async () => {
    const calls: { path: string; authorization: string | undefined; body: Buffer }[] = [];
    const collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        calls.push({ path: request.url ?? '', authorization: request.headers.authorization, body: Buffer.concat(chunks) });
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    await new Promise<void>((done) => collector.listen(0, '127.0.0.1', done));
    const telemetry = createTelemetry(
      telemetrySettings.parse({
        otlp: {
          endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`,
          insecure: true,
          signals: ['metrics'],
          headers: { authorization: new Secret('Bearer collector-token') },
        },
      }),
      'silent',
      false,
    );
    telemetry.metrics.add('wardline.records', 7, { source: 'logs' });
    // The last values are sent when it ends.
    await telemetry.shutdown();
    await new Promise((done) => collector.close(done));
    expect(calls.map(({ path, authorization }) => [path, authorization])).toEqual([['/v1/metrics', 'Bearer collector-token']]);
    expect(sumsOf(calls[0]?.body ?? Buffer.alloc(0)).get('wardline.records')).toBe(7);
  });

  test('spans and log lines are events of our own OTLP source', async () => {
    const store = openStore(':memory:');
    const log = createListenLog();
    const source = createOtlpHttpSource(otlpHttpSourceSettings.parse({ kind: 'otlp-http', name: 'o', listen: '127.0.0.1:0' }), {
      clock: { now: () => START, sleep: async () => {} },
      logger: log.logger,
      inbox: store.inbox.of('o', { maxBytes: 1e6, repeatWindowMs: REPEAT_WINDOW_MS }),
    });
    const stop = new AbortController();
    const records: RawRecord[] = [];
    const reading = (async () => {
      for await (const batch of source.batches(new Map(), stop.signal)) records.push(...batch.records);
    })();
    const { host, port } = await log.address();
    const telemetry = createTelemetry(
      telemetrySettings.parse({
        serviceName: 'wardline-test',
        otlp: { endpoint: `http://${host}:${port}`, insecure: true, signals: ['traces', 'logs'], traceRatio: 1 },
      }),
      'info',
      false,
      () => undefined,
    );
    telemetry.tracer.span('wardline.step', START, START + 250, { 'wardline.source': 'logs', 'wardline.records': 12 });
    telemetry.tracer.span('wardline.deliver', START, START + 10, { 'wardline.receiver': 'soc' }, 'HTTP 503');
    telemetry.logger.warn({ source: 'logs', secret: new Secret('never') }, 'a line\nof the log');
    await telemetry.shutdown();
    const expected = 3;
    for (let turn = 0; turn < 2000 && documents(records).length < expected; turn++) await new Promise((done) => setImmediate(done));
    stop.abort();
    await reading;
    await source.close();
    store.close();
    const found = documents(records);
    const spans = found.filter((document) => at(document, 'span.id') !== undefined);
    expect(spans.map((document) => at(document, 'span.name') ?? at(document, 'transaction.name')).sort()).toEqual([
      'wardline.deliver',
      'wardline.step',
    ]);
    expect(found.every((document) => at(document, 'service.name') === 'wardline-test')).toBe(true);
    const line = found.find((document) => at(document, 'span.id') === undefined) ?? {};
    expect(at(line, 'message')).toBe('a line\nof the log');
    expect(JSON.stringify(line)).toContain('WARN');
    expect(JSON.stringify(found)).not.toContain('never');
  });

  test('a collector that is not there costs nothing but counted losses', async () => {
    const lines: string[] = [];
    const telemetry = createTelemetry(
      telemetrySettings.parse({
        otlp: { endpoint: 'http://127.0.0.1:1', insecure: true, signals: ['traces'], traceRatio: 1, timeout: '1s' },
      }),
      'info',
      true,
      (line) => lines.push(line),
    );
    telemetry.tracer.span('wardline.step', START, START + 1, {});
    telemetry.logger.info({}, 'goes on');
    const before = await telemetry.exposition();
    await telemetry.shutdown();
    expect(before).toContain('wardline_telemetry_dropped 0\n');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['goes on']);
  });

  test('http needs insecure: true, and a header is a secret', () => {
    const problems = (telemetry: string) =>
      parseSettings({ path: 'w.yaml', text: `sources: [{kind: stdin, name: s}]\ntelemetry: ${telemetry}\n` }, { T: 'x' }).problems.map(
        problemText,
      );
    expect(problems('{otlp: {endpoint: "http://c:4318"}}').join()).toContain('insecure: true');
    expect(problems('{otlp: {endpoint: "https://c:4318", headers: {authorization: literal}}}').join()).toContain('never written out');
    expect(problems('{otlp: {endpoint: "https://c:4318", headers: {authorization: "${env:T}"}}}')).toEqual([]);
  });
});

function documents(records: readonly RawRecord[]) {
  const normalizer = createNormalizer({});
  return records.flatMap((record) => decode(record, DEFAULT_LIMITS).documents.map((one) => normalizer.normalize(record, one).toEcs()));
}

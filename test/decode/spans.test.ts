import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { FORM_HEADER } from '../../src/decode/forms.ts';
import { get } from '../../src/normalize/materialize.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { aRecord } from '../support/an-event.ts';
import { type Field, message, otlpMessage } from '../support/protobuf.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const read = (bytes: string | Uint8Array, headers: Record<string, string> = {}) =>
  decode({ ...aRecord(bytes), headers: new Map(Object.entries(headers)) }, DEFAULT_LIMITS);
const documents = (bytes: string | Uint8Array, headers?: Record<string, string>) => {
  const { documents: found, deadLetters } = read(bytes, headers);
  expect(deadLetters).toEqual([]);
  return found.map(({ document, formatHint }) => [formatHint, plain(document)]);
};
const ecsOf = (bytes: string | Uint8Array): JsonObject[] => {
  const record = aRecord(bytes);
  const normalizer = createNormalizer({});
  return read(bytes).documents.map((decoded) => normalizer.normalize(record, decoded).toEcs());
};

const folder = resolve(import.meta.dirname, '../../../shared/data/otel');
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');

const TRACE = '5b8efff798038103d269b633813fc60c';
const AN_EXPORT = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'lib', version: '1' },
          spans: [
            {
              traceId: TRACE,
              spanId: 'eee19b7ec3c1b174',
              parentSpanId: 'eee19b7ec3c1b173',
              name: 'POST /pay',
              kind: 2,
              startTimeUnixNano: '1544712660000000001',
              endTimeUnixNano: '1544712661000000009',
              attributes: [
                { key: 'http.method', value: { stringValue: 'POST' } },
                { key: 'http.status_code', value: { intValue: '502' } },
                { key: 'net.peer.ip', value: { stringValue: '198.51.100.7' } },
                { key: 'wide', value: { intValue: '9007199254740993' } },
                { key: 'list', value: { arrayValue: { values: [{ boolValue: false }, { doubleValue: 0.5 }] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: 'stringValue', value: { stringValue: 'x' } }] } } },
                { key: 'bytes', value: { bytesValue: 'AQI=' } },
              ],
              events: [
                {
                  timeUnixNano: '1544712660500000000',
                  name: 'exception',
                  attributes: [{ key: 'exception.message', value: { stringValue: 'declined' } }],
                },
              ],
              links: [{ traceId: TRACE, spanId: '00000000000000aa' }],
              status: { message: 'bad gateway', code: 2 },
            },
          ],
        },
      ],
    },
  ],
};

describe('OTLP', () => {
  test('protobuf and JSON of one export are the same documents, 64-bit values exact', () => {
    const fromJson = documents(JSON.stringify(AN_EXPORT));
    expect(documents(otlpMessage(AN_EXPORT))).toEqual(fromJson);
    expect(fromJson[0]?.[1]).toMatchObject({
      startTimeUnixNano: '1544712660000000001',
      attributes: { wide: '9007199254740993', list: [false, 0.5], map: { stringValue: 'x' }, bytes: 'AQI=' },
    });
  });

  test('a span becomes one event of ECS, its exception another that is joined to it', () => {
    const [span, exception] = ecsOf(otlpMessage(AN_EXPORT));
    const fields = (document: JsonObject | undefined, ...names: string[]) =>
      Object.fromEntries(names.map((name) => [name, get(document ?? {}, name)]));
    expect(
      fields(
        span,
        'trace.id',
        'span.id',
        'parent.id',
        'span.kind',
        'event.outcome',
        'event.duration',
        'event.category',
        'http.request.method',
        'http.response.status_code',
        'source.ip',
        'service.name',
        'event.start',
        'event.reason',
        'span.status',
      ),
    ).toEqual({
      'trace.id': TRACE,
      'span.id': 'eee19b7ec3c1b174',
      'parent.id': 'eee19b7ec3c1b173',
      'span.kind': 'server',
      'event.outcome': 'failure',
      'event.duration': 1_000_000_008,
      'event.category': ['web'],
      'http.request.method': 'POST',
      'http.response.status_code': 502,
      'source.ip': '198.51.100.7',
      'service.name': 'shop',
      'event.start': '2018-12-13T14:51:00.000000001Z',
      'event.reason': 'bad gateway',
      'span.status': 'error',
    });
    expect(fields(exception, 'trace.id', 'span.id', 'event.action', 'message', 'log.level', 'error.message', '@timestamp')).toEqual({
      'trace.id': TRACE,
      'span.id': 'eee19b7ec3c1b174',
      'event.action': 'exception',
      message: 'declined',
      'log.level': 'error',
      'error.message': 'declined',
      '@timestamp': '2018-12-13T14:51:00.500Z',
    });
  });

  test('keys of the schema, ids in base64, enumerations by name, times of zero', () => {
    const snake = {
      resource_logs: [
        {
          scope_logs: [
            {
              log_records: [
                {
                  time_unix_nano: '0',
                  observed_time_unix_nano: '1544712660300000000',
                  severity_number: 9,
                  trace_id: Buffer.from(TRACE, 'hex').toString('base64'),
                  span_id: '0000000000000000',
                  body: { string_value: 'hello' },
                  attributes: [{ key: 'n', value: { int_value: 3 } }],
                },
              ],
            },
          ],
        },
      ],
    };
    const [log] = ecsOf(JSON.stringify(snake));
    expect(log).toMatchObject({ '@timestamp': '2018-12-13T14:51:00.300Z', message: 'hello', trace: { id: TRACE }, log: { level: 'info' } });
    expect(get(log ?? {}, 'span.id')).toBeUndefined();
  });

  test('metrics make no event and are counted as discarded', () => {
    expect(read('{"resourceMetrics":[{"scopeMetrics":[]}]}')).toMatchObject({ documents: [], deadLetters: [], discarded: 1 });
  });

  test('bytes in gzip or Zstandard, and in one another, are unpacked; a bomb is a dead letter', () => {
    const bytes = otlpMessage(AN_EXPORT);
    const wanted = documents(bytes);
    expect(documents(gzipSync(bytes))).toEqual(wanted);
    expect(documents(gzipSync(zstdCompressSync(bytes)))).toEqual(wanted);
    expect(documents(gzipSync('{"a":1}'))).toEqual([[undefined, { a: 1 }]]);
    expect(read(zstdCompressSync(Buffer.alloc(32 * 1024 * 1024))).deadLetters).toMatchObject([{ reason: 'too-large' }]);
    expect(read(gzipSync('x'.repeat(1000)).subarray(0, 20)).deadLetters).toMatchObject([{ reason: 'invalid-compression' }]);
    const deep = Array.from({ length: 5 }).reduce<Buffer>((inner) => gzipSync(inner), Buffer.from('{}'));
    expect(read(deep).deadLetters).toMatchObject([{ reason: 'too-deep' }]);
  });

  test('cut protobuf is a dead letter with its place where the form is known, and text that begins with a line break stays text', () => {
    const bytes = otlpMessage(AN_EXPORT);
    const cut = read(bytes.subarray(0, bytes.length - 3), { [FORM_HEADER]: 'otlp-traces' });
    expect(cut.documents).toEqual([]);
    expect(cut.deadLetters).toMatchObject([{ reason: 'invalid-otlp' }]);
    expect(documents('\nhello')).toEqual([[undefined, { message: '\nhello' }]]);
  });

  test('values nested without end are refused, not followed', () => {
    let value = message([1, 'text', 'x']);
    for (let i = 0; i < 2000; i++) value = message([5, 'message', message([1, 'message', value])]);
    const log = message([1, 'fixed64', '1'], [5, 'message', value]);
    const bytes = message([1, 'message', message([2, 'message', message([2, 'message', log])])]);
    expect(read(bytes, { [FORM_HEADER]: 'otlp-logs' }).deadLetters).toMatchObject([{ reason: 'invalid-otlp' }]);
  });
});

describe.skipIf(!existsSync(folder))('public OTLP, Jaeger and Zipkin examples', () => {
  test.each(['proto-trace.json', 'proto-logs.json', 'proto-events.json', 'jaeger-otlp2jaeger-in.json', 'jaeger-skill-sibling_errors.json'])(
    '%s gives the same from protobuf as from JSON',
    (name) => {
      const fromJson = documents(file(name));
      expect(fromJson.length).toBeGreaterThan(0);
      const numbered = JSON.parse(
        JSON.stringify(fromJson)
          .replace(/"SPAN_KIND_SERVER"/g, '2')
          .replace(/"SPAN_KIND_CLIENT"/g, '3')
          .replace(/"SPAN_KIND_INTERNAL"/g, '1')
          .replace(/"STATUS_CODE_ERROR"/g, '2'),
      );
      const lowered = JSON.parse(
        file(name).replace(/"((?:traceId|spanId|parentSpanId))": "([0-9A-Fa-f]+)"/g, (_, key, id) => `"${key}": "${id.toLowerCase()}"`),
      );
      expect(documents(otlpMessage(lowered))).toEqual(numbered);
    },
  );

  test('what Jaeger makes of an OTLP export and the export itself are the same spans', () => {
    const keep = (document: JsonObject) => {
      const names = [
        'trace.id',
        'span.id',
        'parent.id',
        'span.name',
        'span.kind',
        'event.duration',
        '@timestamp',
        'service.name',
        'source.ip',
        'event.outcome',
      ];
      return names.map((name) => get(document, name));
    };
    const jaeger = ecsOf(file('jaeger-otlp2jaeger-out.json'));
    expect(jaeger.length).toBe(2);
    expect(jaeger.map(keep)).toEqual(ecsOf(file('jaeger-otlp2jaeger-in.json')).map(keep));
  });

  test.each([
    ['zipkin-yelp.json', 16, 10],
    ['zipkin-ascend.json', 8, 3],
  ])('%s: every span, with times and services', (name, spans, services) => {
    const found = ecsOf(file(name));
    expect(found).toHaveLength(spans);
    const named = found.flatMap((span) => [get(span, 'service.name'), (get(span, 'otel.attributes') as JsonObject)['peer.service']]);
    expect(new Set(named.filter((one) => one !== undefined)).size).toBe(services);
    for (const span of found) {
      expect(get(span, 'trace.id')).toMatch(/^[0-9a-f]{32}$/);
      expect(get(span, 'event.dataset')).toBe('otlp.span');
      expect(get(span, 'wardline.parse.tags')).toEqual([]);
    }
  });
});

const zipkinEndpoint = (name: string, ip: number[], port: number): Buffer =>
  message([1, 'text', name], [2, 'bytes', Buffer.from(ip)], [4, 'varint', port]);
const ZIPKIN = message([
  1,
  'message',
  message(
    [1, 'bytes', Buffer.from('a03ee8fff1dcd9b9', 'hex')],
    [2, 'bytes', Buffer.from('f5f268651b2a2b34', 'hex')],
    [3, 'bytes', Buffer.from('15fc03927f0f68df', 'hex')],
    [4, 'varint', 2],
    [5, 'text', 'get /token'],
    [6, 'fixed64', '1571896375310740'],
    [7, 'varint', 1490],
    [8, 'message', zipkinEndpoint('spectre', [10, 0, 0, 1], 80)],
    [9, 'message', zipkinEndpoint('mobile', [192, 0, 2, 4], 31882)],
    [10, 'message', message([1, 'fixed64', '1571896375310800'], [2, 'text', 'ws'])],
    [11, 'message', message([1, 'text', 'error'], [2, 'text', 'timeout'])],
    [13, 'varint', 1],
  ),
]);
const ZIPKIN_JSON = {
  traceId: 'a03ee8fff1dcd9b9',
  parentId: 'f5f268651b2a2b34',
  id: '15fc03927f0f68df',
  kind: 'SERVER',
  name: 'get /token',
  timestamp: 1571896375310740,
  duration: 1490,
  localEndpoint: { serviceName: 'spectre', ipv4: '10.0.0.1', port: 80 },
  remoteEndpoint: { serviceName: 'mobile', ipv4: '192.0.2.4', port: 31882 },
  annotations: [{ timestamp: 1571896375310800, value: 'ws' }],
  tags: { error: 'timeout' },
  shared: true,
};

describe('Zipkin', () => {
  test('protobuf and JSON are the same span; kinds have numbers of their own', () => {
    const [fromJson] = documents(JSON.stringify([ZIPKIN_JSON]));
    expect(documents(ZIPKIN)).toEqual([fromJson]);
    const [span] = ecsOf(ZIPKIN);
    expect(span).toMatchObject({
      '@timestamp': '2019-10-24T05:52:55.310740Z',
      span: { kind: 'server', id: '15fc03927f0f68df', status: 'error' },
      event: { outcome: 'failure', duration: 1_490_000, reason: 'timeout' },
      source: { ip: '192.0.2.4' },
      service: { name: 'spectre' },
      trace: { id: '0000000000000000a03ee8fff1dcd9b9' },
    });
  });

  test('a span without times gets the time it was taken', () => {
    const [span] = ecsOf(JSON.stringify([{ traceId: '1', id: '2', name: 'x', localEndpoint: { serviceName: 'a' } }]));
    expect(get(span ?? {}, 'wardline.parse.tags')).toEqual(['broker_time']);
  });
});

const jaegerTag = (key: string, ...value: Field[]): Field => [8, 'message', message([1, 'text', key], ...value)];
const time = (seconds: number, nanos: number): Buffer => message([1, 'varint', seconds], [2, 'varint', nanos]);
const JAEGER = message(
  [1, 'bytes', Buffer.from(TRACE, 'hex')],
  [2, 'bytes', Buffer.from('e127af99e3b3e074', 'hex')],
  [3, 'text', 'okey-dokey'],
  [4, 'message', message([1, 'bytes', Buffer.from(TRACE, 'hex')], [2, 'bytes', Buffer.from('909541b92cf05311', 'hex')])],
  [6, 'message', time(1706678909, 209712000)],
  [7, 'message', time(0, 123000)],
  jaegerTag('span.kind', [3, 'text', 'server']),
  jaegerTag('error', [2, 'varint', 1], [4, 'varint', 1]),
  jaegerTag('http.status_code', [2, 'varint', 2], [5, 'varint', 500]),
  [9, 'message', message([1, 'message', time(1706678909, 209800000)], [2, 'message', message([1, 'text', 'event'], [3, 'text', 'retry'])])],
  [10, 'message', message([1, 'text', 'checkout'], [2, 'message', message([1, 'text', 'host.name'], [3, 'text', 'web-1'])])],
);
const JAEGER_UI = {
  traceID: TRACE,
  spanID: 'e127af99e3b3e074',
  operationName: 'okey-dokey',
  references: [{ refType: 'CHILD_OF', traceID: TRACE, spanID: '909541b92cf05311' }],
  startTime: 1706678909209712,
  duration: 123,
  tags: [
    { key: 'span.kind', type: 'string', value: 'server' },
    { key: 'error', type: 'bool', value: true },
    { key: 'http.status_code', type: 'int64', value: 500 },
  ],
  logs: [{ timestamp: 1706678909209800, fields: [{ key: 'event', type: 'string', value: 'retry' }] }],
  process: { serviceName: 'checkout', tags: [{ key: 'host.name', type: 'string', value: 'web-1' }] },
};
const b64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const JAEGER_PROTO_JSON = {
  traceId: b64(TRACE),
  spanId: b64('e127af99e3b3e074'),
  operationName: 'okey-dokey',
  references: [{ traceId: b64(TRACE), spanId: b64('909541b92cf05311') }],
  startTime: '2024-01-31T05:28:29.209712Z',
  duration: '0.000123s',
  tags: [
    { key: 'span.kind', vStr: 'server' },
    { key: 'error', vType: 'BOOL', vBool: true },
    { key: 'http.status_code', vType: 'INT64', vInt64: 500 },
  ],
  logs: [{ timestamp: '2024-01-31T05:28:29.209800Z', fields: [{ key: 'event', vStr: 'retry' }] }],
  process: { serviceName: 'checkout', tags: [{ key: 'host.name', vStr: 'web-1' }] },
};

describe('Jaeger', () => {
  test('protobuf, its JSON, the indices and the query API give the same span', () => {
    const [span, ...more] = documents(JAEGER);
    expect(more).toEqual([]);
    expect(span?.[1]).toMatchObject({
      parentSpanId: '909541b92cf05311',
      kind: 2,
      status: { code: 2 },
      endTimeUnixNano: '1706678909209835000',
    });
    expect(documents(JSON.stringify(JAEGER_UI))).toEqual([span]);
    expect(documents(JSON.stringify(JAEGER_PROTO_JSON))).toEqual([span]);
    const { process, ...rest } = JAEGER_UI;
    expect(
      documents(
        JSON.stringify({ data: [{ traceID: TRACE, spans: [{ ...rest, processID: 'p1' }], processes: { p1: process } }], total: 0 }),
      ),
    ).toEqual([span]);
  });

  test('other documents with a list called data are left alone', () => {
    expect(documents('{"data":[{"spans":[]}]}')).toEqual([[undefined, { data: [{ spans: [] }] }]]);
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { FORM_HEADER, FORM_NAMES } from '../../src/decode/forms.ts';
import type { PayloadSchema, RawRecord } from '../../src/event/raw-record.ts';
import { aRecord } from '../support/an-event.ts';
import { message, otlpMessage } from '../support/protobuf.ts';

const EXPORT = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'lib' },
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'POST /pay',
              kind: 2,
              startTimeUnixNano: '1544712660000000001',
              endTimeUnixNano: '1544712661000000009',
              attributes: [
                { key: 'm', value: { kvlistValue: { values: [{ key: 'k', value: { arrayValue: { values: [{ intValue: '7' }] } } }] } } },
              ],
              events: [
                {
                  timeUnixNano: '1544712660500000000',
                  name: 'exception',
                  attributes: [{ key: 'exception.message', value: { stringValue: 'no' } }],
                },
              ],
              status: { code: 2 },
            },
          ],
        },
      ],
    },
  ],
  resourceLogs: [
    {
      scopeLogs: [
        { logRecords: [{ timeUnixNano: '1544712660300000000', body: { stringValue: '<34>Oct 11 22:14:15 host su[1]: failed' } }] },
      ],
    },
  ],
};
const ZIPKIN = [
  {
    traceId: 'a03ee8fff1dcd9b9',
    id: '15fc03927f0f68df',
    kind: 'CLIENT',
    name: 'post',
    timestamp: 1571896375322000,
    duration: 14000,
    localEndpoint: { serviceName: 'a', ipv4: '10.0.0.1' },
    tags: { error: 'x' },
    annotations: [{ timestamp: 1, value: 'ws' }],
  },
];
const JAEGER = {
  data: [
    {
      traceID: '1',
      spans: [
        {
          traceID: '1',
          spanID: '2',
          operationName: 'op',
          references: [{ refType: 'CHILD_OF', traceID: '1', spanID: '3' }],
          startTime: 1,
          duration: 2,
          tags: [{ key: 'a', type: 'int64', value: '5' }],
          logs: [{ timestamp: 1, fields: [] }],
          processID: 'p',
        },
      ],
      processes: { p: { serviceName: 's', tags: [] } },
    },
  ],
};
export const AVRO: PayloadSchema = {
  id: 1,
  type: 'AVRO',
  text: '{"type":"record","name":"R","fields":[{"name":"u","type":["null","string"]},{"name":"l","type":{"type":"array","items":"R"}},{"name":"m","type":{"type":"map","values":"long"}}]}',
  references: [],
};
const proto = otlpMessage(EXPORT);

/** Records of every form the decoders know, as they should be. */
const SEEDS: readonly Buffer[] = [
  proto,
  otlpMessage({ resourceLogs: EXPORT.resourceLogs }),
  Buffer.from(JSON.stringify(EXPORT)),
  Buffer.from(JSON.stringify(ZIPKIN)),
  Buffer.from(JSON.stringify(JAEGER)),
  message([
    1,
    'message',
    message(
      [1, 'bytes', Buffer.alloc(8, 1)],
      [3, 'bytes', Buffer.alloc(8, 2)],
      [5, 'text', 'get'],
      [6, 'fixed64', '5'],
      [11, 'message', message([1, 'text', 'a'], [2, 'text', 'b'])],
    ),
  ]),
  message(
    [1, 'bytes', Buffer.alloc(16, 1)],
    [2, 'bytes', Buffer.alloc(8, 2)],
    [3, 'text', 'op'],
    [6, 'message', message([1, 'varint', 5])],
    [8, 'message', message([1, 'text', 'k'], [2, 'varint', 2], [5, 'varint', 7])],
  ),
  gzipSync(proto),
  zstdCompressSync(gzipSync('{"a":1}')),
  Buffer.from([0, 0, 0, 0, 1, 2, 4, 65, 66, 2, 0, 0, 0, 0, 2, 2, 65, 8, 0]),
  Buffer.from('{"Records":[{"eventSource":"s3","eventName":"x","eventVersion":"1","userIdentity":{"type":"Root"}}]}'),
  Buffer.from('<165>1 2003-10-11T22:14:15.003Z mymachine app 71 ID47 [a@1 x="1\\"2"] BOM\n'),
  Buffer.from('CEF:0|a|b|1|100|n|5|src=10.0.0.1 msg=a\\=b cs1Label=x cs1=y z'),
  Buffer.from('<Event xmlns="x"><System><EventID>1</EventID></System><EventData><Data Name="a">b</Data></EventData></Event>'),
  Buffer.from('type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 comm="cat" proctitle=636174'),
];

const folder = resolve(import.meta.dirname, '../../../shared/data/otel');
const shared = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFileSync(join(folder, name)))
  : [];

/** What parsers trip over: lengths, borders of varints, brackets, escapes, marks. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\u',
  '\u0000',
  '\n',
  ',',
  ':',
  '1e9999',
  '-',
  '9'.repeat(25),
  '__proto__',
  '<',
  '|',
  '=',
].map((text) => Buffer.from(text));
const BYTES = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80],
  [0x0a, 0x10],
  [0x12, 0x08],
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xef, 0xbb, 0xbf],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
].map((bytes) => Buffer.from(bytes));

type Change = {
  readonly kind: 'flip' | 'cut' | 'repeat' | 'put' | 'join';
  readonly at: number;
  readonly size: number;
  readonly piece: Buffer;
};
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'repeat', 'put', 'join'),
  at: fc.nat(),
  size: fc.integer({ min: 1, max: 64 }),
  piece: fc.constantFrom(...PIECES, ...BYTES, ...SEEDS),
});

function changed(bytes: Buffer, { kind, at, size, piece }: Change): Buffer {
  const from = bytes.length === 0 ? 0 : at % bytes.length;
  const [head, part, tail] = [bytes.subarray(0, from), bytes.subarray(from, from + size), bytes.subarray(from + size)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([head, Buffer.of((bytes[from] ?? 0) ^ (1 << (size % 8))), bytes.subarray(from + 1)]);
    case 'cut':
      return Buffer.concat([head, tail]);
    case 'repeat':
      return Buffer.concat([head, part, part, part, tail]);
    case 'put':
      return Buffer.concat([head, piece, bytes.subarray(from)]);
    case 'join':
      return Buffer.concat([head, piece.subarray(0, size)]);
  }
}

/** Records of the corpus, changed in a few places, with and without what a source tells of them. */
export const mutated: fc.Arbitrary<RawRecord> = fc
  .tuple(
    fc.constantFrom(...SEEDS, ...shared),
    fc.array(change, { maxLength: 5 }),
    fc.constantFrom(undefined, undefined, ...FORM_NAMES),
    fc.boolean(),
  )
  .map(([seed, changes, form, withSchema]) => ({
    ...aRecord(changes.reduce(changed, seed)),
    headers: new Map(form === undefined ? [] : [[FORM_HEADER, form]]),
    ...(withSchema ? { schema: AVRO } : {}),
  }));

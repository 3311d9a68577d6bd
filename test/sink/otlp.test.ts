import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createOtlpSink } from '../../src/sink/otlp/index.ts';
import { exportRequest } from '../../src/sink/otlp/log-record.ts';
import { encodeExportRequest, rejectedRecords } from '../../src/sink/otlp/protobuf.ts';
import { otlpSinkSettings } from '../../src/sink/otlp/settings.ts';
import { describeSinkContract, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { aRecord } from '../support/an-event.ts';
import { createPeer } from '../support/peer.ts';
import { PLANTED } from '../support/planted.ts';
import { message } from '../support/protobuf.ts';
import { smallHttp } from '../support/small-http.ts';

type Attribute = { readonly key: string; readonly value: Record<string, unknown> };
type Log = { readonly eventName: string; readonly body: { readonly stringValue: string }; readonly attributes: readonly Attribute[] };
type Export = { readonly resourceLogs: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly Log[] }[] }[] };
const logsOf = (body: string): readonly Log[] =>
  (JSON.parse(body) as Export).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
const attribute = ({ attributes }: Log, key: string): unknown => Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];

type Encoding = 'protobuf' | 'json';
const sinkAt = (url: string, encoding: Encoding) =>
  createOtlpSink(
    otlpSinkSettings.parse({
      kind: 'otlp',
      encoding,
      name: 'otlp',
      url: `${url}/v1/logs`,
      headers: { 'api-key': new Secret(PLANTED) },
      insecure: true,
      allowPrivate: true,
    }),
    systemClock,
  );

/** Ids and bodies of the log records in a request, as the engine's own reader of OTLP finds them. */
function recordsOf(bytes: Uint8Array, encoding: Encoding): Taken[] {
  if (encoding === 'json')
    return logsOf(Buffer.from(bytes).toString()).map((log) => ({ id: String(attribute(log, 'event.id')), message: log.body.stringValue }));
  const { documents, deadLetters } = decode({ ...aRecord(''), bytes }, DEFAULT_LIMITS);
  if (deadLetters.length > 0) throw new Error(deadLetters.map(({ detail }) => detail).join('; '));
  return documents.map(({ document }) => {
    const { body, attributes } = document as unknown as { body: string; attributes: Record<string, string> };
    return { id: String(attributes['event.id']), message: body };
  });
}

for (const encoding of ['protobuf', 'json'] as const)
  describeSinkContract(`OTLP logs in ${encoding}`, {
    says: ['later', 'refuse', 'hang'],
    perAlert: 'refusals',
    // UTF-8 has no lone surrogates.
    text: encoding === 'json' ? 'exact' : 'well-formed',
    async start() {
      const peer = createPeer();
      const taken: Taken[] = [];
      const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
      const server = await smallHttp(({ request, bytes }, response) => {
        const records = recordsOf(bytes, encoding);
        const said = records.map(({ id }) => peer.verdictOf(id));
        if (said.includes('hang')) return peer.hang();
        if (request.url !== '/v1/logs' || request.headers['content-type'] !== type) return response.writeHead(404).end();
        const refused = said.filter((one) => one === 'refuse').length;
        // A partial success: it keeps none of them here, so that a repeated one is not counted twice.
        if (refused > 0) return response.writeHead(200).end(partialSuccess(refused, encoding));
        if (said.includes('later')) return response.writeHead(503, { 'retry-after': '30' }).end();
        taken.push(...records);
        return response.writeHead(200, { 'content-type': type }).end(partialSuccess(0, encoding));
      });
      return {
        sink: sinkAt(server.url, encoding),
        taken: async () => taken,
        answer: peer.answer,
        hanging: peer.hanging,
        close: server.close,
      };
    },
  });

function partialSuccess(rejected: number, encoding: Encoding): string | Uint8Array {
  if (encoding === 'json')
    return JSON.stringify({ partialSuccess: rejected === 0 ? {} : { rejectedLogRecords: String(rejected), errorMessage: 'no' } });
  return message([1, 'message', rejected === 0 ? Buffer.alloc(0) : message([1, 'varint', rejected], [2, 'text', 'no'])]);
}

test('a log record has the times, the level and the fields of the alert', () => {
  const [log] = logsOf(JSON.stringify(exportRequest([anAlert({ id: 'a', severity: 'critical' })], 'wardline')));
  expect(log).toMatchObject({
    timeUnixNano: '1795162471402000000',
    severityNumber: 21,
    severityText: 'critical',
    eventName: 'wardline.alert',
  });
  expect(
    log === undefined
      ? undefined
      : [attribute(log, 'wardline.alert.stage'), attribute(log, 'event.severity'), attribute(log, 'wardline.alert.group.user.name')],
  ).toEqual(['opened', '4', 'alice']);
});

test('what is sent is what the OTLP reader of the engine takes: one event for each alert', () => {
  const { documents, deadLetters } = decode(
    aRecord(JSON.stringify(exportRequest([anAlert({ id: 'a' }), anAlert({ id: 'b' })], 'w'))),
    DEFAULT_LIMITS,
  );
  expect([documents.length, deadLetters.length]).toEqual([2, 0]);
});

test('both encodings say the same', () => {
  const more = { 'event.risk': 0.5, big: 2 ** 40, minus: -3, flag: true, list: ['a', 1], 'bad \ud800': '\udfff', text: 'ü\u0000\n' };
  const request = exportRequest([anAlert({ id: 'a', more }), anAlert({ id: 'b', severity: 'low' })], 'w');
  const events = (bytes: Uint8Array) => decode({ ...aRecord(''), bytes }, DEFAULT_LIMITS);
  const [json, binary] = [
    events(Buffer.from(JSON.stringify(request).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd'))),
    events(encodeExportRequest(request)),
  ];
  expect(binary.deadLetters).toEqual([]);
  expect(binary.documents.map(({ document }) => document)).toEqual(json.documents.map(({ document }) => document));
});

test.each<[Uint8Array, number]>([
  [message([1, 'message', message([1, 'varint', 300], [2, 'text', 'no'])]), 300],
  [message([7, 'text', 'unknown'], [1, 'message', message([2, 'text', 'no'])]), 0],
  [Buffer.from('<html>not protobuf</html>'), 0],
  [Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x0f]), 0],
  [Buffer.alloc(0), 0],
])('%j is an answer that refuses %d', (answer, rejected) => expect(rejectedRecords(answer)).toBe(rejected));

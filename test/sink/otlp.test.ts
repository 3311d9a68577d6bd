import { expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createOtlpSink } from '../../src/sink/otlp/index.ts';
import { exportRequest } from '../../src/sink/otlp/log-record.ts';
import { otlpSinkSettings } from '../../src/sink/otlp/settings.ts';
import { describeSinkContract, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { aRecord } from '../support/an-event.ts';
import { createPeer } from '../support/peer.ts';
import { PLANTED } from '../support/planted.ts';
import { smallHttp } from '../support/small-http.ts';

type Attribute = { readonly key: string; readonly value: Record<string, unknown> };
type Log = { readonly eventName: string; readonly body: { readonly stringValue: string }; readonly attributes: readonly Attribute[] };
type Export = { readonly resourceLogs: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly Log[] }[] }[] };
const logsOf = (body: string): readonly Log[] =>
  (JSON.parse(body) as Export).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
const attribute = ({ attributes }: Log, key: string): unknown => Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];

const sinkAt = (url: string) =>
  createOtlpSink(
    otlpSinkSettings.parse({
      kind: 'otlp',
      name: 'otlp',
      url: `${url}/v1/logs`,
      headers: { 'api-key': new Secret(PLANTED) },
      insecure: true,
      allowPrivate: true,
    }),
    systemClock,
  );

describeSinkContract('OTLP logs', {
  says: ['later', 'refuse', 'hang'],
  perAlert: 'refusals',
  text: 'exact',
  async start() {
    const peer = createPeer();
    const taken: Taken[] = [];
    const server = await smallHttp(({ request, body }, response) => {
      const logs = logsOf(body);
      const idOf = (log: Log): string => String(attribute(log, 'event.id'));
      const said = logs.map((log) => peer.verdictOf(idOf(log)));
      if (said.includes('hang')) return peer.hang();
      if (request.url !== '/v1/logs' || request.headers['content-type'] !== 'application/json') return response.writeHead(404).end();
      const refused = said.filter((one) => one === 'refuse').length;
      // A partial success: it keeps none of them here, so that a repeated one is not counted twice.
      if (refused > 0)
        return response.writeHead(200).end(JSON.stringify({ partialSuccess: { rejectedLogRecords: String(refused), errorMessage: 'no' } }));
      if (said.includes('later')) return response.writeHead(503, { 'retry-after': '30' }).end();
      for (const log of logs) taken.push({ id: idOf(log), message: log.body.stringValue });
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{"partialSuccess":{}}');
    });
    return { sink: sinkAt(server.url), taken: async () => taken, answer: peer.answer, hanging: peer.hanging, close: server.close };
  },
});

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

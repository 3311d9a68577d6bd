import { expect, test } from 'vitest';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createLokiSink } from '../../src/sink/loki/index.ts';
import { lokiSinkSettings } from '../../src/sink/loki/settings.ts';
import { describeSinkContract, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { createPeer } from '../support/peer.ts';
import { PLANTED } from '../support/planted.ts';
import { smallHttp } from '../support/small-http.ts';

type Push = { readonly streams: readonly { readonly stream: Record<string, string>; readonly values: readonly [string, string][] }[] };
type Document = { readonly event: { readonly id: string }; readonly message: string };

const sinkAt = (url: string) =>
  createLokiSink(
    lokiSinkSettings.parse({
      kind: 'loki',
      name: 'loki',
      url: `${url}/loki/api/v1/push`,
      headers: { authorization: new Secret(`Basic ${PLANTED}`), 'x-scope-orgid': 'soc' },
      insecure: true,
      allowPrivate: true,
    }),
    systemClock,
  );

/** Takes a push as Loki does: an entry with the time, text and labels of one it has is the same entry. */
async function smallLoki() {
  const peer = createPeer();
  const entries = new Map<string, Taken>();
  const pushes: Push[] = [];
  const server = await smallHttp(({ request, body }, response) => {
    const push = JSON.parse(body) as Push;
    pushes.push(push);
    const lines = push.streams.flatMap(({ stream, values }) =>
      values.map(([time, line]) => ({ key: JSON.stringify([stream, time, line]), time, line })),
    );
    const said = lines.map(({ line }) => peer.verdictOf((JSON.parse(line) as Document).event.id));
    if (said.includes('hang')) return peer.hang();
    if (
      request.url !== '/loki/api/v1/push' ||
      request.headers['x-scope-orgid'] !== 'soc' ||
      lines.some(({ time }) => !/^\d{19}$/.test(time))
    )
      return response.writeHead(500).end();
    if (said.includes('refuse')) return response.writeHead(400).end('entry too far behind');
    if (said.includes('later')) return response.writeHead(429).end();
    for (const { key, line } of lines) {
      const { event, message } = JSON.parse(line) as Document;
      entries.set(key, { id: event.id, message });
    }
    return response.writeHead(204).end();
  });
  return { peer, entries, pushes, server };
}

describeSinkContract('Loki', {
  says: ['later', 'refuse', 'hang'],
  perAlert: 'refusals',
  text: 'exact',
  async start() {
    const { peer, entries, server } = await smallLoki();
    return {
      sink: sinkAt(server.url),
      taken: async () => [...entries.values()],
      answer: peer.answer,
      hanging: peer.hanging,
      close: server.close,
    };
  },
});

test('streams have few labels, none of them from event data, and one stream for each level', async () => {
  const { pushes, server } = await smallLoki();
  const sink = sinkAt(server.url);
  await sink.write(
    [anAlert({ id: 'a' }), anAlert({ id: 'b', severity: 'low' }), anAlert({ id: 'c', group: { 'user.name': 'eve' } })],
    new AbortController().signal,
  );
  expect(pushes[0]?.streams.map(({ stream, values }) => [stream, values.length])).toEqual([
    [{ job: 'wardline', severity: 'high', tenant: 'default' }, 2],
    [{ job: 'wardline', severity: 'low', tenant: 'default' }, 1],
  ]);
  expect(pushes[0]?.streams[0]?.values[0]?.[0]).toBe('1795162471402000000');
  await sink.close();
  await server.close();
});

import { expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { createAlertmanagerSink } from '../../src/sink/alertmanager/index.ts';
import { alertmanagerSinkSettings } from '../../src/sink/alertmanager/settings.ts';
import { describeSinkContract, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { createPeer } from '../support/peer.ts';
import { PLANTED } from '../support/planted.ts';
import { smallHttp } from '../support/small-http.ts';

type Posted = {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAt: string;
  readonly endsAt: string;
};
const NOW = Date.UTC(2026, 10, 20, 9);
const clock = { now: () => NOW, sleep: async () => undefined };

const sinkAt = (url: string) =>
  createAlertmanagerSink(
    alertmanagerSinkSettings.parse({
      kind: 'alertmanager',
      url,
      headers: { authorization: new Secret(`Bearer ${PLANTED}`) },
      insecure: true,
      allowPrivate: true,
      labels: { site: 'a', severity: 'mine' },
    }),
    clock,
  );

/** Takes alerts as Alertmanager does: by their labels, refusing what has no name or ends before it starts. */
async function smallAlertmanager() {
  const peer = createPeer();
  const taken: Taken[] = [];
  const posts: Posted[] = [];
  const server = await smallHttp(({ request, body }, response) => {
    const list = JSON.parse(body) as Posted[];
    const said = list.map(({ annotations }) => peer.verdictOf(annotations['event_id'] ?? ''));
    if (said.includes('hang')) return peer.hang();
    if (request.url !== '/api/v2/alerts' || request.headers['content-type'] !== 'application/json') return response.writeHead(404).end();
    if (said.includes('later')) return response.writeHead(503).end();
    const sound = ({ labels, startsAt, endsAt }: Posted): boolean =>
      labels['alertname'] !== '' &&
      Date.parse(startsAt) <= Date.parse(endsAt) &&
      Object.keys(labels).every((name) => /^[A-Za-z_]\w*$/.test(name));
    if (said.includes('refuse') || !list.every(sound)) return response.writeHead(400).end('{"error":"bad"}');
    for (const one of list) {
      posts.push(one);
      const { event_id = '', summary = '' } = one.annotations;
      if (!taken.some(({ id }) => id === event_id)) taken.push({ id: event_id, message: summary });
    }
    return response.writeHead(200).end();
  });
  return { peer, taken, posts, server };
}

describeSinkContract('Alertmanager', {
  says: ['later', 'refuse', 'hang'],
  perAlert: 'refusals',
  text: 'shown',
  async start() {
    const { peer, taken, server } = await smallAlertmanager();
    return { sink: sinkAt(server.url), taken: async () => taken, answer: peer.answer, hanging: peer.hanging, close: server.close };
  },
});

test('an open alert is valid for a day, a closed one over when it was; labels are those of the rule and its group, not what data says', async () => {
  const { posts, server } = await smallAlertmanager();
  const sink = sinkAt(server.url);
  const group = { 'user.name': 'eve', alertname: 'posing' };
  const signal = new AbortController().signal;
  await sink.write([anAlert({ id: 'a', group })], signal);
  await sink.write([anAlert({ id: 'b', group, stage: 'closed' })], signal);
  await sink.close();
  await server.close();
  const [open, closed] = posts;
  expect(open?.endsAt).toBe('2026-11-21T09:00:00.000Z');
  expect(closed?.endsAt).toBe('2026-11-20T08:14:31.402Z');
  expect(open?.labels).toEqual(closed?.labels);
  expect(open?.labels).toMatchObject({ site: 'a', user_name: 'eve', severity: 'high' });
  expect(open?.labels['alertname']).not.toBe('posing');
});

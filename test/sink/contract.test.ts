import { Webhook } from 'standardwebhooks';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createConsoleSink } from '../../src/sink/console.ts';
import { createElasticsearchSink } from '../../src/sink/elasticsearch.ts';
import { elasticsearchSinkSettings } from '../../src/sink/settings.ts';
import { createWebhookSink } from '../../src/sink/webhook/index.ts';
import { webhookSinkSettings } from '../../src/sink/webhook/settings.ts';
import { describeSinkContract, type SinkHarness, type Taken } from '../contract/sink-contract.ts';
import { createPeer } from '../support/peer.ts';
import { PLANTED, PLANTED_KEY } from '../support/planted.ts';
import { type HttpCall, smallHttp } from '../support/small-http.ts';

type Document = { readonly event: { readonly id: string }; readonly message: string };
const takenOf = ({ event, message }: Document): Taken => ({ id: event.id, message });

function consoleHarness(format: 'table' | 'ndjson', read: (written: string) => readonly Taken[]): () => Promise<SinkHarness> {
  return async () => {
    let written = '';
    const sink = createConsoleSink({ kind: 'console', name: 'console', format }, (text) => {
      written += text;
    });
    return { sink, taken: async () => read(written), answer: () => undefined, close: async () => undefined };
  };
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

describeSinkContract('console as NDJSON', {
  says: [],
  perAlert: false,
  text: 'exact',
  start: consoleHarness('ndjson', (written) => lines(written).map((line) => takenOf(JSON.parse(line) as Document))),
});

describeSinkContract('console as a table', {
  says: [],
  perAlert: false,
  text: 'shown',
  start: consoleHarness('table', (written) =>
    lines(written)
      .slice(1)
      .map((line) => ({ id: line.split(' ').at(-1) ?? '', message: /high +(.*?) {2,}/.exec(line)?.[1] ?? line })),
  ),
});

describeSinkContract('webhook', {
  says: ['later', 'refuse', 'hang'],
  perAlert: true,
  text: 'exact',
  async start() {
    const peer = createPeer();
    const taken: Taken[] = [];
    const receive = ({ request, body }: HttpCall): number => {
      // The reference implementation of Standard Webhooks decides whether a call is genuine.
      const { type, data } = new Webhook(PLANTED_KEY).verify(body, request.headers as Record<string, string>) as {
        type: string;
        data: { id: string; title: string };
      };
      if (type !== 'alert.opened' || data.id !== request.headers['webhook-id']) return 400;
      taken.push({ id: data.id, message: data.title });
      return 204;
    };
    const server = await smallHttp((call, response) => {
      const said = peer.verdictOf(String(call.request.headers['webhook-id']));
      if (said === 'hang') return peer.hang();
      response.writeHead(said === 'take' ? receive(call) : said === 'later' ? 503 : 422).end();
    });
    const sink = createWebhookSink(
      webhookSinkSettings.parse({
        kind: 'webhook',
        name: 'soc',
        url: new Secret(`${server.url}/hook/${PLANTED}`),
        headers: { authorization: new Secret(`Bearer ${PLANTED}`) },
        secret: new Secret(PLANTED_KEY),
        insecure: true,
        allowPrivate: true,
      }),
      systemClock,
    );
    return { sink, taken: async () => taken, answer: peer.answer, hanging: peer.hanging, close: server.close };
  },
});

describeSinkContract('Elasticsearch, a small one', {
  says: ['later', 'refuse', 'hang'],
  perAlert: true,
  text: 'exact',
  async start(logger) {
    const peer = createPeer();
    const stored = new Map<string, Document>();
    const create = (id: string, document: Document): object => {
      const said = peer.verdictOf(id);
      if (said === 'later') return { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue full' } };
      if (said === 'refuse') return { status: 400, error: { type: 'document_parsing_exception', reason: 'no' } };
      if (stored.has(id)) return { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } };
      stored.set(id, document);
      return { status: 201 };
    };
    const server = await smallHttp(({ request, body }, response) => {
      response.setHeader('x-elastic-product', 'Elasticsearch');
      response.setHeader('content-type', 'application/json');
      if (!request.url?.startsWith('/_bulk')) return response.end('{"acknowledged":true}');
      const rows = lines(body).map((line) => JSON.parse(line) as { create: { _id: string } } & Document);
      if (rows.some((row) => row.create !== undefined && peer.verdictOf(row.create._id) === 'hang')) return peer.hang();
      const items: object[] = [];
      for (let i = 0; i < rows.length; i += 2) items.push({ create: create(String(rows[i]?.create._id), rows[i + 1] as Document) });
      return response.end(JSON.stringify({ errors: false, items }));
    });
    const sink = createElasticsearchSink(
      elasticsearchSinkSettings.parse({ kind: 'elasticsearch', node: server.url, insecure: true, apiKey: new Secret(PLANTED) }),
      logger,
    );
    const taken = async (): Promise<readonly Taken[]> => [...stored].map(([id, { message }]) => ({ id, message }));
    return { sink, taken, answer: peer.answer, hanging: peer.hanging, close: server.close };
  },
});

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createSyslogSink } from '../../src/sink/syslog/index.ts';
import { framed, syslogMessage } from '../../src/sink/syslog/message.ts';
import { syslogSinkSettings } from '../../src/sink/syslog/settings.ts';
import { describeSinkContract, type SinkHarness, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { makeCertificates } from '../support/certificates.ts';
import { HOSTILE } from '../support/hostile.ts';
import { createPeer } from '../support/peer.ts';

const MESSAGE =
  /^<(?<priority>\d{1,3})>1 (?<time>\S+) (?<host>\S+) (?<app>\S+) (?<process>\S+) (?<msgid>\S+) \[wardline@32473(?<parameters>(?: [a-z]+="(?:[^"\\\]]|\\.)*")*)\] \uFEFF(?<text>.*)$/s;

/** An independent reading of octet counting and RFC 5424; throws for anything that is not of that form. */
function readAll(bytes: Buffer): readonly Record<string, string>[] {
  const found: Record<string, string>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('ascii', at, space));
    const message = bytes.toString('utf8', space + 1, space + 1 + length);
    const groups = MESSAGE.exec(message)?.groups;
    if (groups === undefined || !Number.isInteger(length)) throw new Error(`no syslog message: ${JSON.stringify(message)}`);
    const parameters = [...(groups['parameters'] ?? '').matchAll(/ ([a-z]+)="((?:[^"\\\]]|\\.)*)"/g)];
    found.push({ ...groups, ...Object.fromEntries(parameters.map(([, name = '', value = '']) => [name, value.replace(/\\(.)/g, '$1')])) });
    at = space + 1 + length;
  }
  return found;
}

const sinkOf = (settings: object) => createSyslogSink(syslogSinkSettings.parse(settings), systemClock, 20);

const made = makeCertificates();
const certificates = typeof made === 'string' ? undefined : made;

async function listener(tls: boolean): Promise<SinkHarness & { readonly port: number }> {
  const peer = createPeer();
  const taken: Taken[] = [];
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    socket.on('error', () => undefined);
    const chunks: Buffer[] = [];
    const verdict = peer.verdictOf('');
    if (verdict === 'later') return void socket.destroy();
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => {
      if (verdict === 'hang') return peer.hang();
      for (const { id = '', text = '' } of readAll(Buffer.concat(chunks)))
        taken.push({ id, message: text.replace(/: 5 matches within 5m.*$/, '') });
      return socket.end();
    });
  };
  const server =
    certificates !== undefined && tls
      ? createTlsServer({ ...certificates.server, ca: certificates.ca, requestCert: true, allowHalfOpen: true }, take)
      : createServer({ allowHalfOpen: true }, take);
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const client =
    certificates === undefined ? {} : { ca: certificates.ca, cert: certificates.client.cert, key: new Secret(certificates.client.key) };
  const sink = sinkOf({ kind: 'syslog', name: 'siem', host: '127.0.0.1', port, ...(tls ? client : { transport: 'tcp' }) });
  const close = (): Promise<void> =>
    new Promise((done) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => done());
    });
  return { sink, port, taken: async () => taken, answer: peer.answer, hanging: peer.hanging, close };
}

describeSinkContract('syslog over TCP', { says: ['later', 'hang'], perAlert: false, text: 'shown', start: () => listener(false) });
describe.skipIf(certificates === undefined)(`over TLS${typeof made === 'string' ? ` (skipped: ${made})` : ''}`, () => {
  describeSinkContract('syslog over mutual TLS', { says: ['later', 'hang'], perAlert: false, text: 'shown', start: () => listener(true) });

  test.each([
    ['without a certificate', {}],
    ['with a certificate of nobody’s', { cert: certificates?.stranger.cert, key: new Secret(certificates?.stranger.key ?? '') }],
  ])('a client %s delivers nothing and says so', async (_who, client) => {
    const { port, taken, close } = await listener(true);
    const sink = sinkOf({ kind: 'syslog', name: 'siem', host: '127.0.0.1', port, ca: certificates?.ca, ...client });
    expect(await sink.write([anAlert()], new AbortController().signal)).toMatchObject([{ outcome: 'retry' }]);
    expect(await taken()).toEqual([]);
    await close();
  });

  test('a server whose certificate is not trusted gets nothing', async () => {
    const { port, taken, close } = await listener(true);
    const sink = sinkOf({ kind: 'syslog', name: 'siem', host: '127.0.0.1', port });
    expect(await sink.write([anAlert()], new AbortController().signal)).toMatchObject([
      { outcome: 'retry', reason: expect.stringMatching(/CERT|SIGNATURE|VERIFY/) },
    ]);
    expect(await taken()).toEqual([]);
    await close();
  });
});

describe('a syslog message', () => {
  const options = { facility: 'local0', hostname: 'host', message: 'text' } as const;
  test('has priority, time, message id and the facts as parameters', () => {
    const [message] = readAll(framed(syslogMessage(anAlert({ id: 'a1', severity: 'critical' }), options)));
    expect(message).toMatchObject({
      priority: '130',
      time: '2026-11-20T08:14:31.402Z',
      host: 'host',
      app: 'wardline',
      msgid: 'alert-opened',
      id: 'a1',
      severity: 'critical',
      status: 'open',
    });
  });

  test('whatever an alert holds, it is one message, and its parameters are the ones we wrote', () => {
    const plain = Object.keys(readAll(framed(syslogMessage(anAlert(), options)))[0] ?? {});
    for (const value of HOSTILE) {
      const all = readAll(framed(syslogMessage(anAlert({ id: 'h', message: value, reason: value }), options)));
      expect(all.map((one) => Object.keys(one))).toEqual([plain]);
      expect(all[0]?.['id']).toBe('h');
    }
  });

  test('as JSON the text is the document', () => {
    const alert = anAlert({ message: HOSTILE[13] ?? '' });
    const [message] = readAll(framed(syslogMessage(alert, { ...options, message: 'json' })));
    expect(JSON.parse(message?.['text'] ?? '')).toEqual(alert.document);
  });
});

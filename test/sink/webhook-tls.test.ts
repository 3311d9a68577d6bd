import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/shared/clock.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createHttpClient } from '../../src/sink/http/client.ts';
import { createWebhookSink } from '../../src/sink/webhook/index.ts';
import { webhookSinkSettings } from '../../src/sink/webhook/settings.ts';
import { anAlert } from '../support/an-alert.ts';
import { makeCertificates } from '../support/certificates.ts';
import { type SmallHttp, smallHttp } from '../support/small-http.ts';

const made = makeCertificates();
const certificates = typeof made === 'string' ? undefined : made;
const live = new AbortController().signal;

describe.skipIf(certificates === undefined)(`mutual TLS${typeof made === 'string' ? ` (skipped: ${made})` : ''}`, () => {
  let server: SmallHttp;
  let calls = 0;
  beforeAll(async () => {
    const tls = { ...certificates?.server, ca: certificates?.ca, requestCert: true };
    server = await smallHttp((_call, response) => {
      calls++;
      response.writeHead(204).end();
    }, tls);
  });
  afterAll(() => server.close());
  const attempt = async (more: object) => {
    const before = calls;
    const sink = createWebhookSink(
      webhookSinkSettings.parse({ kind: 'webhook', name: 'soc', url: server.url, allowPrivate: true, ...more }),
      systemClock,
    );
    const [outcome] = await sink.write([anAlert()], live);
    await sink.close();
    return { outcome, calls: calls - before };
  };
  const client = { cert: certificates?.client.cert, key: new Secret(certificates?.client.key ?? '') };

  test('with our certificate and their authority a call is made', async () => {
    expect(await attempt({ ca: certificates?.ca, ...client })).toMatchObject({ outcome: { outcome: 'stored' }, calls: 1 });
  });

  test.each([
    ['no certificate', { ca: certificates?.ca }],
    [
      'a certificate that their authority did not sign',
      { ca: certificates?.ca, cert: certificates?.stranger.cert, key: new Secret(certificates?.stranger.key ?? '') },
    ],
    ['an authority that did not sign theirs', client],
    ['another authority', { ...client, ca: certificates?.stranger.cert }],
  ])('with %s there is no call, and it is tried again', async (_what, more) => {
    expect(await attempt(more)).toMatchObject({ outcome: { outcome: 'retry', reason: expect.stringMatching(/\S/) }, calls: 0 });
  });
});

describe('what a receiver may answer', () => {
  let server: SmallHttp | undefined;
  afterEach(() => server?.close());
  const settings = (url: string, more: object = {}) => ({ name: 'soc', url, headers: {}, insecure: true, allowPrivate: true, ...more });

  test('an endless answer is cut at 64 KiB, and the status holds', async () => {
    server = await smallHttp((_call, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    });
    const client = createHttpClient(settings(server.url), systemClock);
    const answer = await client.send({ headers: {}, body: '' }, live);
    expect(answer).toMatchObject({ status: 200 });
    expect('text' in answer ? answer.text.length : 0).toBeLessThanOrEqual(65_536);
    await client.close();
  });

  test('an answer that is packed is not unpacked', async () => {
    server = await smallHttp((_call, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all'));
    const client = createHttpClient(settings(server.url), systemClock);
    expect(await client.send({ headers: {}, body: '' }, live)).toMatchObject({ status: 200, text: 'not gzip at all' });
    await client.close();
  });

  test('bytes that are no HTTP are a failure without a word of them', async () => {
    const raw = createTcpServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-secret-banner\r\n'),
    );
    await new Promise<void>((done) => raw.listen(0, '127.0.0.1', done));
    const client = createHttpClient(settings(`http://127.0.0.1:${(raw.address() as AddressInfo).port}/`), systemClock);
    const answer = await client.send({ headers: {}, body: '' }, live);
    expect(answer).toHaveProperty('failed');
    expect(JSON.stringify(answer)).not.toContain('secret-banner');
    await client.close();
    await new Promise<void>((done) => raw.close(() => done()));
  });

  test('a header whose value would begin another one is refused, unseen', () => {
    expect(() => createHttpClient(settings('http://127.0.0.1/', { headers: { a: new Secret('x\r\nb: y') } }), systemClock)).toThrow(
      /^sink soc: the value of header a is not/,
    );
  });
});

describe('the address guard at the socket', () => {
  test('no connection is made to a private address, however it is written or resolved', async () => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const hosts = [
      '127.0.0.1',
      'localhost',
      '0',
      '127.1',
      '2130706433',
      '0x7f000001',
      '017700000001',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '127.0.0.1.',
      'LOCALHOST',
    ];
    const octet = fc.integer({ min: 0, max: 255 });
    const inLoopback = fc.tuple(octet, octet, octet).map(([a, b, c]) => `127.${a}.${b}.${c}`);
    const attempt = async (host: string): Promise<void> => {
      let client: ReturnType<typeof createHttpClient>;
      try {
        client = createHttpClient(
          { name: 'soc', url: `http://${host}:${port}/`, headers: {}, insecure: true, allowPrivate: false },
          systemClock,
        );
      } catch (error) {
        expect(String(error)).toMatch(/sink soc: .*(?:refused|not a URL)/);
        return;
      }
      expect(await client.send({ headers: {}, body: '' }, live)).toHaveProperty('failed');
      await client.close();
    };
    for (const host of hosts) await attempt(host);
    await fc.assert(fc.asyncProperty(inLoopback, attempt), { numRuns: 40 });
    expect(connections).toBe(0);
    // The guard is what held: without it the same address is reached.
    await new Promise<void>((done) =>
      connect(port, '127.0.0.1')
        .on('close', () => done())
        .on('error', () => done())
        .resume(),
    );
    expect(connections).toBe(1);
    await new Promise<void>((done) => server.close(() => done()));
  });
});

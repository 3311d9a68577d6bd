import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { checkUrl, guardedLookup, isPrivateAddress } from '../../src/sink/guard.ts';
import { webhookSinkSettings } from '../../src/sink/settings.ts';
import { createWebhookSink } from '../../src/sink/webhook/index.ts';
import { outcomeOf, readRetryAfter, retryDelayMs } from '../../src/sink/webhook/outcome.ts';
import { payloads } from '../../src/sink/webhook/payloads.ts';
import { type ReceivedCall, startReceiver } from '../../src/sink/webhook/receiver.ts';
import { sign, signingKey, verify } from '../../src/sink/webhook/signature.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const never = new AbortController().signal;
const clock = { now: () => Date.now(), sleep: async () => undefined };
const alert = (id: string, stage = 'opened') => ({
  id,
  document: { '@timestamp': '2026-11-20T08:00:00.000Z', message: 'm', wardline: { alert: { id, stage, evidence: [{ source: 's' }] } } },
});
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function sinkFor(url: string, more: object = {}) {
  const settings = webhookSinkSettings.parse({
    kind: 'webhook',
    name: 'soc',
    url,
    secret: new Secret(SECRET),
    insecure: true,
    allowPrivate: true,
    ...more,
  });
  const sink = createWebhookSink(settings, clock);
  closers.push(() => sink.close());
  return sink;
}

async function stub(answer: (n: number) => { status: number; headers?: Record<string, string>; body?: string } | 'cut'): Promise<string> {
  let n = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const given = answer(n++);
      if (given === 'cut') request.socket.destroy();
      else response.writeHead(given.status, given.headers).end(given.body ?? '');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(
    () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

describe('signatures', () => {
  test('the reference library accepts what is signed, and we accept what it signs', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' }).filter((id) => !id.includes('.')),
        fc.string({ maxLength: 300, unit: 'grapheme' }),
        (id, body) => {
          const timestamp = Math.floor(Date.now() / 1000);
          const signature = sign(signingKey(SECRET, 'x'), id, timestamp, body);
          expect(new Webhook(SECRET).sign(id, new Date(timestamp * 1000), body)).toBe(signature);
          expect(verify([signingKey(SECRET, 'x')], id, timestamp, body, `v1,AAAA ${signature}`)).toBe(true);
          expect(verify([signingKey(SECRET, 'x')], id, timestamp + 1, body, signature)).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each(['whsec_short', 'no prefix', `whsec_${Buffer.alloc(65).toString('base64')}`])(
    'a key that is none is refused without being shown: %s',
    (secret) => {
      expect(() => signingKey(secret, 'soc')).toThrow('sink soc: the secret must be whsec_ and the base64 of 24 to 64 bytes');
    },
  );
});

describe('delivery', () => {
  test('a call is signed, has the alert id as its id, and is taken once', async () => {
    const calls: ReceivedCall[] = [];
    const receiver = await startReceiver({ host: '127.0.0.1', port: 0, secret: SECRET, onCall: (call) => calls.push(call), now: Date.now });
    closers.push(() => receiver.close());
    const sink = sinkFor(receiver.url);
    expect(await sink.write([alert('a'), alert('b')], never)).toEqual([
      { id: 'a', outcome: 'stored' },
      { id: 'b', outcome: 'stored' },
    ]);
    await sink.write([alert('a')], never);
    expect(calls.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['a', 'accepted'],
      ['b', 'accepted'],
      ['a', 'repeated'],
    ]);
    expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({ type: 'alert.opened', data: { id: 'a' } });
  });

  test('while a key rotates, a receiver with either key accepts', async () => {
    const old = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
    const calls: ReceivedCall[] = [];
    const receiver = await startReceiver({ host: '127.0.0.1', port: 0, secret: old, onCall: (call) => calls.push(call), now: Date.now });
    closers.push(() => receiver.close());
    await sinkFor(receiver.url, { previousSecret: new Secret(old) }).write([alert('a')], never);
    expect(calls[0]?.verdict).toBe('accepted');
  });

  test('a receiver with another key refuses, which is tried again and not lost', async () => {
    const receiver = await startReceiver({
      host: '127.0.0.1',
      port: 0,
      secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      onCall: () => undefined,
      now: Date.now,
    });
    closers.push(() => receiver.close());
    expect(await sinkFor(receiver.url).write([alert('a')], never)).toEqual([{ id: 'a', outcome: 'retry', reason: 'status 401' }]);
  });

  const classes: [number, string][] = [
    [200, 'stored'],
    [204, 'stored'],
    [301, 'retry'],
    [400, 'rejected'],
    [401, 'retry'],
    [403, 'retry'],
    [404, 'retry'],
    [408, 'retry'],
    [410, 'retry'],
    [422, 'rejected'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ];
  test.each(classes)('status %i is %s', (status, outcome) => {
    expect(outcomeOf('a', status, undefined).outcome).toBe(outcome);
  });

  test('a redirect is not followed, a cut answer is tried again, an endless one is cut', async () => {
    const url = await stub((n) =>
      n === 0
        ? { status: 302, headers: { location: 'http://127.0.0.1:1/' } }
        : n === 1
          ? 'cut'
          : { status: 200, body: 'x'.repeat(1_000_000) },
    );
    const sink = sinkFor(url);
    const outcomes = await sink.write([alert('a'), alert('b'), alert('c')], never);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'stored']);
    expect(JSON.stringify(outcomes)).not.toContain('hook');
  });

  test('after five failures in a row the rest of a batch is not tried', async () => {
    let calls = 0;
    const url = await stub(() => {
      calls++;
      return { status: 503 };
    });
    const outcomes = await sinkFor(url).write(
      Array.from({ length: 20 }, (_, i) => alert(`a${i}`)),
      never,
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => 'retry'));
    expect(calls).toBe(5);
  });

  test('Retry-After is read in seconds and as a date, and held to a day', () => {
    expect(readRetryAfter('120', 0)).toBe(120_000);
    expect(readRetryAfter(new Date(60_000).toUTCString(), 0)).toBe(60_000);
    expect(readRetryAfter('999999999', 0)).toBe(86_400_000);
    for (const absurd of ['-5', 'soon', '', undefined]) expect(readRetryAfter(absurd, 0)).toBeUndefined();
  });

  test('the schedule grows, is jittered within half, and ends', () => {
    const delays = Array.from({ length: 12 }, (_, i) => retryDelayMs(i + 1, 0.999));
    expect(delays.slice(0, 9).every((delay, i) => i === 0 || (delay ?? 0) > (delays[i - 1] ?? 0))).toBe(true);
    expect(delays[9]).toBeUndefined();
    expect(retryDelayMs(2, 0)).toBe(150_000);
  });

  test('with updates: none only opened alerts are sent', async () => {
    const calls: ReceivedCall[] = [];
    const receiver = await startReceiver({ host: '127.0.0.1', port: 0, secret: SECRET, onCall: (call) => calls.push(call), now: Date.now });
    closers.push(() => receiver.close());
    const outcomes = await sinkFor(receiver.url, { updates: 'none' }).write([alert('a'), alert('b', 'closed')], never);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'duplicate']);
    expect(calls.map(({ id }) => id)).toEqual(['a']);
  });
});

describe('payloads', () => {
  test('a large alert loses its evidence first and says so', () => {
    const big = alert('a');
    big.document.wardline.alert.evidence = Array.from({ length: 2000 }, () => ({ source: 'x'.repeat(20) }));
    const { body } = payloads.standard(big);
    expect(Buffer.byteLength(body)).toBeLessThan(20_000);
    expect(JSON.parse(body)).toMatchObject({ data: { truncated: true, document: { wardline: { alert: { evidence: [] } } } } });
  });

  test('CloudEvents carries the required attributes', () => {
    const { contentType, body } = payloads.cloudevents(alert('a'));
    expect(contentType).toBe('application/cloudevents+json');
    expect(JSON.parse(body)).toMatchObject({ specversion: '1.0', id: 'a', type: 'dev.wardline.alert.opened' });
  });
});

describe('the address guard', () => {
  const refused = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fc00::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '2001:db8::1',
    'not an address',
  ];
  const allowed = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111'];
  test.each(refused)('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));
  test.each(allowed)('%s is not', (address) => expect(isPrivateAddress(address)).toBe(false));

  const strict = { name: 'soc', insecure: false, allowPrivate: false };
  test.each([
    'http://example.org/',
    'ftp://example.org/',
    'https://user:pw@example.org/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'nonsense',
  ])('the URL %s is refused, and only its host is named', (url) => {
    expect(() => checkUrl(url, strict)).toThrow(/^sink soc: (?!.*pw)/);
  });
  test('an https URL with a name is taken', () => expect(checkUrl('https://example.org/x', strict).hostname).toBe('example.org'));

  test('a name that resolves to a private address is not connected to, whatever else it resolves to', async () => {
    const resolver = ((_host: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])) as never;
    const error = await new Promise<Error | null>((resolve) =>
      guardedLookup(false, resolver)('rebind.example', { all: true }, (problem) => resolve(problem)),
    );
    expect(error?.message).toBe('rebind.example resolves to a private address');
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { outcomeOf, readRetryAfter } from '../../src/sink/http/outcome.ts';
import { createWebhookSink } from '../../src/sink/webhook/index.ts';
import { type ReceivedCall, startReceiver } from '../../src/sink/webhook/receiver.ts';
import { webhookSinkSettings } from '../../src/sink/webhook/settings.ts';
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
    expect(await sinkFor(receiver.url).write([alert('a')], never)).toEqual([
      { id: 'a', outcome: 'retry', reason: 'status 401', concerns: 'receiver' },
    ]);
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
    [410, 'gone'],
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

  test('Retry-After is read in seconds and as a date, and held to a day', () => {
    expect(readRetryAfter('120', 0)).toBe(120_000);
    expect(readRetryAfter(new Date(60_000).toUTCString(), 0)).toBe(60_000);
    expect(readRetryAfter('999999999', 0)).toBe(86_400_000);
    for (const absurd of ['-5', 'soon', '', undefined]) expect(readRetryAfter(absurd, 0)).toBeUndefined();
  });

  test('with updates: none only opened alerts are sent', async () => {
    const calls: ReceivedCall[] = [];
    const receiver = await startReceiver({ host: '127.0.0.1', port: 0, secret: SECRET, onCall: (call) => calls.push(call), now: Date.now });
    closers.push(() => receiver.close());
    const outcomes = await sinkFor(receiver.url, { updates: 'none' }).write([alert('a'), alert('b', 'closed')], never);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'skipped']);
    expect(calls.map(({ id }) => id)).toEqual(['a']);
  });
});

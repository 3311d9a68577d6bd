import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import type { RawRecord } from '../../src/event/raw-record.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { problemText } from '../../src/rule/problem.ts';
import { Secret } from '../../src/shared/secret.ts';
import { REPEAT_WINDOW_MS } from '../../src/source/inbox.ts';
import type { Address } from '../../src/source/listen-settings.ts';
import { createSenders } from '../../src/source/senders.ts';
import { syslogSourceSettings } from '../../src/source/settings.ts';
import { createFrameCutter } from '../../src/source/syslog/frames.ts';
import { createSyslogSource } from '../../src/source/syslog/index.ts';
import { openStore } from '../../src/store/store.ts';
import { describeSourceContract, readFrom, type SourceInput } from '../contract/source-contract.ts';
import { createListenLog } from '../support/listening.ts';
import { createPki, type Pki } from '../support/pki.ts';
import { hurriedClock } from '../support/step-clock.ts';

let pki: Pki;
beforeAll(() => {
  pki = createPki();
});
afterAll(() => pki.remove());

type Transport = 'udp' | 'tcp' | 'tls';
const tls = () => ({ cert: pki.read('server.crt'), key: new Secret(pki.read('server.key')), clientCa: pki.read('ca.crt') });

function receiver(transport: Transport, more: object = {}) {
  const store = openStore(':memory:');
  const log = createListenLog();
  const settings = syslogSourceSettings.parse({
    kind: 'syslog',
    name: 's',
    transport,
    listen: '127.0.0.1:0',
    ...(transport === 'tls' ? { tls: tls() } : {}),
    ...more,
  });
  const inbox = () => store.inbox.of('s', { maxBytes: settings.inboxBytes, repeatWindowMs: REPEAT_WINDOW_MS });
  return { log, store, open: () => createSyslogSource(settings, { clock: hurriedClock, logger: log.logger, inbox: inbox() }) };
}

function dial({ host, port }: Address, transport: Transport): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host, port, ca: pki.read('ca.crt'), cert: pki.read('client.crt'), key: pki.read('client.key') };
    const socket: Socket = transport === 'tls' ? connectTls(options, () => resolve(socket)) : connect(options, () => resolve(socket));
    socket.on('error', reject);
  });
}

async function send(to: Address, transport: Transport, bytes: string): Promise<void> {
  const socket = await dial(to, transport);
  await new Promise<void>((resolve) => socket.end(bytes, resolve));
}

async function sendDatagrams({ host, port }: Address, texts: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const text of texts) await new Promise((resolve) => socket.send(text, port, host, resolve));
  await new Promise<void>((resolve) => socket.close(resolve));
}

function input(transport: Transport): () => Promise<SourceInput> {
  return async () => {
    const { log, store, open } = receiver(transport);
    let at: Promise<Address> | undefined;
    return {
      async write(texts) {
        at ??= log.address();
        if (transport === 'udp') await sendDatagrams(await at, texts);
        else await send(await at, transport, texts.map((text) => `${text}\n`).join(''));
      },
      open() {
        at = undefined;
        return open();
      },
      close: async () => store.close(),
    };
  };
}

for (const transport of ['udp', 'tcp', 'tls'] as const)
  describeSourceContract({ name: `syslog over ${transport}`, ends: false, replays: true, listens: true, input: input(transport) });

const texts = (records: readonly RawRecord[]): string[] => records.map(({ bytes }) => Buffer.from(bytes ?? []).toString());

describe('syslog over the network', () => {
  const sample = '<86>1 2026-11-20T07:59:58.5Z web-1 sshd 71 - - Failed password for root from 203.0.113.9 port 22 ssh2';
  const old = '<86>Nov 20 07:59:59 web-1 sshd[71]: Failed password for root from 203.0.113.9 port 22 ssh2';

  test.each(['udp', 'tcp', 'tls'] as const)(
    '%s: RFC 5424 and RFC 3164 become events, with the sender beside what they claim',
    async (transport) => {
      const { log, store, open } = receiver(transport);
      const source = open();
      const reading = readFrom(source, new Map(), (records) => records.length >= 2);
      const at = await log.address();
      if (transport === 'udp') await sendDatagrams(at, [sample, old]);
      else await send(at, transport, `${Buffer.byteLength(sample)} ${sample}${old}\n`);
      const { records } = await reading;
      await source.close();
      const normalizer = createNormalizer({});
      const documents = records.flatMap((record) =>
        decode(record, DEFAULT_LIMITS).documents.map((one) => normalizer.normalize(record, one).toEcs()),
      );
      expect(documents).toMatchObject([
        { '@timestamp': '2026-11-20T07:59:58.500Z', host: { name: 'web-1' }, source: { ip: '203.0.113.9' }, user: { name: 'root' } },
        { host: { name: 'web-1' }, source: { ip: '203.0.113.9' }, user: { name: 'root' } },
      ]);
      for (const { headers } of records) {
        expect(headers.get('wardline-peer')).toBe('127.0.0.1');
        expect(headers.get('wardline-peer-name')).toBe(transport === 'tls' ? 'client' : undefined);
      }
      store.close();
    },
  );

  test('a connection over TCP waits while the inbox is full, and nothing it sent is lost', async () => {
    const { log, store, open } = receiver('tcp', { inboxBytes: 1024 * 1024 });
    const source = open();
    const stop = new AbortController();
    const seen: string[] = [];
    const at = log.address();
    const reading = (async () => {
      for await (const { records, gap } of source.batches(new Map(), stop.signal)) {
        expect(gap).toBeUndefined();
        seen.push(...texts(records).map((text) => text.slice(0, 3)));
        const last = records.at(-1);
        // As after a checkpoint.
        if (last !== undefined) await source.commit(new Map([[0, last.offset + 1n]]));
        if (seen.length === 12) stop.abort();
      }
    })();
    await send(await at, 'tcp', Array.from({ length: 12 }, (_, i) => `${String(i).padStart(3, '0')}${'x'.repeat(300_000)}\n`).join(''));
    await reading;
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => String(i).padStart(3, '0')));
    store.close();
  });

  test('datagrams that a full inbox cannot take are a gap of their number', async () => {
    const { log, store, open } = receiver('udp', { inboxBytes: 1024 * 1024 });
    const source = open();
    const stop = new AbortController();
    let taken = 0;
    let lost = 0n;
    const reading = (async () => {
      for await (const { records, gap } of source.batches(new Map(), stop.signal)) {
        taken += records.length;
        if (gap !== undefined) lost += (gap.to ?? 0n) - gap.from;
        if (gap !== undefined) expect(gap.cause).toBe('refused');
        if (taken + Number(lost) >= 30) stop.abort();
      }
    })();
    await sendDatagrams(
      await log.address(),
      Array.from({ length: 30 }, () => 'y'.repeat(60_000)),
    );
    await reading;
    expect([taken, lost]).toEqual([17, 13n]);
    expect(log.errors.join()).toContain('the inbox is full');
    store.close();
  });

  test('a message of many megabytes comes as its first bytes, so that it is refused with its reason, and the next is whole', async () => {
    const { log, store, open } = receiver('tcp');
    const source = open();
    const reading = readFrom(source, new Map(), (records) => records.length >= 2);
    await send(await log.address(), 'tcp', `<13>${'z'.repeat(3 * 1024 * 1024)}\n<13>next\n`);
    const { records } = await reading;
    await source.close();
    expect(records.map((record) => decode(record, DEFAULT_LIMITS).deadLetters.map(({ reason }) => reason))).toEqual([['too-large'], []]);
    expect(texts(records)[1]).toBe('<13>next');
    store.close();
  });

  test('TLS without a certificate of the authority gets nowhere', async () => {
    const { log, store, open } = receiver('tls');
    const source = open();
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of source.batches(new Map(), stop.signal)) throw new Error(`took ${batch.records.length}`);
    })();
    const { host, port } = await log.address();
    const refused = await new Promise<string>((resolve) => {
      const socket = connectTls({ host, port, ca: pki.read('ca.crt') });
      socket.on('error', (error) => resolve(error.message));
      socket.on('close', () => resolve('closed'));
      socket.write('<13>hello\n');
    });
    expect(refused).toMatch(/certificate|closed|ECONNRESET|EPIPE/);
    stop.abort();
    await reading;
    store.close();
  });

  test('only senders of the list are let in, whichever way their address is written', () => {
    const senders = createSenders({ name: 's', senders: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'] }, createListenLog().logger);
    const allowed = (address: string) => senders.allow(address);
    expect(['10.9.8.7', '::ffff:10.9.8.7', '192.0.2.7', '2001:db8::1'].map(allowed)).toEqual([true, true, true, true]);
    expect(['192.0.2.8', '::1', 'nonsense', ''].map(allowed)).toEqual([false, false, false, false]);
  });

  test.each([
    ['{kind: syslog, name: s, listen: "0.0.0.0:514"}', 'can be reached from other hosts'],
    ['{kind: syslog, name: s, transport: tls}', 'transport tls and the setting tls go together'],
    ['{kind: syslog, name: s, listen: "0.0.0.0:514", senders: [10.0.0.0/64]}', 'write an address or a network'],
  ])('settings %s are refused', (text, wanted) => {
    const { problems } = parseSettings({ path: 'w.yaml', text: `sources: [${text}]\n` }, {});
    expect(problems.map(problemText).join()).toContain(wanted);
  });
});

describe('framing of syslog over TCP', () => {
  const counted = (text: string): string => `${Buffer.byteLength(text)} ${text}`;

  test('counts and line breaks may alternate in one stream', () => {
    const cutter = createFrameCutter(1000);
    const found = cutter.push(Buffer.from(`${counted('<13>a\nb')}<13>c\n12 monkeys\n${counted('<13>d')}`));
    expect(found.map((bytes) => Buffer.from(bytes).toString())).toEqual(['<13>a\nb', '<13>c', '12 monkeys', '<13>d']);
    expect(cutter.rest()).toBeUndefined();
  });

  test('however the bytes are cut into chunks, the messages are the same', () => {
    const part = fc.oneof(
      fc.stringMatching(/^<\d{1,3}>[a-z0-9 <ü]{0,12}$/).map((text) => ({ text, wire: counted(text) })),
      fc
        .stringMatching(/^[a-z<0-9 ü]{1,12}$/)
        .filter((text) => !/^[1-9]\d{0,5} </.test(text))
        .map((text) => ({ text, wire: `${text}\n` })),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.map(({ wire }) => wire).join(''));
        const cutter = createFrameCutter(1000);
        const found: string[] = [];
        for (let from = 0, i = 0; from < bytes.length; from += cuts[i % cuts.length] as number, i++)
          for (const message of cutter.push(bytes.subarray(from, from + (cuts[i % cuts.length] as number))))
            found.push(Buffer.from(message).toString());
        expect(found).toEqual(parts.map(({ text }) => text));
        expect(cutter.rest()).toBeUndefined();
      }),
    );
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import snmp from 'net-snmp';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/config/load-settings.ts';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { createNormalizer } from '../../src/normalize/normalizer.ts';
import { problemText } from '../../src/rule/problem.ts';
import { Secret } from '../../src/shared/secret.ts';
import { REPEAT_WINDOW_MS } from '../../src/source/inbox.ts';
import type { Address } from '../../src/source/listen-settings.ts';
import { snmpSourceSettings } from '../../src/source/settings.ts';
import { createSnmpSource } from '../../src/source/snmp/index.ts';
import { openStore } from '../../src/store/store.ts';
import { describeSourceContract, readFrom } from '../contract/source-contract.ts';
import { createListenLog } from '../support/listening.ts';
import { hurriedClock } from '../support/step-clock.ts';

const USER = {
  name: 'noc',
  auth: 'sha256',
  authKey: new Secret('an-auth-key-of-the-test'),
  priv: 'aes',
  privKey: new Secret('a-priv-key-of-the-test'),
};
const TRAP = '1.3.6.1.4.1.32473.1.0.1';
const NOTE = '1.3.6.1.4.1.32473.1.1';

/** The package binds no port of the system's choice. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

async function receiver(more: object = {}) {
  const store = openStore(':memory:');
  const log = createListenLog();
  const settings = snmpSourceSettings.parse({
    kind: 'snmp',
    name: 't',
    listen: `127.0.0.1:${await freePort()}`,
    communities: [new Secret('test-community')],
    users: [USER],
    names: { [TRAP]: 'diskFailed' },
    ...more,
  });
  const inbox = () => store.inbox.of('t', { maxBytes: settings.inboxBytes, repeatWindowMs: REPEAT_WINDOW_MS });
  return { log, store, open: () => createSnmpSource(settings, { clock: hurriedClock, logger: log.logger, inbox: inbox() }) };
}

type Sending = { readonly inform?: boolean; readonly v3?: boolean; readonly community?: string; readonly timeout?: number };

function send(
  { port }: Address,
  text: string,
  { inform = false, v3 = false, community = 'test-community', timeout = 2000 }: Sending = {},
): Promise<void> {
  const options = { trapPort: port, port, retries: 0, timeout };
  const user = {
    name: 'noc',
    level: snmp.SecurityLevel.authPriv,
    authProtocol: snmp.AuthProtocols.sha256,
    authKey: USER.authKey.reveal(),
    privProtocol: snmp.PrivProtocols.aes,
    privKey: USER.privKey.reveal(),
  };
  const session = v3
    ? snmp.createV3Session('127.0.0.1', user, { ...options, version: snmp.Version3 })
    : snmp.createSession('127.0.0.1', community, { ...options, version: snmp.Version2c });
  session.on('error', () => {});
  return new Promise((resolve, reject) => {
    session[inform ? 'inform' : 'trap'](TRAP, [{ oid: NOTE, type: snmp.ObjectType.OctetString, value: text }], (error) => {
      session.close();
      if (error === null) resolve();
      else reject(error);
    });
  });
}

describeSourceContract({
  name: 'SNMP notifications',
  ends: false,
  replays: true,
  listens: true,
  textOf: (json) =>
    (JSON.parse(json) as { varbinds: { oid: string; value: string }[] }).varbinds.find(({ oid }) => oid === NOTE)?.value ?? '',
  input: async () => {
    const { log, store, open } = await receiver();
    let at: Promise<Address> | undefined;
    return {
      async write(texts) {
        at ??= log.address();
        for (const text of texts) await send(await at, text, { inform: true });
      },
      open() {
        at = undefined;
        return open();
      },
      close: async () => store.close(),
    };
  },
});

async function received(count: number, work: (at: Address) => Promise<void>, more: object = {}) {
  const { log, store, open } = await receiver(more);
  const source = open();
  const reading = readFrom(source, new Map(), (records) => records.length >= count);
  await work(await log.address());
  const { records } = await reading;
  await source.close();
  store.close();
  const normalizer = createNormalizer({});
  return records.flatMap((record) => decode(record, DEFAULT_LIMITS).documents.map((one) => normalizer.normalize(record, one).toEcs()));
}

describe('the SNMP source', () => {
  test('versions 2c and 3, traps and informs, become events by their object identifiers', async () => {
    const documents = await received(3, async (at) => {
      await send(at, 'sda', {});
      await send(at, 'sdb', { inform: true });
      await send(at, 'sdc', { inform: true, v3: true });
    });
    expect(documents).toMatchObject(
      ['sda', 'sdb', 'sdc'].map((value, i) => ({
        event: { code: TRAP, action: 'diskFailed', dataset: 'snmp.trap' },
        snmp: { version: i === 2 ? '3' : '2c', varbinds: { [NOTE]: value } },
        source: { ip: '127.0.0.1' },
      })),
    );
    expect(documents[2]).toMatchObject({ user: { name: 'noc' } });
    expect(JSON.stringify(documents)).not.toContain('test-community');
  });

  test('an unknown community, user or key is refused, and an inform of it gets no confirmation', async () => {
    const documents = await received(1, async (at) => {
      await expect(send(at, 'x', { inform: true, community: 'guess', timeout: 200 })).rejects.toThrow(/timed out/i);
      await send(at, 'right', { inform: true });
    });
    expect(documents.map((document) => document['message'])).toEqual([`diskFailed ${NOTE}=right`]);
  });

  const hasTool = spawnSync('snmptrap', ['-V']).error === undefined;
  test.skipIf(!hasTool)('Net-SNMP sends versions 1, 2c and 3 (skipped where snmptrap is not installed)', async () => {
    const tool = (...args: string[]): void =>
      void execFileSync('snmptrap', args, { stdio: 'pipe', env: { PATH: process.env['PATH'], MIBS: '', HOME: '/nonexistent' } });
    const documents = await received(4, async ({ port }) => {
      const to = `127.0.0.1:${port}`;
      tool('-v', '1', '-c', 'test-community', to, '1.3.6.1.4.1.32473.1', '192.0.2.9', '6', '17', '4200', `${NOTE}`, 's', 'one');
      tool('-v', '1', '-c', 'test-community', to, '1.3.6.1.4.1.32473.1', '192.0.2.9', '2', '0', '4200');
      tool('-v', '2c', '-c', 'test-community', to, '4200', TRAP, NOTE, 's', 'two', `${NOTE}.9`, 'C', '18446744073709551615');
      tool(
        '-v',
        '3',
        '-e',
        '0x8000000001020304',
        '-u',
        'noc',
        '-l',
        'authPriv',
        '-a',
        'SHA-256',
        '-A',
        USER.authKey.reveal(),
        '-x',
        'AES',
        '-X',
        USER.privKey.reveal(),
        to,
        '4200',
        TRAP,
        NOTE,
        's',
        'three',
      );
    });
    expect(documents).toMatchObject([
      { event: { code: '1.3.6.1.4.1.32473.1.0.17' }, snmp: { version: '1', varbinds: { [NOTE]: 'one' } }, host: { ip: ['192.0.2.9'] } },
      { event: { code: '1.3.6.1.6.3.1.1.5.3', action: 'linkDown' } },
      { event: { code: TRAP }, snmp: { version: '2c', uptime_ticks: 4200, varbinds: { [NOTE]: 'two' } } },
      { event: { code: TRAP }, snmp: { version: '3', varbinds: { [NOTE]: 'three' } }, user: { name: 'noc' } },
    ]);
  });

  test.each([
    ['{kind: snmp, name: t}', 'give communities or users'],
    ['{kind: snmp, name: t, listen: "0.0.0.0:162", communities: ["${env:C}"]}', 'can be reached from other hosts'],
  ])('settings %s are refused', (text, wanted) => {
    const { problems } = parseSettings({ path: 'w.yaml', text: `sources: [${text}]\n` }, { C: 'c' });
    expect(problems.map(problemText).join()).toContain(wanted);
  });
});

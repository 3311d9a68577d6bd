import { execFileSync, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import snmp from 'net-snmp';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/shared/secret.ts';
import { createSnmpSink } from '../../src/sink/snmp/index.ts';
import { snmpSinkSettings } from '../../src/sink/snmp/settings.ts';
import { describeSinkContract, type SinkHarness, type Taken } from '../contract/sink-contract.ts';
import { anAlert } from '../support/an-alert.ts';
import { createPeer } from '../support/peer.ts';
import { PLANTED } from '../support/planted.ts';

const V2C = { number: '2c', community: new Secret(PLANTED) };
const sinkAt = (port: number, more: object = {}) =>
  createSnmpSink(snmpSinkSettings.parse({ kind: 'snmp', name: 'noc', host: '127.0.0.1', port, version: V2C, ...more }), 250);

const bound = async (): Promise<Socket & { readonly port: number }> => {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return Object.assign(socket, { port: socket.address().port });
};

/** The receiving side of the package behind a relay that can lose datagrams. */
async function receiver(): Promise<SinkHarness> {
  type Received = { readonly pdu: { readonly varbinds: readonly { readonly oid: string; readonly value: unknown }[] } };
  const { createReceiver } = snmp as unknown as {
    createReceiver(
      options: object,
      take: (error: Error | null, received: Received) => void,
    ): { getAuthorizer(): { addCommunity(name: string): void }; close(): void };
  };
  const peer = createPeer();
  const taken: Taken[] = [];
  const free = await bound();
  const inner = free.port;
  await new Promise<void>((done) => free.close(() => done()));
  const back = createReceiver({ port: inner, address: '127.0.0.1' }, (_error, received) => {
    const values = received.pdu.varbinds.slice(2).map(({ value }) => String(value));
    taken.push({ id: values[0] ?? '', message: values[5] ?? '' });
  });
  back.getAuthorizer().addCommunity(PLANTED);
  const front = await bound();
  const out = await bound();
  let client = 0;
  front.on('message', (data, { port }) => {
    client = port;
    const verdict = peer.verdictOf('');
    if (verdict === 'hang') peer.hang();
    if (verdict === 'take') out.send(data, inner, '127.0.0.1');
  });
  out.on('message', (data) => front.send(data, client, '127.0.0.1'));
  const close = async (): Promise<void> => {
    back.close();
    front.close();
    out.close();
  };
  return { sink: sinkAt(front.port), taken: async () => taken, answer: peer.answer, hanging: peer.hanging, close };
}

describeSinkContract('SNMP informs', { says: ['later', 'hang'], perAlert: false, text: 'shown', start: receiver });

function installed(): boolean {
  try {
    execFileSync('snmptrapd', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!installed())(`snmptrapd of Net-SNMP${installed() ? '' : ' (skipped: it is not installed)'}`, () => {
  const V3 = { number: '3', user: 'wardline', authKey: new Secret(PLANTED), privKey: new Secret(`${PLANTED}-2`) };
  test.each([
    ['informs of version 2c', { version: V2C }],
    ['informs of version 3', { version: V3 }],
  ])('takes %s', async (_what, settings) => {
    const dir = mkdtempSync(join(tmpdir(), 'wardline-snmp-'));
    const socket = await bound();
    const { port } = socket;
    await new Promise<void>((done) => socket.close(() => done()));
    writeFileSync(
      join(dir, 'snmptrapd.conf'),
      `authCommunity log ${PLANTED}\ncreateUser wardline SHA-256 "${PLANTED}" AES "${PLANTED}-2"\nauthUser log wardline\n`,
    );
    const daemon = spawn(
      'snmptrapd',
      ['-f', '-n', '-C', '-c', join(dir, 'snmptrapd.conf'), '-On', '-Lf', join(dir, 'log'), '-F', '%W %v\n', `udp:127.0.0.1:${port}`],
      {
        env: { ...process.env, SNMP_PERSISTENT_DIR: dir },
        stdio: 'ignore',
      },
    );
    try {
      const sink = sinkAt(port, settings);
      // The daemon says nothing when it is ready; what it does not confirm is sent again, as the engine would.
      let outcome = 'retry';
      for (let i = 0; i < 20 && outcome === 'retry'; i++)
        outcome =
          (await sink.write([anAlert({ id: 'abc123', message: 'One "alert"\nof many' })], new AbortController().signal))[0]?.outcome ?? '';
      expect(outcome).toBe('stored');
      await sink.close();
      const log = readFileSync(join(dir, 'log'), 'utf8');
      expect(log).toContain('.1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.32473.1.0.1');
      expect(log).toContain('.1.3.6.1.4.1.32473.1.1.1.0 = STRING: "abc123"');
      expect(log).toContain('.1.3.6.1.4.1.32473.1.1.3.0 = STRING: "high"');
      expect(log).toContain('One \\"alert\\"\\\\u{a}of many');
    } finally {
      daemon.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

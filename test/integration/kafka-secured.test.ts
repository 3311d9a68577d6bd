import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startKafka } from '../../scripts/servers/kafka.ts';
import type { Server } from '../../scripts/servers/server.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createKafkaSource } from '../../src/source/kafka.ts';
import { kafkaSourceSettings } from '../../src/source/settings.ts';
import { readFrom } from '../contract/source-contract.ts';
import { createPki, type Pki } from '../support/pki.ts';
import { skipped } from './servers.ts';

const USER = 'wardline';
const PASSWORD = 'a password with = and ,';

describe.skipIf(skipped !== undefined)('Kafka over TLS with SCRAM', () => {
  let pki: Pki;
  let server: Server;
  let dir: string;
  const topic = 'secured';

  beforeAll(async () => {
    pki = createPki();
    dir = mkdtempSync(join(tmpdir(), 'wardline-kafka-tls-'));
    const client = { cert: pki.read('client.crt'), key: pki.read('client.key') };
    const tls = { ca: pki.read('ca.crt'), cert: pki.read('server.crt'), key: pki.read('server.key'), client };
    server = await startKafka({ dir, scram: { user: USER, password: 'secret-of-the-test' }, tls });
    const kafka = new kafkajs.Kafka({
      clientId: 'test',
      brokers: [server.url],
      logLevel: kafkajs.logLevel.NOTHING,
      ssl: { ca: [tls.ca], ...client },
      sasl: { mechanism: 'scram-sha-512', username: USER, password: 'secret-of-the-test' },
    });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: 'one' }, { value: 'two' }] });
    await producer.disconnect();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
    pki.remove();
  });

  const open = (password: string, ssl: object) =>
    createKafkaSource(
      kafkaSourceSettings.parse({
        kind: 'kafka',
        name: 'k',
        brokers: [server.url],
        topics: [topic],
        groupId: randomBytes(4).toString('hex'),
        ssl,
        sasl: { mechanism: 'scram-sha-512', username: USER, password: new Secret(password) },
      }),
      silentLogger,
    );
  const whole = () => ({ ca: pki.read('ca.crt'), cert: pki.read('client.crt'), key: new Secret(pki.read('client.key')) });

  test('reads with the right password and certificate', async () => {
    const source = open('secret-of-the-test', whole());
    const { records } = await readFrom(source, new Map(), (found) => found.length >= 2);
    await source.close();
    expect(records.map(({ bytes }) => Buffer.from(bytes ?? []).toString())).toEqual(['one', 'two']);
  });

  test('a wrong password is an error that names the source and never shows the password', async () => {
    const failing = readFrom(open(PASSWORD, whole()), new Map(), () => true);
    await expect(failing).rejects.toThrow(/Kafka source k: .*(?:authentication|SASL|credentials)/i);
    await expect(failing).rejects.not.toThrow(PASSWORD);
  });

  test('a broker of another authority, and a client without certificate, get nowhere', async () => {
    await expect(readFrom(open('secret-of-the-test', { ...whole(), ca: undefined }), new Map(), () => true)).rejects.toThrow(
      /Kafka source k: .*certificate/i,
    );
    await expect(readFrom(open('secret-of-the-test', { ca: pki.read('ca.crt') }), new Map(), () => true)).rejects.toThrow(/Kafka source k/);
  });
});

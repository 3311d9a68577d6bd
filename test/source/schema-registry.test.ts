import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, decode } from '../../src/decode/decode.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { Secret } from '../../src/shared/secret.ts';
import { createSchemaRegistry } from '../../src/source/schema-registry.ts';
import { aRecord } from '../support/an-event.ts';
import { type FakeRegistry, startRegistry } from '../support/schema-registry.ts';
import { createStepClock } from '../support/step-clock.ts';

let server: FakeRegistry | undefined;
afterEach(() => server?.close());

const signal = new AbortController().signal;
const framed = (id: number, ...bytes: number[]) => aRecord(Uint8Array.of(0, 0, 0, 0, id, ...bytes));
const USER = { schema: '{"type":"record","name":"com.User","fields":[{"name":"id","type":"long"}]}' };
const EVENT = {
  schema: '{"type":"record","name":"Event","fields":[{"name":"user","type":"com.User"}]}',
  references: [{ name: 'com.User', subject: 'users-value', version: 3 }],
};

function client(registry: FakeRegistry, more: object = {}) {
  const clock = createStepClock();
  return { clock, registry: createSchemaRegistry({ url: registry.url, ...more }, { source: 'k', clock, logger: silentLogger }) };
}

describe('the client of a schema registry', () => {
  test('asks for a schema once, and for what it builds on', async () => {
    server = await startRegistry({ 1: USER, 2: EVENT }, { 'users-value/3': USER });
    const { registry } = client(server);
    const records = await registry.prepare([framed(2, 84), framed(1, 84), framed(2, 2), aRecord('{"a":1}')], signal);
    expect(
      records.flatMap((record) => decode(record, DEFAULT_LIMITS).documents.map(({ document }) => JSON.parse(JSON.stringify(document)))),
    ).toEqual([{ user: { id: 42 } }, { id: 42 }, { user: { id: 1 } }, { a: 1 }]);
    expect(server.asked).toEqual(['/schemas/ids/2', '/subjects/users-value/versions/3', '/schemas/ids/1']);
    await registry.close();
  });

  test('a number it does not have makes a dead letter, and is asked for again after a minute', async () => {
    server = await startRegistry({});
    const { clock, registry } = client(server);
    for (let i = 0; i < 3; i++) {
      const [record] = await registry.prepare([framed(9, 1)], signal);
      expect(decode(record as ReturnType<typeof framed>, DEFAULT_LIMITS).deadLetters).toMatchObject([{ reason: 'unknown-schema' }]);
    }
    expect(server.asked).toHaveLength(1);
    const slept = clock.sleep(60_001);
    void clock.tick();
    await slept;
    await registry.prepare([framed(9, 1)], signal);
    expect(server.asked).toHaveLength(2);
    await registry.close();
  });

  test('while it fails the source waits and nothing is given up', async () => {
    server = await startRegistry({ 1: USER });
    server.failWith = 503;
    const { clock, registry } = client(server);
    const prepared = registry.prepare([framed(1, 84)], signal);
    for (let i = 0; i < 3; i++) await clock.tick();
    server.failWith = undefined;
    void clock.tick();
    const [record] = await prepared;
    expect(record?.schema?.id).toBe(1);
    expect(server.asked.length).toBeGreaterThan(3);
    await registry.close();
  });

  test('shows its name and password, and stops waiting when the source stops', async () => {
    server = await startRegistry({ 1: USER }, {}, `Basic ${Buffer.from('me:s3cret').toString('base64')}`);
    const right = client(server, { username: 'me', password: new Secret('s3cret') });
    expect((await right.registry.prepare([framed(1, 84)], signal))[0]?.schema?.type).toBe('AVRO');
    await right.registry.close();
    const wrong = client(server, { username: 'me', password: new Secret('other') });
    const stop = new AbortController();
    const waiting = wrong.registry.prepare([framed(1, 84)], stop.signal);
    await wrong.clock.tick();
    stop.abort();
    await expect(waiting).rejects.toThrow();
    await wrong.registry.close();
  });
});

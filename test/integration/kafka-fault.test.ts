import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { type Logger, silentLogger } from '../../src/shared/logger.ts';
import { createKafkaClient } from '../../src/transport/kafka-client.ts';

test('a port of another protocol: the first failed try is said aloud, once, without secrets; the last ends the call', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const warnings: [object, string][] = [];
  const logger: Logger = { ...silentLogger, warn: (about, text) => void warnings.push([about, text]) };
  const client = createKafkaClient('source k', { brokers: [`127.0.0.1:${port}`], clientId: 'c', ssl: {}, sasl: undefined }, logger);
  // The client makes all of its tries, which takes some nine seconds.
  await expect(client.admin().connect()).rejects.toThrow(/wrong version/);
  server.close();
  expect(warnings).toEqual([
    [expect.objectContaining({ broker: `127.0.0.1:${port}` }), 'source k: no answer of Kafka yet; it is tried again'],
  ]);
});

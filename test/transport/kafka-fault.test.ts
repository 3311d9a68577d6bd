import { connect, createServer } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { kafkaFault } from '../../src/transport/kafka-fault.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A port of another protocol: what comes is answered in HTTP. */
async function otherPort(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as { port: number }).port;
}

describe('what an error of the Kafka client means', () => {
  test('TLS against a port without it, in words and without places of its library', async () => {
    const port = await otherPort();
    const error = await new Promise<Error>((done) => tlsConnect({ port, host: '127.0.0.1' }).once('error', done));
    const text = kafkaFault(new Error(`Connection error: ${error.message}`), true);
    expect(text).toBe('Connection error: TLS: wrong version number; the port does not speak TLS: leave ssl out, or use the port for TLS');
  });

  test('no TLS against a port that closes; other errors stay as they are', async () => {
    expect(kafkaFault(new Error('Closed connection'), false)).toBe(
      'Closed connection; the port is no Kafka broker, or one that wants TLS (ssl)',
    );
    const refused = await new Promise<Error>((done) => connect({ port: 1, host: '127.0.0.1' }).once('error', done));
    for (const tls of [true, false]) expect(kafkaFault(refused, tls)).toBe(refused.message);
  });
});

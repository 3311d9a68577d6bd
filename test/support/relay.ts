import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/**
 * `open`: bytes pass both ways. `cut`: connections are broken and new ones refused. `swallow`: requests arrive and answers
 * do not. `hang`: connections are taken and nothing passes.
 */
export type RelayMode = 'open' | 'cut' | 'swallow' | 'hang';

/** A small TCP relay before a real server, for faults between the two. */
export type Relay = {
  readonly port: number;
  /** Connections that are there when the mode changes to `cut` are broken. */
  set(mode: RelayMode): void;
  /** Bytes of requests that arrived at the server, and of answers that did not come back. */
  readonly passed: { requests: number; swallowed: number };
  close(): Promise<void>;
};

export async function startRelay(host: string, port: number): Promise<Relay> {
  let mode: RelayMode = 'open';
  const open = new Set<Socket>();
  const passed = { requests: 0, swallowed: 0 };
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const server = createServer((client) => {
    keep(client);
    if (mode === 'cut') return void client.destroy();
    const upstream = keep(connect(port, host));
    client.on('data', (bytes: Buffer) => {
      if (mode === 'hang') return;
      passed.requests += bytes.length;
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => {
      if (mode === 'open') client.write(bytes);
      else {
        passed.swallowed += bytes.length;
        client.destroy();
      }
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    passed,
    set(next) {
      mode = next;
      if (mode === 'cut') for (const socket of open) socket.destroy();
    },
    close: () =>
      new Promise((done) => {
        for (const socket of open) socket.destroy();
        server.close(() => done());
      }),
  };
}

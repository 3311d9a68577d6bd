import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export type HttpCall = { readonly request: IncomingMessage; readonly body: string; readonly bytes: Buffer };
export type SmallHttp = { readonly url: string; close(): Promise<void> };

/** A local HTTP or HTTPS server for tests: `answer` gets every call with its whole body. */
export async function smallHttp(answer: (call: HttpCall, response: ServerResponse) => void, tls?: ServerOptions): Promise<SmallHttp> {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      answer({ request, body: bytes.toString('utf8'), bytes }, response);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

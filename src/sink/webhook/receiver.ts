import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signingKey, verify } from './signature.ts';

export type ReceivedCall = {
  readonly id: string;
  readonly body: string;
  readonly verdict: 'accepted' | 'repeated' | 'refused';
  readonly reason?: string;
};

export type Receiver = { readonly url: string; close(): Promise<void> };

export type ReceiverOptions = {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly onCall: (call: ReceivedCall) => void;
  /** Seconds a timestamp may be off; Standard Webhooks suggests five minutes. */
  readonly toleranceS?: number;
  readonly now: () => number;
  /** Status for calls that are genuine, in place of 204: to see how a sender bears it. */
  readonly answer?: number;
};

const MAX_BODY_BYTES = 256 * 1024;

/** A receiver as one should be: it checks signature and age, and takes a repeated id once. */
export function startReceiver({ host, port, secret, onCall, toleranceS = 300, now, answer = 204 }: ReceiverOptions): Promise<Receiver> {
  const key = signingKey(secret, 'receiver');
  const seen = new Set<string>();

  const judge = (request: IncomingMessage, body: string): ReceivedCall => {
    const header = (name: string): string => String(request.headers[name] ?? '');
    const id = header('webhook-id');
    const timestamp = Number(header('webhook-timestamp'));
    const refused = (reason: string): ReceivedCall => ({ id, body, verdict: 'refused', reason });
    if (id === '') return refused('no webhook-id');
    if (!(Math.abs(now() / 1000 - timestamp) <= toleranceS)) return refused('the timestamp is too old or too new');
    if (!verify([key], id, timestamp, body, header('webhook-signature'))) return refused('the signature is wrong');
    if (seen.has(id)) return { id, body, verdict: 'repeated' };
    seen.add(id);
    return { id, body, verdict: 'accepted' };
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (request.method !== 'POST') return response.writeHead(405).end();
      if (bytes > MAX_BODY_BYTES) return response.writeHead(413).end();
      const call = judge(request, Buffer.concat(chunks).toString('utf8'));
      onCall(call);
      return response.writeHead(call.verdict === 'refused' ? 401 : answer).end();
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const { port: bound } = server.address() as AddressInfo;
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`, close });
    });
  });
}

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Clock } from '../../shared/clock.ts';
import { bindServer } from '../bind.ts';
import type { Intake, Listener } from '../listening.ts';
import type { Senders } from '../senders.ts';
import { tlsOptions } from '../server-tls.ts';
import type { SyslogSourceSettings } from '../settings.ts';
import { createFrameCutter } from './frames.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 1024;
/** How long a connection waits before it asks the full inbox again; its sender is not read from meanwhile. */
const FULL_PAUSE_MS = 500;

/** Syslog over TCP or TLS: a connection is read on only when everything it sent is durable, so a slow store slows senders. */
export async function listenToStreams(settings: SyslogSourceSettings, senders: Senders, clock: Clock, intake: Intake): Promise<Listener> {
  const connections = new Set<Socket>();
  const stopped = new AbortController();
  const accept = (socket: Socket): void => {
    if (!senders.allow(socket.remoteAddress)) return void socket.destroy();
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setKeepAlive(true, 60_000);
    void receive(socket, clock, intake, stopped.signal);
  };
  const server: Server = settings.tls === undefined ? createServer(accept) : createTlsServer(tlsOptions(settings.tls), accept);
  server.maxConnections = MAX_CONNECTIONS;
  // A failed handshake is the sender's affair.
  server.on('tlsClientError', (_error, socket) => (socket as Socket).destroy());
  const address = await bindServer(server, { ...settings, called: `source ${settings.name}` });
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        stopped.abort();
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

async function receive(socket: Socket, clock: Clock, intake: Intake, signal: AbortSignal): Promise<void> {
  const headers = peerOf(socket);
  const cutter = createFrameCutter(MAX_MESSAGE_BYTES);
  const store = async (messages: readonly Uint8Array[]): Promise<void> => {
    let waiting = messages;
    while (waiting.length > 0) {
      const outcomes = await Promise.all(waiting.map((bytes) => intake.take({ bytes, headers, appendedAt: clock.now() })));
      // What did not fit comes after what did, in order.
      waiting = waiting.filter((_, i) => outcomes[i] === 'full' || outcomes[i] === 'failed');
      if (waiting.length > 0 && signal.aborted) return intake.lose(waiting.length);
      if (waiting.length > 0) await clock.sleep(FULL_PAUSE_MS, signal);
    }
  };
  try {
    // The loop takes the next chunk when the last one is stored; the socket is paused in between.
    for await (const chunk of socket) await store(cutter.push(chunk as Uint8Array));
  } catch {
    // The connection broke; what came whole is stored.
  }
  const rest = cutter.rest();
  if (rest !== undefined) await store([rest]);
}

function peerOf(socket: Socket): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  if (socket.remoteAddress !== undefined) headers.set('wardline-peer', socket.remoteAddress);
  const subject = (socket as TLSSocket).encrypted ? (socket as TLSSocket).getPeerCertificate().subject?.CN : undefined;
  if (typeof subject === 'string') headers.set('wardline-peer-name', subject);
  return headers;
}

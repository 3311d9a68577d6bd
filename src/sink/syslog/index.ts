import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../shared/clock.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import type { AlertDocument, Delivery, Sink } from '../sink.ts';
import { isWanted } from '../updates.ts';
import { framed, syslogMessage } from './message.ts';
import type { SyslogSinkSettings } from './settings.ts';

const TIMEOUT_MS = 15_000;

/** How long a receiver that wants nothing, or not from us, has to say so: TLS 1.3 refuses a client after the handshake. */
const OBJECT_MS = 250;

/**
 * Alerts as syslog (RFC 5424) over TLS or TCP. Syslog has no answer, so every batch is a connection of its own: it is
 * delivered when the receiver did not close before our end, and then, having read to it, closed its side without an error.
 */
export function createSyslogSink(settings: SyslogSinkSettings, clock: Clock, objectMs = OBJECT_MS): Sink {
  const { name } = settings;
  return {
    name,
    pace: { batch: 200, inFlight: 1 },
    async write(alerts, signal) {
      const wanted = alerts.filter((alert) => isWanted(settings.updates, alert));
      const failure = wanted.length === 0 ? undefined : await send(settings, wanted, signal, () => clock.sleep(objectMs, signal));
      if (signal.aborted && failure !== undefined) throw new WardlineError('sink', `sink ${name}: stopped`, { retryable: true });
      const told = new Set(wanted);
      return alerts.map((alert): Delivery => {
        const { id } = alert;
        if (!told.has(alert)) return { id, outcome: 'skipped' };
        return failure === undefined ? { id, outcome: 'stored' } : { id, outcome: 'retry', reason: failure };
      });
    },
    close: async () => undefined,
  };
}

/** Resolves to what went wrong, or undefined when the receiver took everything. */
function send(
  settings: SyslogSinkSettings,
  alerts: readonly AlertDocument[],
  signal: AbortSignal,
  objection: () => Promise<void>,
): Promise<string | undefined> {
  if (signal.aborted) return Promise.resolve('stopped');
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = open(settings);
  const bytes = Buffer.concat(alerts.map((alert) => framed(syslogMessage(alert, settings))));
  let failure: string | undefined = 'the receiver closed before it had everything';
  let ended = false;
  const fail = (reason: string): void => {
    failure = reason;
    socket.destroy();
  };
  const abort = (): void => fail('stopped');
  signal.addEventListener('abort', abort, { once: true });
  socket.setTimeout(TIMEOUT_MS, () => fail('no answer in time'));
  socket.once('error', (error) => fail(codeOf(error)));
  socket.once(settings.transport === 'tls' ? 'secureConnect' : 'connect', () =>
    socket.write(bytes, () => {
      void objection().then(() => {
        ended = !socket.readableEnded && !socket.destroyed;
        socket.end();
      });
    }),
  );
  // Anything the receiver says is read and left alone; its end after ours means that it has read what there was.
  socket.on('data', () => undefined);
  socket.once('end', () => {
    if (ended) failure = undefined;
  });
  socket.once('close', () => {
    signal.removeEventListener('abort', abort);
    resolve(failure);
  });
  return promise;
}

function open({ host, port, transport, ca, cert, key }: SyslogSinkSettings): Socket {
  if (transport === 'tcp') return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: key.reveal() }),
  });
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : messageOf(error).slice(0, 60);
}

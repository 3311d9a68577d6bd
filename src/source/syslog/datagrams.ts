import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { type Address, parseAddress } from '../listen-settings.ts';
import type { Intake, Listener } from '../listening.ts';
import type { Senders } from '../senders.ts';

type Settings = { readonly name: string; readonly listen: string };

/** The system may give less; what it drops in a burst nobody is told of. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Syslog over UDP (RFC 5426), a message in each datagram. What the inbox cannot take is lost, and a gap says so. */
export async function listenToDatagrams(settings: Settings, senders: Senders, clock: Clock, intake: Intake): Promise<Listener> {
  const { host, port } = parseAddress(settings.listen) as Address;
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.on('message', (bytes, { address }) => {
    if (!senders.allow(address)) return;
    void intake.take({ bytes, headers: new Map([['wardline-peer', address]]), appendedAt: clock.now() }).then((taken) => {
      if (taken === 'full' || taken === 'failed') intake.lose(1);
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) =>
      reject(
        new WardlineError('source', `source ${settings.name} cannot listen at ${settings.listen}: ${messageOf(error)}`, { cause: error }),
      ),
    );
    socket.bind(port, host, resolve);
  });
  socket.removeAllListeners('error').on('error', () => {});
  return { address: { host, port: socket.address().port }, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

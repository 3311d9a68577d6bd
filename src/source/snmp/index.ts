import { isIPv6 } from 'node:net';
import type { Pdu, Receiver } from 'net-snmp';
import type { Clock } from '../../shared/clock.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { type Address, parseAddress } from '../listen-settings.ts';
import { createListeningSource, type Intake, type Listener, type ListeningParts } from '../listening.ts';
import { createSenders, type Senders } from '../senders.ts';
import type { SnmpSourceSettings } from '../settings.ts';
import type { Source } from '../source.ts';
import { trapRecord } from './trap.ts';

type Snmp = typeof import('net-snmp').default;
type Deps = Pick<ListeningParts, 'clock' | 'logger' | 'inbox'>;

/** SNMP traps and informs, versions 1, 2c and 3: a record is one notification as JSON. An inform is confirmed when it is durable. */
export function createSnmpSource(settings: SnmpSourceSettings, deps: Deps): Source {
  const senders = createSenders(settings, deps.logger);
  return createListeningSource({ name: settings.name, ...deps, listen: (intake) => listen(settings, senders, deps, intake) });
}

async function load(name: string): Promise<Snmp> {
  try {
    return (await import('net-snmp')).default;
  } catch (error) {
    throw new WardlineError(
      'source',
      `source ${name}: the optional package net-snmp cannot be loaded (npm install net-snmp): ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function listen(settings: SnmpSourceSettings, senders: Senders, { clock, logger }: Deps, intake: Intake): Promise<Listener> {
  const snmp = await load(settings.name);
  const { host, port } = parseAddress(settings.listen) as Address;
  const refused = createRefusals(settings.name, logger);
  let confirm: (() => Promise<void>) | undefined;
  /** Notifications that are being stored and confirmed: closing waits for them. */
  const underWay = new Set<Promise<void>>();
  let failed: ((error: Error) => void) | undefined;
  const receiver: Receiver = snmp.createReceiver(
    { port, address: host, transport: isIPv6(host) ? 'udp6' : 'udp4', includeAuthentication: true },
    (error, received) => {
      const answer = confirm;
      confirm = undefined;
      if (error !== null) {
        if (failed !== undefined) failed(error);
        else refused(error);
        return;
      }
      const { pdu, rinfo } = received;
      if (!senders.allow(rinfo.address)) return;
      const storing = store(recordOf(pdu, snmp, settings, rinfo.address), rinfo.address, answer, clock, intake);
      underWay.add(storing);
      void storing.then(() => underWay.delete(storing));
    },
  );
  // The package confirms an inform before it hands it over; the sender may forget it only when it is durable.
  const send = receiver.listener.send.bind(receiver.listener);
  receiver.listener.send = (message, peer, socket) => {
    if (message.pdu.type !== snmp.PduType.GetResponse) return send(message, peer, socket);
    const bytes = message.toBuffer();
    confirm = () => new Promise((resolve) => socket.send(bytes, peer.port, peer.address, () => resolve()));
  };
  authorize(snmp, receiver, settings);
  const [socket] = Object.values(receiver.listener.sockets);
  await new Promise<void>((resolve, reject) => {
    failed = (error) =>
      reject(
        new WardlineError('source', `source ${settings.name} cannot listen at ${settings.listen}: ${messageOf(error)}`, { cause: error }),
      );
    socket?.on('listening', resolve);
  });
  failed = undefined;
  return {
    address: { host, port: socket?.address().port ?? port },
    close: async () => {
      await Promise.all(underWay);
      await new Promise<void>((resolve) => receiver.close(resolve));
    },
  };
}

function authorize(snmp: Snmp, receiver: Receiver, { communities, users }: SnmpSourceSettings): void {
  const authorizer = receiver.getAuthorizer();
  for (const community of communities) authorizer.addCommunity(community.reveal());
  for (const { name, auth, authKey, priv, privKey } of users)
    authorizer.addUser({
      name,
      level: snmp.SecurityLevel.authPriv,
      authProtocol: snmp.AuthProtocols[auth],
      authKey: authKey.reveal(),
      privProtocol: snmp.PrivProtocols[priv],
      privKey: privKey.reveal(),
    });
}

function recordOf(pdu: Pdu, snmp: Snmp, { names }: SnmpSourceSettings, address: string): Uint8Array {
  const version = pdu.user !== undefined ? '3' : pdu.type === snmp.PduType.Trap ? '1' : '2c';
  const confirmed = pdu.type === snmp.PduType.InformRequest;
  const record = trapRecord(pdu, { version, confirmed, address, names, typeName: (type) => String(snmp.ObjectType[type] ?? type) });
  return Buffer.from(JSON.stringify(record));
}

async function store(
  bytes: Uint8Array,
  address: string,
  confirm: (() => Promise<void>) | undefined,
  clock: Clock,
  intake: Intake,
): Promise<void> {
  const taken = await intake.take({ bytes, headers: new Map([['wardline-peer', address]]), appendedAt: clock.now() });
  if (taken === 'stored') await confirm?.();
  // Who sent an inform sends it again.
  else if (confirm === undefined) intake.lose(1);
}

/** Messages that were refused (community, user, digest, form): counted, and logged when their number doubles. */
function createRefusals(source: string, logger: Logger): (error: Error) => void {
  let count = 0;
  let next = 1;
  return (error) => {
    if (++count < next) return;
    next *= 2;
    // The package's messages may quote the community that was tried.
    logger.warn(
      { source, refused: count, error: error.message.replace(/community .*$/, 'community') },
      'messages that are no traps of a known sender were refused',
    );
  };
}

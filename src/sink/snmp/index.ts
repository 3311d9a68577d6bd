import type { Session, Varbind } from 'net-snmp';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { factsOf, shown } from '../facts.ts';
import type { AlertDocument, Delivery, Sink } from '../sink.ts';
import { untilAborted } from '../until-aborted.ts';
import { isWanted } from '../updates.ts';
import type { SnmpSinkSettings } from './settings.ts';

const TIMEOUT_MS = 5000;
type Snmp = typeof import('net-snmp').default;

/** Alerts as SNMP notifications (RFC 3416): one each, `<oid>.0.1`, with id, alert, severity, status, rule, title, reason. */
export function createSnmpSink(settings: SnmpSinkSettings, timeoutMs = TIMEOUT_MS): Sink {
  const { name } = settings;
  let opened: { readonly snmp: Snmp; readonly session: Session } | undefined;
  const open = async (): Promise<{ readonly snmp: Snmp; readonly session: Session }> => {
    if (opened !== undefined) return opened;
    const snmp = await load(name);
    const session = sessionOf(snmp, settings, timeoutMs);
    // A session that failed sends nothing more; the next call makes a new one.
    session.on('error', drop);
    opened = { snmp, session };
    return opened;
  };
  const drop = (): void => {
    opened?.session.close();
    opened = undefined;
  };

  const notify = async (alert: AlertDocument): Promise<Delivery> => {
    const { id } = alert;
    const { snmp, session } = await open();
    const send = settings.confirmed ? session.inform.bind(session) : session.trap.bind(session);
    const error = await new Promise<Error | null>((done) => send(`${settings.oid}.0.1`, varbinds(alert, settings.oid, snmp), done));
    if (error === null || error === undefined) return { id, outcome: 'stored' };
    drop();
    return { id, outcome: 'retry', reason: error.name === 'RequestTimedOutError' ? 'not confirmed in time' : error.name };
  };

  return {
    name,
    pace: { batch: 1, inFlight: 1 },
    async write(alerts, signal) {
      const outcomes: Delivery[] = [];
      for (const alert of alerts) {
        if (!isWanted(settings.updates, alert)) outcomes.push({ id: alert.id, outcome: 'skipped' });
        else outcomes.push(await untilAborted(name, signal, () => notify(alert)));
      }
      return outcomes;
    },
    async close() {
      drop();
    },
  };
}

async function load(name: string): Promise<Snmp> {
  try {
    return (await import('net-snmp')).default;
  } catch (error) {
    throw new WardlineError(
      'sink',
      `sink ${name}: the optional package net-snmp cannot be loaded (npm install net-snmp): ${messageOf(error)}`,
      {
        cause: error,
        retryable: true,
      },
    );
  }
}

function sessionOf(snmp: Snmp, { host, port, version }: SnmpSinkSettings, timeout: number): Session {
  const options = { trapPort: port, port, retries: 1, timeout };
  if (version.number === '2c') return snmp.createSession(host, version.community.reveal(), { ...options, version: snmp.Version2c });
  const user = {
    name: version.user,
    level: snmp.SecurityLevel.authPriv,
    authProtocol: snmp.AuthProtocols[version.auth],
    authKey: version.authKey.reveal(),
    privProtocol: snmp.PrivProtocols[version.priv],
    privKey: version.privKey.reveal(),
  };
  return snmp.createV3Session(host, user, { ...options, version: snmp.Version3 });
}

/** Short enough, all together, for one datagram that is not taken apart on the way. */
function varbinds(alert: AlertDocument, oid: string, snmp: Snmp): readonly Varbind[] {
  const { id, alert: episode, level, open, rule, title, reason } = factsOf(alert);
  const values = [id, episode, level, open ? 'open' : 'closed', shown(rule, 100), shown(title, 150), shown(reason, 200)];
  return values.map((value, i) => ({ oid: `${oid}.1.${i + 1}.0`, type: snmp.ObjectType.OctetString, value }));
}

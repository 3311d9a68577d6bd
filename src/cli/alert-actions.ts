import { type ActionKind, DISPOSITIONS, type Disposition } from '../alert/actions.ts';
import { recordAction } from '../pipeline/operate.ts';
import { WardlineError } from '../shared/errors.ts';
import { printable } from '../shared/table.ts';
import { openStore } from '../store/store.ts';
import { actorOf } from './actor.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

export type ActionFlags = { readonly store: string; readonly by?: string; readonly comment?: string; readonly disposition?: string };

/**
 * `wardline alerts ack | disposition | comment | close`: a record in the store, durable when the command returns. A running
 * engine takes it up within a second, otherwise the next one does; the alert's next document carries it.
 */
export function actOnAlert(kind: ActionKind, prefix: string, flags: ActionFlags, io: Io): number {
  const disposition = flags.disposition === undefined ? undefined : dispositionOf(flags.disposition);
  const comment = flags.comment?.trim();
  const actor = actorOf(flags.by, io);
  const store = openStore(flags.store, { beside: true });
  try {
    const [alert, ...others] = store.alerts.alertIds(prefix);
    if (alert === undefined) throw new WardlineError('usage', `no alert begins with "${printable(prefix)}"`);
    if (others.length > 0)
      throw new WardlineError('usage', `${others.length + 1} alerts begin with "${printable(prefix)}"; write more of the id`);
    recordAction(store, { alert, kind, actor, at: io.clock.now(), disposition, comment });
    io.out(`${kind} of ${alert.slice(0, 12)} by ${printable(actor)} is recorded\n`);
  } finally {
    store.close();
  }
  return EXIT.ok;
}

function dispositionOf(value: string): Disposition {
  const found = DISPOSITIONS.find((one) => one === value);
  if (found === undefined)
    throw new WardlineError('usage', `a disposition is one of ${DISPOSITIONS.join(', ')}, not "${printable(value)}"`);
  return found;
}

import { Option } from 'commander';
import { WardlineError } from '../shared/errors.ts';
import { printable, table } from '../shared/table.ts';
import { DELIVERY_STATES, type DeliveryState, HEALTHY, type ReceiverState } from '../store/outbox.ts';
import { openStore, type Store } from '../store/store.ts';
import type { StoreFlags } from './alerts.ts';
import { outputOption, type Register, storeOption } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { instantOf, wholeNumber } from './flag-values.ts';
import type { Io } from './io.ts';

/** The states of the breaker for people; JSON keeps their names. */
const STATE_WORDS: Readonly<Record<ReceiverState['state'], string>> = { closed: 'ok', open: 'resting', disabled: 'disabled' };

const NONE = { waiting: 0, delivered: 0, dead: 0 };

/** `wardline deliver status`: every receiver with its state and what waits for it; exit code 1 when one is not well. */
export function deliverStatus(flags: StoreFlags, io: Io): number {
  const store = openStore(flags.store, { readOnly: true });
  const counts = store.outbox.counts();
  const receivers = store.outbox.receivers();
  store.close();
  const names = [...new Set([...receivers.keys(), ...counts.keys()])].sort();
  const rows = names.map((receiver) => ({ receiver, ...(receivers.get(receiver) ?? HEALTHY), ...(counts.get(receiver) ?? NONE) }));
  if (flags.output === 'json') {
    for (const { until, since, ...row } of rows) io.out(`${JSON.stringify({ ...row, until: timeText(until), since: timeText(since) })}\n`);
  } else {
    const columns = ['receiver', 'state', 'waiting', 'delivered', 'dead', 'failures', 'next try', 'reason'].map((title) => ({ title }));
    const cells = rows.map(({ receiver, state, waiting, delivered, dead, failures, until, reason }) =>
      [receiver, STATE_WORDS[state], waiting, delivered, dead, failures, timeText(until) ?? '', reason ?? ''].map(String),
    );
    io.out(`${table(columns, cells)}\n`);
  }
  return rows.some(({ state, dead }) => state !== 'closed' || dead > 0) ? EXIT.findings : EXIT.ok;
}

export type DeliverListFlags = StoreFlags & { readonly state: string; readonly limit: string };

/** `wardline deliver list [RECEIVER]`: deliveries of one state with the reason of their last failure. */
export function deliverList(receiver: string | undefined, flags: DeliverListFlags, io: Io): number {
  const limit = wholeNumber(flags.limit, '--limit');
  const state = DELIVERY_STATES.find((one) => one === flags.state) as DeliveryState;
  const store = openStore(flags.store, { readOnly: true });
  if (receiver !== undefined) known(store, receiver);
  const found = store.outbox.list(receiver, state, limit);
  store.close();
  if (flags.output === 'json') for (const { dueAt, ...row } of found) io.out(`${JSON.stringify({ ...row, dueAt: timeText(dueAt) })}\n`);
  else {
    const columns = ['receiver', 'id', 'attempts', 'due', 'reason'].map((title) => ({ title }));
    const cells = found.map(({ receiver: name, id, attempts, dueAt, reason }) => [
      name,
      id,
      String(attempts),
      timeText(dueAt) ?? '',
      reason ?? '',
    ]);
    io.out(`${table(columns, cells)}\n${found.length} ${state}\n`);
  }
  return EXIT.ok;
}

export type DeliverReplayFlags = StoreFlags & {
  readonly id?: readonly string[];
  readonly dead?: boolean;
  readonly from?: string;
  readonly to?: string;
};

/** `wardline deliver replay RECEIVER`: puts deliveries back to waiting, under their own ids; a running engine sends them. */
export function deliverReplay(receiver: string, flags: DeliverReplayFlags, io: Io): number {
  if (flags.id === undefined && !flags.dead && flags.from === undefined && flags.to === undefined) {
    throw new WardlineError('usage', 'say which deliveries: --dead, --id ID, or --from TIME and --to TIME; several narrow the choice');
  }
  const from = timeOf('--from', flags.from);
  const to = timeOf('--to', flags.to);
  const store = openStore(flags.store, { beside: true });
  known(store, receiver);
  const ids = flags.id?.flatMap((prefix) => idsOf(store, prefix));
  const count = store.outbox.replay({ receiver, ids, onlyDead: flags.dead, from, to });
  store.close();
  if (flags.output === 'json') io.out(`${JSON.stringify({ receiver, replayed: count })}\n`);
  else
    io.out(
      `${count} ${count === 1 ? 'delivery is' : 'deliveries are'} waiting for ${receiver} again; a running engine sends them within seconds\n`,
    );
  return EXIT.ok;
}

/** `wardline deliver enable RECEIVER`: calls a receiver again that was disabled or left alone. */
export function deliverEnable(receiver: string, flags: StoreFlags, io: Io): number {
  const store = openStore(flags.store, { beside: true });
  known(store, receiver);
  store.outbox.setReceiver(receiver, { ...HEALTHY, since: io.clock.now() });
  store.outbox.hurry(receiver);
  const waiting = store.outbox.counts().get(receiver)?.waiting ?? 0;
  store.close();
  if (flags.output === 'json') io.out(`${JSON.stringify({ receiver, waiting })}\n`);
  else io.out(`${receiver} is called again; ${waiting} deliveries wait\n`);
  return EXIT.ok;
}

function known(store: Store, receiver: string): void {
  const names = [...new Set([...store.outbox.receivers().keys(), ...store.outbox.counts().keys()])].sort();
  if (names.includes(receiver)) return;
  store.close();
  const there = names.length === 0 ? 'there is none yet' : `there are ${names.join(', ')}`;
  throw new WardlineError('usage', `no receiver "${printable(receiver)}" in this store; ${there}`);
}

/** Every id that begins so; one that fits nothing is an error, for the alert would be missed. */
function idsOf(store: Store, prefix: string): readonly string[] {
  const found = store.alerts.find(prefix).map(({ id }) => id);
  if (found.length > 0) return found;
  store.close();
  throw new WardlineError('usage', `no alert begins with "${printable(prefix)}"`);
}

function timeOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // Without the fraction of a second: stored times carry one of any length, and text is compared.
  return new Date(instantOf(text, flag)).toISOString().replace(/\.000Z$/, '');
}

const timeText = (ms: number): string | undefined => (ms <= 0 ? undefined : new Date(ms).toISOString());

export const registerDeliver: Register = (program, { io, done }) => {
  const deliver = program.command('deliver').description('deliveries to receivers: what waits, what failed, what is sent again');
  deliver
    .command('status', { isDefault: true })
    .description('every receiver: state, waiting, delivered and dead deliveries')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((flags: StoreFlags) => done(deliverStatus(flags, io)));
  deliver
    .command('list')
    .argument('[receiver]', 'only of this one')
    .description('deliveries of one state, newest first, with the reason of the last failure')
    .addOption(storeOption())
    .addOption(new Option('--state <state>', 'which').choices(DELIVERY_STATES).default('dead'))
    .option('--limit <n>', 'how many', '50')
    .addOption(outputOption())
    .action((receiver: string | undefined, flags: DeliverListFlags) => done(deliverList(receiver, flags, io)));
  deliver
    .command('replay')
    .argument('<receiver>', 'who gets them again')
    .description('send alerts again under the same ids; several conditions narrow the choice')
    .addOption(storeOption())
    .option('--dead', 'those that were given up or refused')
    .option('--id <id...>', 'alerts whose id begins so')
    .option('--from <time>', 'alerts from this event time')
    .option('--to <time>', 'alerts before this event time')
    .addOption(outputOption())
    .action((receiver: string, flags: DeliverReplayFlags) => done(deliverReplay(receiver, flags, io)));
  deliver
    .command('enable')
    .argument('<receiver>', 'one that is disabled or left alone')
    .description('call a receiver again')
    .addOption(storeOption())
    .addOption(outputOption())
    .action((receiver: string, flags: StoreFlags) => done(deliverEnable(receiver, flags, io)));
};

import type { LedgerObservation } from '../../evidence/observation.ts';
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Delivery, Sink } from '../../sink/sink.ts';
import type { LogWriter, OwnedPartition, Worker } from '../../transport/port.ts';
import { encodeFact, type Fact, type Placed } from './facts.ts';
import { type AlertRecord, decodeAlertRecord } from './records.ts';

export type DeliverDeps = {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long to wait after the n-th failed attempt (n from 1); undefined: give up, a dead letter. */
  readonly retryDelayMs: (attempt: number) => number | undefined;
  /** An alert that the sink will not take. */
  readonly dead: (alert: AlertRecord, reason: string) => Promise<void>;
  /** Where the evidence ledger is told what became of each alert; absent: there is none. */
  readonly evidence?: {
    readonly facts: LogWriter;
    readonly observe: (sink: string, outcomes: readonly Delivery[]) => readonly LedgerObservation[];
  };
  readonly onOutcome: (sink: string, outcomes: readonly Delivery[]) => void;
};

const PAUSE_MS = 5000;
const BATCH = 500;

type Coordinate = { readonly at: bigint; readonly index: number };

/**
 * One sink's reader of one partition of `wardline.alerts`. Replays of correlation append an alert again with the
 * coordinate it had; what is not beyond the highest one is dropped. The offset is told after the sink said it has the
 * alerts, so a crash repeats calls with the same id and loses none.
 */
export function deliverWorker(deps: DeliverDeps): Worker {
  return async (owned) => {
    const committed = await owned.committed();
    const { low } = await owned.bounds();
    let highest = parse(committed?.metadata);
    const from = committed === undefined || committed.offset < low ? low : committed.offset;
    for await (const entries of owned.read(from)) {
      if (owned.revoked.aborted) return;
      const fresh: AlertRecord[] = [];
      for (const { value } of entries) {
        const alert = decodeAlertRecord(value);
        if (alert === undefined || !beyond(alert, highest)) continue;
        highest = { at: alert.at, index: alert.index };
        fresh.push(alert);
      }
      const size = deps.sink.pace?.batch ?? BATCH;
      const settled: Settled[] = [];
      for (let i = 0; i < fresh.length; i += size) if (!(await settle(deps, owned, fresh.slice(i, i + size), settled))) return;
      await tellFacts(deps, owned.partition, settled);
      const last = entries.at(-1);
      if (last !== undefined) await owned.commit({ offset: last.offset + 1n, metadata: text(highest) });
    }
  };
}

/** Until the sink has all of them or refused them for good; false: the partition was taken away before. */
async function settle(
  { sink, clock, logger, retryDelayMs, dead, onOutcome }: DeliverDeps,
  owned: OwnedPartition,
  alerts: readonly AlertRecord[],
  settled: Settled[],
): Promise<boolean> {
  let waiting = alerts;
  for (let attempt = 1; waiting.length > 0; attempt++) {
    if (owned.revoked.aborted) return false;
    let pause = PAUSE_MS;
    try {
      const outcomes = await sink.write(waiting, owned.revoked);
      onOutcome(sink.name, outcomes);
      const again = new Set<string>();
      for (const alert of waiting) {
        const outcome = outcomes.find(({ id }) => id === alert.id);
        if (outcome !== undefined && outcome.outcome !== 'retry') settled.push({ alert, outcome });
      }
      for (const outcome of outcomes) {
        if (outcome.outcome === 'retry') {
          const delay = outcome.retryAfterMs ?? retryDelayMs(attempt);
          if (delay !== undefined) {
            again.add(outcome.id);
            pause = delay;
          } else await bury(waiting, outcome.id, `gave up after ${attempt} attempts: ${outcome.reason}`, dead);
        } else if (outcome.outcome === 'rejected' || outcome.outcome === 'gone') await bury(waiting, outcome.id, outcome.reason, dead);
      }
      waiting = waiting.filter(({ id }) => again.has(id));
    } catch (error) {
      if (owned.revoked.aborted) return false;
      logger.error({ sink: sink.name, waiting: waiting.length, error: messageOf(error) }, 'sink refused the batch; nothing is skipped');
    }
    if (waiting.length > 0) await clock.sleep(pause, owned.revoked);
  }
  return true;
}

type Settled = { readonly alert: AlertRecord; readonly outcome: Delivery };

/** Before the commit: what is delivered again after a crash has the places it had, and counts once. */
async function tellFacts({ sink, evidence }: DeliverDeps, partition: number, settled: readonly Settled[]): Promise<void> {
  if (evidence === undefined || settled.length === 0) return;
  const items = [...settled]
    .sort((a, b) => (beyond(a.alert, b.alert) ? 1 : -1))
    .map(({ alert: { at, index }, outcome }): Placed => ({ at, index, observed: evidence.observe(sink.name, [outcome]) }));
  const fact: Fact = { kind: 'placed', stream: `delivery/${sink.name}/${partition}`, items };
  await evidence.facts.append(0, [{ key: sink.name, value: encodeFact(fact) }]);
}

async function bury(alerts: readonly AlertRecord[], id: string, reason: string, dead: DeliverDeps['dead']): Promise<void> {
  const alert = alerts.find((one) => one.id === id);
  if (alert !== undefined) await dead(alert, reason);
}

const beyond = (a: Coordinate, b: Coordinate | undefined): boolean =>
  b === undefined || a.at > b.at || (a.at === b.at && a.index > b.index);
const text = (coordinate: Coordinate | undefined): string =>
  coordinate === undefined ? '' : JSON.stringify([String(coordinate.at), coordinate.index]);

function parse(metadata: string | undefined): Coordinate | undefined {
  if (metadata === undefined || metadata === '') return undefined;
  const [at, index] = JSON.parse(metadata) as [string, number];
  return { at: BigInt(at), index };
}

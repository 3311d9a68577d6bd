import type { Clock } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Delivery, Pace, Sink } from '../sink/sink.ts';
import type { Outbox, ReceiverState, Waiting } from '../store/outbox.ts';
import { afterFailure, afterGone, afterSuccess, BREAK_AFTER, type Failure } from './breaker.ts';
import { createLanes } from './lanes.ts';

/** The most deliveries one turn looks at. */
const TURN = 500;
const DEFAULT_PACE: Pace = { batch: 500, inFlight: 1 };
/** What was delivered is written down after this many calls at the latest: a crash repeats no more than these. */
const SETTLE_EVERY = 20;
/** A delivery whose first failure is this long ago is dead; a little more than the schedule of attempts. */
const HORIZON_MS = 76 * 3_600_000;

export type DeliverDeps = {
  readonly sink: Sink;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the outcomes of every call, for metrics and the evidence ledger. */
  readonly onOutcome: (sink: string, outcomes: readonly Delivery[]) => void;
  /** How long to wait after the n-th failed attempt (n from 1); undefined: give up, a dead delivery. */
  readonly retryDelayMs: (attempt: number) => number | undefined;
};

/**
 * At a start nothing waits out a time that was counted in a life before: a receiver that was left alone gets its trial
 * call at once, and so does every delivery of the others. One that asked for nothing more stays disabled.
 */
export function offerAgain(outbox: Outbox, sink: string, now: number): void {
  const receiver = outbox.receiver(sink);
  if (receiver.state === 'open') outbox.setReceiver(sink, { ...receiver, until: now });
  else outbox.hurry(sink);
}

/** What one turn did: how many deliveries it settled, and when there is something to do again (ms since the epoch). */
export type Turn = { readonly settled: number; readonly nextDue: number | undefined };

/**
 * One sink's side of the outbox. A delivery leaves the outbox only after the sink said it has the alert, so a crash
 * repeats calls (with the same id) and never loses one. Steps of one alert are sent in order; a receiver that fails is
 * left alone and tried with one call, and keeps none of the others waiting.
 */
export function createDelivery(deps: DeliverDeps): (signal: AbortSignal) => Promise<Turn> {
  const { sink, outbox, clock, logger, onOutcome } = deps;
  const { batch, inFlight, perSecond } = sink.pace ?? DEFAULT_PACE;
  let nextSlot = 0;
  let settled: string[] = [];
  let settledInTurn = 0;

  const flush = (): void => {
    outbox.delivered(sink.name, settled);
    settled = [];
  };

  const change = (judge: (before: ReceiverState) => ReceiverState): void => {
    const before = outbox.receiver(sink.name);
    const next = judge(before);
    // Written only when it is another: a write is a sync of the disk, and a receiver that is well has one for each call.
    if (next === before) return;
    outbox.setReceiver(sink.name, next);
    const { state, until, reason } = next;
    if (state === before.state) return;
    if (state === 'closed') logger.info({ sink: sink.name }, 'the receiver answers again');
    else if (state === 'disabled')
      logger.error({ sink: sink.name, reason }, 'the receiver wants nothing more and is disabled; what it did not take is kept');
    else
      logger.error(
        { sink: sink.name, reason, until: new Date(until).toISOString() },
        'the receiver fails and is left alone; nothing is skipped',
      );
  };

  /** Calls that were under way when the breaker opened say nothing new: only a trial makes its pause longer. */
  const failed = (failure: Failure, trial: boolean): void =>
    change((before) => (before.state === 'open' && !trial ? before : afterFailure(before, failure, clock.now())));

  const bury = (id: string, reason: string): void => {
    settledInTurn++;
    outbox.dead(sink.name, id, reason);
  };

  /** Writes down what became of one delivery; true: the later steps of its alert must wait. */
  const settle = (waiting: Waiting, outcome: Delivery, trial: boolean): boolean => {
    const { id, attempts, firstAt } = waiting;
    const at = clock.now();
    switch (outcome.outcome) {
      case 'stored':
      case 'duplicate':
      case 'skipped':
        settledInTurn++;
        settled.push(id);
        return false;
      case 'rejected':
        logger.error({ sink: sink.name, alert: id, reason: outcome.reason }, 'alert refused for good; kept as a dead delivery');
        bury(id, outcome.reason);
        return false;
      case 'gone':
        return true;
      case 'retry': {
        const delay = deps.retryDelayMs(attempts + 1);
        if ((!trial && delay === undefined) || at - (firstAt ?? at) >= HORIZON_MS) {
          logger.error({ sink: sink.name, alert: id, reason: outcome.reason }, 'gave up on a delivery; kept as a dead delivery');
          bury(id, `gave up: ${outcome.reason}`);
          return false;
        }
        const dueAt = trial ? {} : { dueAt: at + Math.max(delay ?? 0, outcome.retryAfterMs ?? 0) };
        outbox.postpone(sink.name, id, { ...dueAt, at, reason: outcome.reason });
        return true;
      }
    }
  };

  const call = async (items: readonly Waiting[], trial: boolean, signal: AbortSignal): Promise<ReadonlySet<string>> => {
    const stopped = new Set<string>();
    let outcomes: readonly Delivery[];
    try {
      outcomes = await sink.write(items, signal);
    } catch (error) {
      if (!signal.aborted) failed({ reason: messageOf(error), opens: 'at-once' }, trial);
      return new Set(items.map(({ lane }) => lane));
    }
    for (const [i, item] of items.entries()) {
      const outcome = outcomes[i] ?? { id: item.id, outcome: 'retry', reason: 'the sink gave no outcome' };
      if (settle(item, outcome, trial)) stopped.add(item.lane);
    }
    onOutcome(sink.name, outcomes);
    const verdict = verdictOf(outcomes);
    if (verdict === 'success') {
      const wasOpen = outbox.receiver(sink.name).state === 'open';
      change((before) => afterSuccess(before, clock.now()));
      // The receiver is back: nobody waits out a time that was counted for a receiver that was away.
      if (wasOpen) outbox.hurry(sink.name);
    } else if (verdict !== undefined) {
      if ('gone' in verdict) change((before) => afterGone(before, verdict.gone, clock.now()));
      else failed(verdict, trial);
    }
    if (settled.length >= SETTLE_EVERY) flush();
    return stopped;
  };

  /** Waits for its place in the rate that the receiver takes. */
  const slot = async (signal: AbortSignal): Promise<void> => {
    if (perSecond === undefined) return;
    const now = clock.now();
    nextSlot = Math.max(nextSlot, now);
    const wait = nextSlot - now;
    nextSlot += 1000 / perSecond;
    if (wait > 0) await clock.sleep(wait, signal);
  };

  const work = async (waiting: readonly Waiting[], trial: boolean, signal: AbortSignal): Promise<void> => {
    const lanes = createLanes(waiting);
    const running = new Set<Promise<void>>();
    const mayCall = (): boolean => {
      const { state, failures, until } = outbox.receiver(sink.name);
      if (signal.aborted || state === 'disabled' || (!trial && (state === 'open' || until > clock.now()))) return false;
      // A receiver that begins to fail is not called more often than it takes to be left alone.
      return running.size < Math.min(inFlight, Math.max(1, BREAK_AFTER - failures));
    };
    for (;;) {
      while (mayCall()) {
        const items = lanes.take(batch);
        if (items.length === 0) break;
        const one = slot(signal)
          .then(() => call(items, trial, signal))
          .then((stopped) => lanes.done(items, stopped))
          .finally(() => running.delete(one));
        running.add(one);
      }
      if (running.size === 0) return;
      await Promise.race(running);
    }
  };

  return async (signal) => {
    const now = clock.now();
    const receiver = outbox.receiver(sink.name);
    if (receiver.state === 'disabled') return { settled: 0, nextDue: undefined };
    if (receiver.until > now) return { settled: 0, nextDue: receiver.until };
    const trial = receiver.state === 'open';
    const oldest = trial ? outbox.oldest(sink.name) : undefined;
    const waiting = trial ? (oldest === undefined ? [] : [oldest]) : outbox.due(sink.name, now, TURN);
    if (waiting.length === 0) return { settled: 0, nextDue: outbox.nextDue(sink.name, now) };
    settledInTurn = 0;
    try {
      await work(waiting, trial, signal);
    } finally {
      flush();
    }
    const after = outbox.receiver(sink.name);
    const at = clock.now();
    if (after.state === 'disabled' || signal.aborted) return { settled: 0, nextDue: undefined };
    const nextDue = after.until > at ? after.until : outbox.due(sink.name, at, 1).length > 0 ? at : outbox.nextDue(sink.name, at);
    return { settled: settledInTurn, nextDue };
  };
}

/** What the outcomes of one call say about the receiver; undefined: nothing. */
function verdictOf(outcomes: readonly Delivery[]): 'success' | Failure | { readonly gone: string } | undefined {
  let failure: Failure | undefined;
  for (const outcome of outcomes) {
    if (outcome.outcome === 'gone') return { gone: outcome.reason };
    if (outcome.outcome === 'retry') {
      const { reason, concerns, retryAfterMs } = outcome;
      failure ??= { reason, opens: concerns === 'receiver' ? 'at-once' : 'in-a-row', retryAfterMs };
    } else if (outcome.outcome !== 'skipped') return 'success';
  }
  return failure;
}

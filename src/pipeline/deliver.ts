import type { Clock } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Delivery, Sink } from '../sink/sink.ts';
import type { AlertStore } from '../store/alerts.ts';

const BATCH = 500;
/** After a whole sink refused (access, template, unreachable): try again this much later. */
const SINK_PAUSE_MS = 30_000;

export type DeliverDeps = {
  readonly sink: Sink;
  readonly alerts: AlertStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the outcomes of every call, for metrics and the evidence ledger. */
  readonly onOutcome: (sink: string, outcomes: readonly Delivery[]) => void;
  /** How long to wait after the n-th failed attempt (n from 1); undefined: give up, a dead letter. */
  readonly retryDelayMs: (attempt: number) => number | undefined;
};

/** What one turn did: how many deliveries it settled, and when the next one is due (ms since the epoch). */
export type Turn = { readonly settled: number; readonly nextDue: number | undefined; readonly failure: string | undefined };

/**
 * One sink's side of the outbox. A delivery leaves the outbox only after the sink said it has the alert, so a crash
 * repeats calls (with the same id) and never loses one.
 */
export function createDelivery({
  sink,
  alerts,
  clock,
  logger,
  onOutcome,
  retryDelayMs,
}: DeliverDeps): (signal: AbortSignal) => Promise<Turn> {
  let pausedUntil = 0;

  const settle = (id: string, attempts: number, outcome: Delivery): void => {
    if (outcome.outcome === 'rejected') {
      logger.error({ sink: sink.name, alert: id, reason: outcome.reason }, 'alert refused for good; kept as a dead delivery');
      alerts.dead(sink.name, id, outcome.reason);
    } else if (outcome.outcome === 'retry' || outcome.outcome === 'gone') {
      const delay = ('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined) ?? retryDelayMs(attempts + 1);
      if (delay === undefined) alerts.dead(sink.name, id, `gave up after ${attempts + 1} attempts: ${outcome.reason}`);
      else alerts.retryAt(sink.name, id, clock.now() + delay, outcome.reason);
    }
  };

  return async (signal) => {
    const now = clock.now();
    if (now < pausedUntil) return { settled: 0, nextDue: pausedUntil, failure: undefined };
    const waiting = alerts.due(sink.name, now, BATCH);
    if (waiting.length === 0) return { settled: 0, nextDue: alerts.nextDue(sink.name), failure: undefined };
    try {
      const outcomes = await sink.write(waiting, signal);
      const attemptsOf = new Map(waiting.map(({ id, attempts }) => [id, attempts]));
      const done = outcomes
        .filter(({ outcome }) => outcome === 'stored' || outcome === 'duplicate' || outcome === 'skipped')
        .map(({ id }) => id);
      alerts.delivered(sink.name, done);
      for (const outcome of outcomes) settle(outcome.id, attemptsOf.get(outcome.id) ?? 0, outcome);
      onOutcome(sink.name, outcomes);
      return { settled: done.length, nextDue: alerts.nextDue(sink.name), failure: undefined };
    } catch (error) {
      if (signal.aborted) return { settled: 0, nextDue: undefined, failure: undefined };
      const failure = messageOf(error);
      pausedUntil = clock.now() + SINK_PAUSE_MS;
      logger.error(
        { sink: sink.name, waiting: waiting.length, error: failure },
        'sink refused the batch; nothing is skipped, next try in 30 s',
      );
      return { settled: 0, nextDue: pausedUntil, failure };
    }
  };
}

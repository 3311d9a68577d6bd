import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Sink } from '../../sink/sink.ts';
import type { SinkStatus } from '../status.ts';

/** The same sink, which says how its receiver does: without an outbox nobody else knows. */
export function stated(sink: Sink, kind: string, states: Map<string, SinkStatus>, clock: Clock): Sink {
  let failingSince: number | undefined;
  const say = (waiting: number, reason: string | undefined): void => {
    if (reason === undefined) failingSince = undefined;
    else failingSince ??= clock.now();
    const since = failingSince;
    states.set(sink.name, {
      name: sink.name,
      kind,
      state: since === undefined ? 'closed' : 'open',
      since: since === undefined ? undefined : new Date(since).toISOString(),
      reason,
      waiting,
      dead: 0,
      oldestSeconds: since === undefined ? 0 : (clock.now() - since) / 1000,
    });
  };
  say(0, undefined);
  return {
    ...sink,
    close: () => sink.close(),
    async write(alerts, signal) {
      try {
        const outcomes = await sink.write(alerts, signal);
        const again = outcomes.filter((one) => one.outcome === 'retry');
        say(again.length, again[0]?.reason);
        return outcomes;
      } catch (error) {
        if (!signal.aborted) say(alerts.length, messageOf(error));
        throw error;
      }
    },
  };
}

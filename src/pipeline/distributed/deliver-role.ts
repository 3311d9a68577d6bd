import type { Sink } from '../../sink/sink.ts';
import { traced } from '../observed.ts';
import { retryDelayMs } from '../retry-schedule.ts';
import type { SinkStatus } from '../status.ts';
import { deliverWorker } from './deliver.ts';
import { type Deployment, json, subscribe } from './deployment.ts';
import { stated } from './stated-sink.ts';

/** Gives the alerts to one sink, in a group of the sink; `stored` is told how many it took. */
export function deliverRole(
  deployment: Deployment,
  sink: Sink,
  sinkStates: Map<string, SinkStatus>,
  stored: (alerts: number) => void,
): Promise<void> {
  const { settings, transport, names, clock, logger, telemetry, deadLetters, facts, observed, meters } = deployment;
  const kind = settings.sinks.find(({ name }) => name === sink.name)?.kind ?? 'sink';
  const worker = deliverWorker({
    sink: stated(traced(sink, clock, telemetry), kind, sinkStates, clock),
    clock,
    logger,
    retryDelayMs: (attempt) => retryDelayMs(attempt, Math.random()),
    dead: (alert, reason) =>
      deadLetters.append(0, [{ key: alert.id, value: json({ sink: sink.name, alert: alert.id, reason, document: alert.document }) }]),
    evidence: { facts, observe: (name, outcomes) => observed((witness) => witness.delivered(name, outcomes, clock.now())) },
    onOutcome: (name, outcomes) => {
      meters.delivered(name, outcomes);
      stored(outcomes.filter(({ outcome }) => outcome === 'stored').length);
    },
  });
  const groupId = `${transport.prefix}-deliver-${sink.name}`;
  return subscribe(deployment, { topic: names.alerts, groupId, worker, stage: `deliver ${sink.name}` });
}

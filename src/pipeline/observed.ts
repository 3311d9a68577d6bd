import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import { messageOf } from '../shared/errors.ts';
import type { Sink } from '../sink/sink.ts';
import type { Store } from '../store/store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RulesetParts } from './engine.ts';
import type { SinkStatus } from './status.ts';

/** The same parts, whose decoding and matching is timed per batch. */
export function timedIngest<T extends Pick<RulesetParts, 'ingest'>>(parts: T, { metrics }: Pick<Telemetry, 'metrics'>): T {
  return {
    ...parts,
    ingest(...[records, normalizer, lateness]: Parameters<RulesetParts['ingest']>) {
      const begun = performance.now();
      const ingested = parts.ingest(records, normalizer, lateness);
      const source = records[0]?.source;
      if (source !== undefined) metrics.record('wardline.ingest.seconds', (performance.now() - begun) / 1000, { source });
      return ingested;
    },
  };
}

/** The same sink, with a span per call and its time. */
export function traced(sink: Sink, clock: Clock, { tracer, metrics }: Pick<Telemetry, 'tracer' | 'metrics'>): Sink {
  return {
    ...sink,
    close: () => sink.close(),
    async write(alerts, signal) {
      const begunAt = clock.now();
      const begun = performance.now();
      const tell = (more: Record<string, number>, error?: string): void =>
        tracer.span(
          'wardline.deliver',
          begunAt,
          clock.now(),
          { 'wardline.receiver': sink.name, 'wardline.alerts': alerts.length, ...more },
          error,
        );
      try {
        const outcomes = await sink.write(alerts, signal);
        const failed = outcomes.filter(({ outcome }) => outcome === 'retry' || outcome === 'rejected' || outcome === 'gone');
        tell({ 'wardline.failed': failed.length }, failed.length > 0 ? 'the receiver did not take all of them' : undefined);
        return outcomes;
      } catch (error) {
        tell({ 'wardline.failed': alerts.length }, messageOf(error));
        throw error;
      } finally {
        metrics.record('wardline.delivery.seconds', (performance.now() - begun) / 1000, { receiver: sink.name });
      }
    },
  };
}

/** Receivers as the outbox knows them. */
export function sinkStatuses({ outbox }: Store, { sinks }: Settings, now: number): readonly SinkStatus[] {
  return sinks.map(({ name, kind }) => {
    const { state, since, reason } = outbox.receiver(name);
    const { waiting, dead, firstFailedAt } = outbox.unsettled(name);
    return {
      name,
      kind,
      state,
      since: since === 0 ? undefined : new Date(since).toISOString(),
      reason,
      waiting,
      dead,
      oldestSeconds: firstFailedAt === undefined ? 0 : Math.max(0, now - firstFailedAt) / 1000,
    };
  });
}

import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Logger } from '../shared/logger.ts';
import { VERSION } from '../shared/version.ts';
import { createLogger, type LogLevel } from './log.ts';
import { createMetrics, type Metrics, silentMetrics } from './metrics.ts';
import { createPush } from './otlp.ts';
import type { TelemetrySettings } from './settings.ts';
import { silentTracer, type Tracer } from './tracer.ts';

/** What the process tells of itself: counters, spans, the log. */
export type Telemetry = {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly logger: Logger;
  /** The metrics as they stand, in Prometheus text; nothing where nobody asked for metrics. */
  exposition(): Promise<string>;
  /** Sends what is waiting. */
  shutdown(): Promise<void>;
};

/** For runs that nobody watches: one-shot commands, tests. */
export function silentTelemetry(logger: Logger): Telemetry {
  return { metrics: silentMetrics, tracer: silentTracer, logger, exposition: async () => '', shutdown: async () => undefined };
}

/**
 * `pulled`: somebody may ask for the metrics; with that or a collector they are kept, else nothing is counted. `write` takes
 * the lines of the log instead of standard error.
 */
export function createTelemetry(settings: TelemetrySettings, level: LogLevel, pulled: boolean, write?: (line: string) => void): Telemetry {
  if (!pulled && settings.otlp === undefined) return silentTelemetry(createLogger(level, undefined, write));
  const resource = resourceFromAttributes({
    'service.name': settings.serviceName,
    'service.version': VERSION,
    'service.instance.id': settings.instance ?? `${hostname()}:${process.pid}`,
  });
  const push = settings.otlp === undefined ? undefined : createPush(settings.otlp, resource);
  const metrics = createMetrics(resource, push?.readers ?? []);
  observeProcess(metrics);
  metrics.observe('wardline.telemetry.dropped', () => [[push?.dropped() ?? 0]]);
  return {
    metrics,
    tracer: push?.tracer ?? silentTracer,
    logger: createLogger(level, push?.log, write),
    exposition: metrics.exposition,
    async shutdown() {
      await Promise.allSettled([metrics.shutdown(), push?.shutdown()]);
    },
  };
}

function observeProcess(metrics: Metrics): void {
  let busy = performance.eventLoopUtilization();
  metrics.observe('wardline.build.info', () => [[1, { version: VERSION }]]);
  metrics.observe('wardline.process.start_time_seconds', () => [[Math.round(performance.timeOrigin) / 1000]]);
  metrics.observe('wardline.process.resident_bytes', () => [[process.memoryUsage.rss()]]);
  metrics.observe('wardline.process.heap_bytes', () => [[process.memoryUsage().heapUsed]]);
  metrics.observe('wardline.process.cpu_seconds', () => {
    const { user, system } = process.cpuUsage();
    return [[(user + system) / 1e6]];
  });
  metrics.observe('wardline.process.event_loop_busy', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, busy);
    busy = now;
    return [[utilization]];
  });
}

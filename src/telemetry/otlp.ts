import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type SpanExporter, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { Secret } from '../shared/secret.ts';
import type { TelemetrySettings } from './settings.ts';
import { type Attributes, createTracer, type Tracer } from './tracer.ts';

type OtlpSettings = NonNullable<TelemetrySettings['otlp']>;

export type Push = {
  readonly readers: readonly IMetricReader[];
  readonly tracer: Tracer | undefined;
  /** One line of the log. `severity`: a number of the OTLP data model. */
  readonly log: ((severity: number, text: string, body: string, attributes: Attributes, time: number) => void) | undefined;
  /** Spans and log lines that no collector took. */
  dropped(): number;
  shutdown(): Promise<void>;
};

/** The push side of telemetry. Failed calls are tried again, then given up: telemetry never holds up the events. The collector is named in the settings; headers are secrets and stay in this function. */
export function createPush(settings: OtlpSettings, resource: Resource): Push {
  const base = (settings.endpoint instanceof Secret ? settings.endpoint.reveal() : settings.endpoint).replace(/\/$/, '');
  const headers = Object.fromEntries(Object.entries(settings.headers).map(([name, value]) => [name, value.reveal()]));
  const to = (signal: string) => ({ url: `${base}/v1/${signal}`, headers, timeoutMillis: settings.timeout });
  const has = (signal: OtlpSettings['signals'][number]): boolean => settings.signals.includes(signal);
  let lost = 0;
  const counting = <T extends { length: number }, E extends { export(items: T, done: (result: { code: number }) => void): void }>(
    exporter: E,
  ): E => {
    const send = exporter.export.bind(exporter);
    exporter.export = (items: T, done: (result: { code: number }) => void) =>
      send(items, (result) => {
        if (result.code !== 0) lost += items.length;
        done(result);
      });
    return exporter;
  };

  const spans = has('traces')
    ? new TracerProvider({
        resource,
        sampler: new TraceIdRatioBasedSampler(settings.traceRatio),
        spanProcessors: [new BatchSpanProcessor({ exporter: counting(new OTLPTraceExporter(to('traces')) as SpanExporter) })],
      })
    : undefined;
  const logs = has('logs')
    ? new LoggerProvider({
        resource,
        processors: [new BatchLogRecordProcessor({ exporter: counting(new OTLPLogExporter(to('logs')) as LogRecordExporter) })],
      })
    : undefined;
  const lines = logs?.getLogger('wardline');
  return {
    readers: has('metrics')
      ? [
          new PeriodicExportingMetricReader({
            exporter: new OTLPMetricExporter(to('metrics')),
            exportIntervalMillis: settings.interval,
            exportTimeoutMillis: Math.min(settings.interval, settings.timeout),
          }),
        ]
      : [],
    tracer: spans === undefined ? undefined : createTracer(spans.getTracer('wardline')),
    log:
      lines === undefined
        ? undefined
        : (severityNumber, severityText, body, attributes, timestamp) =>
            lines.emit({ severityNumber, severityText, body, attributes, timestamp }),
    dropped: () => lost,
    async shutdown() {
      await Promise.allSettled([spans?.shutdown(), logs?.shutdown()]);
    },
  };
}

import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Resource } from '@opentelemetry/resources';
import { AggregationType, type IMetricReader, InstrumentType, MeterProvider } from '@opentelemetry/sdk-metrics';
import { type CounterName, type GaugeName, type HistogramName, INSTRUMENTS, type InstrumentName } from './instruments.ts';

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [value: number, labels?: Labels];

/** What the engine counts into. Values are added once per batch, never per event: an addition costs about a microsecond. */
export type Metrics = {
  add(name: CounterName, value: number, labels?: Labels): void;
  record(name: HistogramName, value: number, labels?: Labels): void;
  /** `read` is asked whenever somebody collects. */
  observe(name: GaugeName, read: () => Iterable<Sample>): void;
};

export const silentMetrics: Metrics = { add() {}, record() {}, observe() {} };

/** Seconds; from a tenth of a millisecond, a small batch, to an hour, an event that comes late. */
const BUCKETS = [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600];
/** Series of one metric: a label is a rule, and there may be thousands. */
const MAX_SERIES = 10_000;

export type MeterParts = Metrics & {
  /** Prometheus text format 0.0.4 of everything as it stands. */
  exposition(): Promise<string>;
  shutdown(): Promise<void>;
};

/** Every instrument of the list on one OpenTelemetry meter, read by Prometheus and by `readers`. */
export function createMetrics(resource: Resource, readers: readonly IMetricReader[]): MeterParts {
  // The exporter is the reader; the admin server answers, so that there is one port and one guard.
  const pull = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const provider = new MeterProvider({
    resource,
    readers: [pull, ...readers],
    views: [
      { instrumentType: InstrumentType.COUNTER, aggregationCardinalityLimit: MAX_SERIES },
      { instrumentType: InstrumentType.OBSERVABLE_GAUGE, aggregationCardinalityLimit: MAX_SERIES },
      {
        instrumentType: InstrumentType.HISTOGRAM,
        aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: BUCKETS, recordMinMax: false } },
        aggregationCardinalityLimit: MAX_SERIES,
      },
    ],
  });
  const meter = provider.getMeter('wardline');
  const counters = new Map<InstrumentName, { add(value: number, labels?: Labels): void }>();
  const histograms = new Map<InstrumentName, { record(value: number, labels?: Labels): void }>();
  const reads = new Map<InstrumentName, (() => Iterable<Sample>)[]>();
  for (const { name, kind, unit, description } of INSTRUMENTS) {
    const options = { description, unit };
    if (kind === 'counter') counters.set(name, meter.createCounter(name, options));
    else if (kind === 'histogram') histograms.set(name, meter.createHistogram(name, options));
    else
      meter.createObservableGauge(name, options).addCallback((result) => {
        for (const read of reads.get(name) ?? []) for (const [value, labels] of read()) result.observe(value, labels);
      });
  }
  return {
    add: (name, value, labels) => counters.get(name)?.add(value, labels),
    record: (name, value, labels) => histograms.get(name)?.record(value, labels),
    observe(name, read) {
      reads.set(name, [...(reads.get(name) ?? []), read]);
    },
    async exposition() {
      const { resourceMetrics, errors } = await pull.collect();
      if (errors.length > 0) throw errors[0];
      return serializer.serialize(resourceMetrics);
    },
    shutdown: () => provider.shutdown(),
  };
}

import { type Tracer as OtelTracer, SpanKind, SpanStatusCode } from '@opentelemetry/api';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Spans of Wardline itself: a batch, a delivery. Told when they are over, so that nothing is held open between. */
export type Tracer = {
  /** Times are ms since the epoch; `error` marks the span as failed. */
  span(name: string, startedAt: number, endedAt: number, attributes: Attributes, error?: string): void;
};

export const silentTracer: Tracer = { span() {} };

export function createTracer(tracer: OtelTracer): Tracer {
  return {
    span(name, startedAt, endedAt, attributes, error) {
      const span = tracer.startSpan(name, { startTime: startedAt, attributes, kind: SpanKind.INTERNAL });
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end(endedAt);
    },
  };
}

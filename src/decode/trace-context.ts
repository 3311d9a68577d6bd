import type { JsonObject } from '../shared/json.ts';

/** The trace and span that a record belongs to by its headers, as ECS fields. */
export type TraceContext = { readonly 'trace.id': string; readonly 'span.id': string };

/** `traceparent` of W3C Trace Context, also in CloudEvents: version, trace, span, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/;
/** `b3` of Zipkin: trace, span, and more behind them. */
const B3 = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-|$)/;
/** `uber-trace-id` of Jaeger: trace, span, parent, flags; leading zeroes may be missing. */
const UBER = /^([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{1,16}:[0-9a-f]{1,2}$/;

const READERS: readonly (readonly [header: string, form: RegExp])[] = [
  ['traceparent', TRACEPARENT],
  ['ce_traceparent', TRACEPARENT],
  ['b3', B3],
  ['uber-trace-id', UBER],
];

/** Header names count in lower case; undefined where none says anything usable. */
export function traceContextOf(headers: ReadonlyMap<string, string>): TraceContext | undefined {
  if (headers.size === 0) return undefined;
  for (const [name, form] of READERS) {
    const m = form.exec(headers.get(name)?.toLowerCase() ?? '');
    const found = m === null ? undefined : contextOf(m[1], m[2]);
    if (found !== undefined) return found;
  }
  return contextOf(headers.get('x-b3-traceid')?.toLowerCase(), headers.get('x-b3-spanid')?.toLowerCase());
}

function contextOf(trace: string | undefined, span: string | undefined): TraceContext | undefined {
  if (trace === undefined || span === undefined) return undefined;
  if (!/^[0-9a-f]{1,32}$/.test(trace) || !/^[0-9a-f]{1,16}$/.test(span) || /^0*$/.test(trace) || /^0*$/.test(span)) return undefined;
  return { 'trace.id': trace.padStart(32, '0'), 'span.id': span.padStart(16, '0') };
}

/** What a log record of OTLP tells about the line in its body, by the names of ECS. */
export function contextOfLog({ traceId, spanId, timeUnixNano, observedTimeUnixNano, attributes, resource, scope }: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries({
      'trace.id': traceId,
      'span.id': spanId,
      'wardline.envelope.time': timeUnixNano ?? observedTimeUnixNano,
      'otel.attributes': attributes,
      'otel.resource': resource,
      'otel.scope': scope,
    }).filter(([, value]) => value !== undefined),
  ) as JsonObject;
}

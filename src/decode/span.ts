import type { JsonObject, JsonValue } from '../shared/json.ts';

/** Names of kinds in Jaeger and Zipkin as the numbers of OTLP. */
export const SPAN_KINDS: ReadonlyMap<string, number> = new Map([
  ['INTERNAL', 1],
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
]);

/** An id in hex as OTLP has it: lower case, full length; undefined where there is none. */
export function padded(value: JsonValue | undefined, digits: number): string | undefined {
  if (typeof value !== 'string' || !/^[0-9a-fA-F]{1,32}$/.test(value) || /^0+$/.test(value)) return undefined;
  return value.toLowerCase().padStart(digits, '0');
}

/** What spans of other systems say of success, by the tags OpenTelemetry gives them (OTel specification, Zipkin and Jaeger export). */
export function statusOf(tags: JsonObject): JsonObject | undefined {
  const { error } = tags;
  const code = String(tags['otel.status_code'] ?? '').toUpperCase();
  const failed = code === 'ERROR' || (error !== undefined && error !== false && error !== 'false');
  if (!failed) return code === 'OK' ? { code: 1 } : undefined;
  const message = tags['otel.status_description'] ?? (typeof error === 'string' && error !== 'true' ? error : undefined);
  return { code: 2, ...(message === undefined ? {} : { message }) };
}

export function timesOf(
  startNanos: bigint | undefined,
  durationNanos: bigint | undefined,
): { readonly startTimeUnixNano?: string; readonly endTimeUnixNano?: string } {
  if (startNanos === undefined) return {};
  return {
    startTimeUnixNano: String(startNanos),
    ...(durationNanos === undefined ? {} : { endTimeUnixNano: String(startNanos + durationNanos) }),
  };
}

type Reference = { readonly traceId: string | undefined; readonly spanId: string | undefined; readonly isChild: boolean };

/** The first span of the same trace that it is a child of is the parent; every other one is a link. */
export function childAndLinks(
  traceId: string | undefined,
  references: readonly Reference[],
): { readonly parentSpanId: string | undefined; readonly links: readonly JsonObject[] | undefined } {
  const parent = references.find((one) => one.isChild && one.traceId === traceId) ?? references.find((one) => one.traceId === traceId);
  const links = references
    .filter((one) => one !== parent)
    .map((one) => ({
      ...(one.traceId === undefined ? {} : { traceId: one.traceId }),
      ...(one.spanId === undefined ? {} : { spanId: one.spanId }),
    }));
  return { parentSpanId: parent?.spanId, links: links.length === 0 ? undefined : links };
}

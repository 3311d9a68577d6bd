import type { Clock } from '../../shared/clock.ts';
import { isObject } from '../../shared/json.ts';
import { createHttpClient, type HttpAnswer } from '../http/client.ts';
import { inOneRequest, type WholeAnswer } from '../http/one-request.ts';
import type { Sink } from '../sink.ts';
import { exportRequest } from './log-record.ts';
import { encodeExportRequest, rejectedRecords } from './protobuf.ts';
import type { OtlpSinkSettings } from './settings.ts';

/**
 * Alerts as log records by OTLP/HTTP in protobuf or JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp); `url` is the whole
 * one, mostly ending in /v1/logs.
 */
export function createOtlpSink(settings: OtlpSinkSettings, clock: Clock): Sink {
  const http = createHttpClient(settings, clock);
  return {
    name: settings.name,
    pace: { batch: 200, inFlight: 1 },
    write: (alerts, signal) =>
      inOneRequest(alerts, async (part) => {
        const request = exportRequest(part, settings.serviceName);
        const [type, body] =
          settings.encoding === 'json'
            ? (['application/json', JSON.stringify(request)] as const)
            : (['application/x-protobuf', encodeExportRequest(request)] as const);
        return judged(await http.send({ headers: { 'content-type': type }, body }, signal), settings.encoding);
      }),
    close: http.close,
  };
}

/** A receiver may take a request and say in the body that it refused some of its records. */
function judged(answer: HttpAnswer, encoding: OtlpSinkSettings['encoding']): WholeAnswer {
  if ('failed' in answer || answer.status !== 200 || answer.bytes.length === 0) return answer;
  const rejected = encoding === 'json' ? rejectedOf(answer.text) : rejectedRecords(answer.bytes);
  return rejected > 0 ? { refused: 'the receiver rejected log records' } : answer;
}

function rejectedOf(text: string): number {
  let partial: unknown;
  try {
    partial = (JSON.parse(text) as { partialSuccess?: unknown }).partialSuccess;
  } catch {
    return 0;
  }
  return isObject(partial) ? Number(partial['rejectedLogRecords'] ?? 0) : 0;
}

import type { Clock } from '../../shared/clock.ts';
import { isObject } from '../../shared/json.ts';
import { createHttpClient, type HttpAnswer } from '../http/client.ts';
import { inOneRequest, type WholeAnswer } from '../http/one-request.ts';
import type { Sink } from '../sink.ts';
import { exportRequest } from './log-record.ts';
import type { OtlpSinkSettings } from './settings.ts';

/**
 * Alerts as log records by OTLP/HTTP in JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp); `url` is the whole
 * one, mostly ending in /v1/logs.
 */
export function createOtlpSink(settings: OtlpSinkSettings, clock: Clock): Sink {
  const http = createHttpClient(settings, clock);
  return {
    name: settings.name,
    pace: { batch: 200, inFlight: 1 },
    write: (alerts, signal) =>
      inOneRequest(alerts, async (part) => {
        const body = JSON.stringify(exportRequest(part, settings.serviceName));
        return judged(await http.send({ headers: { 'content-type': 'application/json' }, body }, signal));
      }),
    close: http.close,
  };
}

/** A receiver may take a request and say in the body that it refused some of its records. */
function judged(answer: HttpAnswer): WholeAnswer {
  if ('failed' in answer || answer.status !== 200 || answer.text.trim() === '') return answer;
  let partial: unknown;
  try {
    partial = (JSON.parse(answer.text) as { partialSuccess?: unknown }).partialSuccess;
  } catch {
    return answer;
  }
  const rejected = isObject(partial) ? Number(partial['rejectedLogRecords'] ?? 0) : 0;
  return rejected > 0 ? { refused: 'the receiver rejected log records' } : answer;
}

import { parseIsoTime } from '../../event/time.ts';
import type { Clock } from '../../shared/clock.ts';
import { factsOf, shown } from '../facts.ts';
import { createHttpClient } from '../http/client.ts';
import { inOneRequest } from '../http/one-request.ts';
import type { AlertDocument, Sink } from '../sink.ts';
import type { LokiSinkSettings } from './settings.ts';

/**
 * Alerts to Loki by its push API (https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs): a line is
 * the alert document. Labels are few and none comes from event data. Loki takes the same line at the same time once.
 */
export function createLokiSink(settings: LokiSinkSettings, clock: Clock): Sink {
  const http = createHttpClient(settings, clock);
  return {
    name: settings.name,
    pace: { batch: 200, inFlight: 1 },
    write: (alerts, signal) =>
      inOneRequest(alerts, (part) =>
        http.send({ headers: { 'content-type': 'application/json' }, body: pushBody(part, settings.labels) }, signal),
      ),
    close: http.close,
  };
}

function pushBody(alerts: readonly AlertDocument[], fixed: Readonly<Record<string, string>>): string {
  const streams = new Map<string, { readonly stream: object; readonly values: [string, string][] }>();
  for (const alert of alerts) {
    const { level, tenant, time } = factsOf(alert);
    const stream = { ...fixed, severity: level, tenant: shown(tenant, 63) };
    const key = `${level} ${stream.tenant}`;
    const entry = streams.get(key) ?? { stream, values: [] };
    entry.values.push([String(parseIsoTime(time)?.time ?? 0n), JSON.stringify(alert.document)]);
    streams.set(key, entry);
  }
  return JSON.stringify({ streams: [...streams.values()] });
}

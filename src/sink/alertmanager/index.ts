import type { Clock } from '../../shared/clock.ts';
import { factsOf, shown } from '../facts.ts';
import { createHttpClient } from '../http/client.ts';
import { inOneRequest } from '../http/one-request.ts';
import type { AlertDocument, Sink } from '../sink.ts';
import { labelsOf } from '../webhook/payloads/alertmanager.ts';
import type { AlertmanagerSinkSettings } from './settings.ts';

const PATH = '/api/v2/alerts';
/** Its clock may be so far behind ours: an end that lies ahead for it does not end an alert that was to go on for longer. */
const SKEW_MS = 60_000;

/**
 * Alerts to Alertmanager by its API v2 (`POST /api/v2/alerts`). It knows an alert by its labels, so every step of one
 * alert is the same alert there: told again it goes on, with an end in its past it is over. The end is always given, since
 * Alertmanager takes an alert without one for over after its `resolve_timeout`.
 */
export function createAlertmanagerSink(settings: AlertmanagerSinkSettings, clock: Clock): Sink {
  const http = createHttpClient(settings, clock);
  return {
    name: settings.name,
    // One call at a time: a later step of an alert must not arrive before an earlier one.
    pace: { batch: 100, inFlight: 1 },
    write: (alerts, signal) =>
      inOneRequest(alerts, (part) => {
        const body = JSON.stringify(part.map((alert) => postable(alert, settings, clock.now())));
        return http.send({ path: PATH, headers: { 'content-type': 'application/json' }, body }, signal);
      }),
    close: http.close,
  };
}

function postable(alert: AlertDocument, { labels, validFor }: AlertmanagerSinkSettings, now: number): object {
  const facts = factsOf(alert);
  // An event from the future would start after it ends, which is refused.
  const starts = Math.min(Date.parse(facts.opened) || now, now);
  const ends = facts.open ? now + validFor : Math.max(starts, Math.min(Date.parse(facts.time) || now, now - SKEW_MS));
  return {
    labels: { ...labels, ...labelsOf(facts) },
    annotations: {
      summary: shown(facts.title, 200),
      description: shown(facts.reason, 2000),
      alert_id: shown(facts.alert, 100),
      event_id: shown(facts.id, 100),
      ...(facts.runbook === undefined ? {} : { runbook_url: facts.runbook }),
    },
    startsAt: new Date(starts).toISOString(),
    endsAt: new Date(ends).toISOString(),
    ...(facts.url === undefined ? {} : { generatorURL: facts.url }),
  };
}

import type { JsonObject, JsonValue } from '../shared/json.ts';
import type { AlertFacts } from './facts.ts';
import { labelText } from './labels.ts';
import type { Notification } from './reducer.ts';

/** Alerts written out in one notification; `count` is the truth. */
const MAX_ALERTS = 50;
const MAX_TITLES = 3;

/**
 * The document of a notification: the leading alert's newest one, so that every payload can show it, under the id of the
 * notification, with all alerts of the group under `wardline.notification`.
 */
export function notificationDocument(
  notification: Notification,
  leading: JsonObject,
): { readonly id: string; readonly document: JsonObject } {
  const { id, receiver, groupKey, groupLabels, at, status, reason, alerts } = notification;
  const wardline: Record<string, JsonValue> = {
    ...((leading['wardline'] ?? {}) as JsonObject),
    notification: {
      receiver,
      group_key: groupKey,
      group: { ...groupLabels },
      status,
      reason,
      at: new Date(at).toISOString(),
      count: alerts.length,
      alerts: alerts.slice(0, MAX_ALERTS).map(alertOf),
    },
  };
  const event = { ...((leading['event'] ?? {}) as JsonObject), id };
  const message = alerts.length > 1 ? titleOf(alerts) : String(leading['message'] ?? '');
  return { id, document: { ...leading, message, event, wardline } };
}

function alertOf(alert: AlertFacts): JsonObject {
  const { id, status, startsAt, endsAt, summary, reason, url, labels } = alert;
  return {
    id,
    status,
    severity: labelText(labels, 'severity'),
    summary,
    reason,
    starts: startsAt,
    ...(endsAt === undefined ? {} : { ends: endsAt }),
    ...(url === undefined ? {} : { url }),
    labels: Object.fromEntries(
      Object.entries(labels).map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : [...values]]),
    ),
  };
}

function titleOf(alerts: readonly AlertFacts[]): string {
  const titles = [...new Set(alerts.map(({ summary }) => summary))];
  const shown = titles.slice(0, MAX_TITLES).join(', ');
  return `${alerts.length} alerts: ${shown}${titles.length > MAX_TITLES ? ` and ${titles.length - MAX_TITLES} more kinds` : ''}`;
}

import type { Inhibitions } from './inhibition.ts';
import type { Notification, NotifyDecision } from './reducer.ts';
import type { Route } from './route.ts';
import type { SilencedBy } from './silence.ts';
import type { Group, Known } from './state.ts';
import { isWithin, type TimeInterval } from './time-interval.ts';

export type FlushContext = {
  readonly find: (id: string) => Known | undefined;
  readonly silences: SilencedBy;
  readonly inhibitions: Inhibitions;
  readonly intervals: ReadonlyMap<string, TimeInterval>;
};

export type FlushPlan = {
  /** Undefined: there is nothing to tell. */
  readonly reason: Notification['reason'] | undefined;
  readonly telling: readonly Known[];
  /** Alerts that are not told of, and why. */
  readonly kept: readonly Pick<NotifyDecision, 'alert' | 'decision' | 'by'>[];
  /** Alerts that leave the group. */
  readonly done: readonly string[];
};

/**
 * What a group that is due tells its receiver. As in Alertmanager something is told when an alert is new, changed for the
 * worse or over, or when what fires was last told `repeatInterval` ago. Unlike there, an alert that was over before it could
 * be told is told all the same: a short attack is one.
 */
export function planFlush(group: Group, route: Route, at: number, context: FlushContext): FlushPlan {
  const alerts = [...group.alerts].map(context.find).filter((alert) => alert !== undefined);
  const muted = mutedBy(route, at, context.intervals);
  if (muted !== undefined)
    return { reason: undefined, telling: [], kept: alerts.map(({ id }) => ({ alert: id, decision: 'muted', by: muted })), done: [] };
  const kept: Pick<NotifyDecision, 'alert' | 'decision' | 'by'>[] = [];
  const told: Known[] = [];
  for (const alert of alerts) {
    const silence = context.silences(alert.labels, at);
    const inhibitor = silence === undefined ? context.inhibitions.inhibitorOf(alert, at, context.find) : undefined;
    if (silence !== undefined) kept.push({ alert: alert.id, decision: 'silenced', by: silence });
    else if (inhibitor !== undefined) kept.push({ alert: alert.id, decision: 'inhibited', by: `${inhibitor.rule} by ${inhibitor.alert}` });
    else told.push(alert);
  }
  const reason = reasonOf(told, group, route, at);
  const over = alerts.filter(({ status }) => status === 'resolved').map(({ id }) => id);
  const quiet = new Set(kept.map(({ alert }) => alert));
  return {
    reason,
    telling: reason === undefined ? [] : [...told].sort(bySeverity),
    kept,
    // The end of an alert is told once, or not at all where it is silenced or inhibited.
    done: over.filter((id) => reason !== undefined || quiet.has(id)),
  };
}

function reasonOf(alerts: readonly Known[], { told, toldAt }: Group, { repeatIntervalMs }: Route, at: number): FlushPlan['reason'] {
  if (alerts.some(({ id }) => !told.has(id))) return 'new';
  const changed = alerts.some(({ id, status, severity }) => {
    const before = told.get(id);
    return status === 'firing' && before !== undefined && (before.status === 'resolved' || severity > before.severity);
  });
  if (changed) return 'changed';
  if (alerts.some(({ id, status }) => status === 'resolved' && told.get(id)?.status === 'firing')) return 'resolved';
  const waits = alerts.some(({ status, acknowledged }) => status === 'firing' && !acknowledged);
  return waits && toldAt !== undefined && at - toldAt >= repeatIntervalMs ? 'repeat' : undefined;
}

/** The interval that mutes a route now, or the one that it is active in and that is not now. */
export function mutedBy({ mute, active }: Route, at: number, intervals: ReadonlyMap<string, TimeInterval>): string | undefined {
  const within = (name: string): boolean => {
    const interval = intervals.get(name);
    return interval !== undefined && isWithin(interval, at);
  };
  const muting = mute.find(within);
  if (muting !== undefined) return muting;
  return active.length > 0 && !active.some(within) ? `outside ${active.join(', ')}` : undefined;
}

function bySeverity(a: Known, b: Known): number {
  if (a.status !== b.status) return a.status === 'firing' ? -1 : 1;
  if (a.severity !== b.severity) return b.severity - a.severity;
  return a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : a.id < b.id ? -1 : 1;
}

import { tupleId } from '../shared/digest.ts';
import type { JsonValue } from '../shared/json.ts';
import type { AlertFacts } from './facts.ts';
import { planFlush } from './flush.ts';
import { createInhibitions } from './inhibition.ts';
import { labelText } from './labels.ts';
import { compileRoute, type Route, routesByPath, routesFor } from './route.ts';
import type { NotifySettings, Silence } from './settings.ts';
import { createSilences } from './silence.ts';
import { decodeState, emptyState, encodeState, type Group, type Known } from './state.ts';

/** One message to one receiver about the alerts of a group. */
export type Notification = {
  /** From receiver, group and time: the same after a restart. */
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  /** ms since the epoch */
  readonly at: number;
  readonly status: 'firing' | 'resolved';
  /** Why now. */
  readonly reason: 'new' | 'changed' | 'resolved' | 'repeat';
  /** Those that fire, and those whose end is told now; the most severe first. */
  readonly alerts: readonly AlertFacts[];
};

/** What was decided about notifying of an alert; `by` names the silence, the inhibiting alert, the interval. */
export type NotifyDecision = {
  readonly at: number;
  readonly alert: string;
  readonly receiver: string;
  readonly decision: 'waiting' | 'notified' | 'silenced' | 'inhibited' | 'muted' | 'building_block' | 'dropped';
  readonly by: string | undefined;
};

export type NotifyOutput = { readonly notifications: readonly Notification[]; readonly decisions: readonly NotifyDecision[] };

/** Alerts kept; beyond, the one that came first is forgotten and counted: its group may be told less, never a silence more. */
const MAX_ALERTS = 100_000;

/**
 * Routes, groups, inhibits and silences: a reducer over alerts and the passing of time. Everything is decided when a group
 * is due, from what is known then; the clock comes in as `at` (ms since the epoch).
 */
export type Notifier = {
  alert(facts: AlertFacts, at: number): NotifyOutput;
  /** Silences beside those of the settings, in place of the ones before. */
  silence(recorded: readonly Silence[]): void;
  tick(at: number): NotifyOutput;
  /** Nothing more will come: groups that hold something untold are due at once. */
  settle(at: number): NotifyOutput;
  /** When the next group is due, ms since the epoch. */
  nextDue(): number | undefined;
  snapshot(): JsonValue;
};

export function createNotifier(settings: NotifySettings, snapshot?: JsonValue, maxAlerts = MAX_ALERTS): Notifier {
  const root = compileRoute(settings.route);
  const routes = routesByPath(root);
  const inhibitions = createInhibitions(settings.inhibit);
  let silences = createSilences(settings.silences);
  const intervals = new Map(settings.timeIntervals.map((interval) => [interval.name, interval]));
  const state = snapshot === undefined ? emptyState() : decodeState(snapshot);
  const find = (id: string): Known | undefined => state.alerts.get(id);
  for (const alert of state.alerts.values()) inhibitions.add(alert);

  const decide = (
    out: NotifyDecision[],
    group: Group,
    receiver: string,
    at: number,
    alert: string,
    decision: NotifyDecision['decision'],
    by?: string,
  ): void => {
    const text = by === undefined ? decision : `${decision} ${by}`;
    if (group.decided.get(alert) === text) return;
    group.decided.set(alert, text);
    out.push({ at, alert, receiver, decision, by });
  };

  const admit = (alert: Known, at: number, out: NotifyDecision[]): void => {
    for (const route of routesFor(root, alert.labels)) {
      const { key, labels } = groupOf(route, alert);
      let group = state.groups.get(key);
      if (group === undefined) {
        group = {
          route: route.path,
          labels,
          alerts: new Set(),
          told: new Map(),
          decided: new Map(),
          dueAt: at + route.groupWaitMs,
          toldAt: undefined,
        };
        state.groups.set(key, group);
      }
      if (group.alerts.has(alert.id)) continue;
      group.alerts.add(alert.id);
      decide(out, group, route.receiver, at, alert.id, 'waiting');
    }
  };

  const forgetAlert = (id: string): void => {
    state.alerts.delete(id);
    inhibitions.remove(id);
  };

  const makeRoom = (at: number, out: NotifyDecision[]): void => {
    if (state.alerts.size < maxAlerts) return;
    const [oldest] = state.alerts.keys();
    if (oldest === undefined) return;
    forgetAlert(oldest);
    state.dropped++;
    for (const [key, group] of state.groups) {
      if (!group.alerts.delete(oldest)) continue;
      out.push({
        at,
        alert: oldest,
        receiver: routes.get(group.route)?.receiver ?? '',
        decision: 'dropped',
        by: `more than ${maxAlerts} alerts`,
      });
      if (group.alerts.size === 0) state.groups.delete(key);
    }
  };

  /** Alerts that are over, told everywhere and no source any more. */
  const sweep = (at: number): void => {
    const held = new Set([...state.groups.values()].flatMap(({ alerts }) => [...alerts]));
    for (const [id, { resolvedAt }] of state.alerts)
      if (resolvedAt !== undefined && !held.has(id) && at - resolvedAt >= inhibitions.longestForMs) forgetAlert(id);
  };

  const flush = (key: string, group: Group, route: Route, at: number, out: NotifyDecision[]): Notification | undefined => {
    const plan = planFlush(group, route, at, { find, silences, inhibitions, intervals });
    for (const { alert, decision, by } of plan.kept) decide(out, group, route.receiver, at, alert, decision, by);
    for (const { id, status, severity } of plan.telling) {
      group.told.set(id, { status, severity });
      decide(out, group, route.receiver, at, id, 'notified', plan.reason);
    }
    for (const id of plan.done) {
      group.alerts.delete(id);
      group.told.delete(id);
      group.decided.delete(id);
    }
    if (group.alerts.size === 0) state.groups.delete(key);
    if (plan.reason === undefined) return undefined;
    group.toldAt = at;
    const status = plan.telling.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved';
    const id = tupleId(['n1', route.receiver, key, String(at)]);
    return {
      id,
      receiver: route.receiver,
      groupKey: key,
      groupLabels: group.labels,
      at,
      status,
      reason: plan.reason,
      alerts: plan.telling,
    };
  };

  // Routes may have changed since the snapshot: alerts of a route that is gone are routed anew.
  for (const [key, group] of [...state.groups]) {
    if (routes.has(group.route)) continue;
    state.groups.delete(key);
    for (const id of group.alerts) {
      const alert = find(id);
      if (alert !== undefined) admit(alert, group.dueAt, []);
    }
  }

  const tick = (at: number): NotifyOutput => {
    const due = [...state.groups].filter(([, { dueAt }]) => dueAt <= at).sort(byDue);
    const decisions: NotifyDecision[] = [];
    const notifications: Notification[] = [];
    for (const [key, group] of due) {
      const route = routes.get(group.route);
      if (route === undefined) continue;
      const made = flush(key, group, route, at, decisions);
      if (made !== undefined) notifications.push(made);
      const missed = Math.floor((at - group.dueAt) / route.groupIntervalMs) + 1;
      group.dueAt += missed * route.groupIntervalMs;
    }
    if (due.length > 0) sweep(at);
    return { notifications, decisions };
  };

  return {
    alert(facts, at) {
      const decisions: NotifyDecision[] = [];
      const before = state.alerts.get(facts.id);
      if (before === undefined) makeRoom(at, decisions);
      const known: Known = { ...facts, resolvedAt: facts.status === 'resolved' ? (before?.resolvedAt ?? at) : undefined };
      state.alerts.set(facts.id, known);
      inhibitions.add(known);
      if (facts.buildingBlock) decisions.push({ at, alert: facts.id, receiver: '', decision: 'building_block', by: undefined });
      // Whoever was told that it fires is told that it is over; nobody else is.
      else if (facts.status === 'firing' || before === undefined) admit(known, at, decisions);
      return { notifications: [], decisions };
    },
    silence(recorded) {
      silences = createSilences([...settings.silences, ...recorded]);
    },
    tick,
    settle(at) {
      for (const group of state.groups.values())
        if ([...group.alerts].some((id) => !group.told.has(id))) group.dueAt = Math.min(group.dueAt, at);
      return tick(at);
    },
    nextDue: () =>
      [...state.groups.values()].reduce<number | undefined>(
        (least, { dueAt }) => (least === undefined || dueAt < least ? dueAt : least),
        undefined,
      ),
    snapshot: () => encodeState(state),
  };
}

function groupOf(route: Route, alert: Known): { readonly key: string; readonly labels: Readonly<Record<string, string>> } {
  if (route.groupBy === undefined) return { key: JSON.stringify([route.path, alert.id]), labels: {} };
  const entries = route.groupBy.map((name) => [name, labelText(alert.labels, name)] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return { key: JSON.stringify([route.path, ...entries]), labels: Object.fromEntries(entries) };
}

function byDue([a, one]: readonly [string, Group], [b, other]: readonly [string, Group]): number {
  return one.dueAt - other.dueAt || (a < b ? -1 : a > b ? 1 : 0);
}

import type { JsonValue } from '../shared/json.ts';
import type { AlertFacts } from './facts.ts';

/** An alert that may still be notified or inhibit others. `resolvedAt`: when its end became known, ms since the epoch. */
export type Known = AlertFacts & { readonly resolvedAt: number | undefined };

/** What a receiver was last told of an alert. */
export type Told = { readonly status: AlertFacts['status']; readonly severity: number };

/** Alerts of one route with the same values of its `groupBy`. */
export type Group = {
  readonly route: string;
  readonly labels: Readonly<Record<string, string>>;
  /** In order of arrival. */
  readonly alerts: Set<string>;
  readonly told: Map<string, Told>;
  /** The last decision of each alert, so that the log has changes alone. */
  readonly decided: Map<string, string>;
  dueAt: number;
  /** When the receiver was last told anything, ms since the epoch. */
  toldAt: number | undefined;
};

export type NotifyState = { readonly alerts: Map<string, Known>; readonly groups: Map<string, Group>; dropped: number };

export function emptyState(): NotifyState {
  return { alerts: new Map(), groups: new Map(), dropped: 0 };
}

const VERSION = 1;

/** Plain JSON; order of alerts and groups is kept. */
export function encodeState({ alerts, groups, dropped }: NotifyState): JsonValue {
  return {
    version: VERSION,
    dropped,
    alerts: [...alerts.values()],
    groups: [...groups].map(([key, group]) => [
      key,
      { ...group, alerts: [...group.alerts], told: [...group.told], decided: [...group.decided], toldAt: group.toldAt ?? null },
    ]),
  } as unknown as JsonValue;
}

type Encoded = {
  readonly version: number;
  readonly dropped: number;
  readonly alerts: readonly Known[];
  readonly groups: readonly (readonly [
    string,
    Omit<Group, 'alerts' | 'told' | 'decided' | 'toldAt'> & {
      readonly alerts: readonly string[];
      readonly told: readonly (readonly [string, Told])[];
      readonly decided: readonly (readonly [string, string])[];
      readonly toldAt: number | null;
    },
  ])[];
};

/** The state a snapshot holds; one of another version starts anew, and what fires is told again. */
export function decodeState(snapshot: JsonValue): NotifyState {
  const encoded = snapshot as unknown as Encoded;
  if (encoded.version !== VERSION) return emptyState();
  return {
    dropped: encoded.dropped,
    alerts: new Map(
      encoded.alerts.map((alert) => [alert.id, { ...alert, endsAt: alert.endsAt, url: alert.url, resolvedAt: alert.resolvedAt }]),
    ),
    groups: new Map(
      encoded.groups.map(([key, group]) => [
        key,
        {
          ...group,
          alerts: new Set(group.alerts),
          told: new Map(group.told),
          decided: new Map(group.decided),
          toldAt: group.toldAt ?? undefined,
        },
      ]),
    ),
  };
}

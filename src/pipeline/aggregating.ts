import { incidentDocument, riskDocument } from '../alert/case-document.ts';
import type { AlertDocument } from '../alert/document.ts';
import { alertPoint } from '../alert/entity.ts';
import { createIncidents } from '../alert/incidents.ts';
import { createRisk } from '../alert/risk.ts';
import type { IncidentPolicy, RiskSettings } from '../alert/settings.ts';
import { carriedOf, severityBefore } from '../alert/standing.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Store } from '../store/store.ts';

const BATCH = 500;

export type AggregatingOptions = {
  readonly risk: RiskSettings;
  readonly incidents: readonly IncidentPolicy[];
  readonly tenant: string;
  readonly engineVersion: string;
  /** Sinks that get every alert. */
  readonly sinks: readonly string[];
};

export type Aggregating = {
  /** Takes in alerts that are new in the store; returns what risk and incidents made of them. */
  turn(): readonly AlertDocument[];
};

/**
 * Risk and incidents: reducers over the stored alerts, in their order. What they make and the state it follows from are one
 * transaction, so a crash repeats nothing; ids come from the alerts, so a replay gives the same ones.
 */
export function createAggregating(store: Store, options: AggregatingOptions): Aggregating {
  const names = ['risk', ...options.incidents.map(({ name }) => `incidents ${name}`)];
  const saved = new Map(names.map((name) => [name, store.reducers.load(name)]));
  const risk = createRisk(options.risk, saved.get('risk')?.state);
  const incidents = options.incidents.map((policy) => ({
    policy,
    reducer: createIncidents(policy, saved.get(`incidents ${policy.name}`)?.state),
  }));
  const seen = new Map(names.map((name) => [name, saved.get(name)?.seq ?? 0]));
  let seq = Math.min(...seen.values());

  const take = (): boolean => {
    const alerts = store.alerts.after(seq, BATCH);
    const last = alerts.at(-1);
    if (last === undefined) return false;
    const made: AlertDocument[] = [];
    for (const { seq: at, document } of alerts) {
      const point = alertPoint(document);
      if (point === undefined) continue;
      if (at > (seen.get('risk') ?? 0)) made.push(...risk.apply(point).map((crossing) => riskDocument(crossing, options)));
      for (const { policy, reducer } of incidents)
        if (at > (seen.get(`incidents ${policy.name}`) ?? 0))
          made.push(...reducer.apply(point).map((step) => kept(store, incidentDocument(step, options))));
    }
    store.transaction(() => {
      const added = new Set(store.alerts.append(made, options.sinks));
      fresh.push(...made.filter(({ id }) => added.has(id)));
      store.reducers.save('risk', risk.snapshot(), last.seq);
      for (const { policy, reducer } of incidents) store.reducers.save(`incidents ${policy.name}`, reducer.snapshot(), last.seq);
    });
    seq = last.seq;
    return alerts.length === BATCH;
  };
  let fresh: AlertDocument[] = [];

  return {
    turn() {
      fresh = [];
      while (take());
      return fresh;
    },
  };
}

/** What operators said of an incident stays with it. */
function kept(store: Store, { id, document }: AlertDocument): AlertDocument {
  const wardline = document['wardline'] as JsonObject;
  const alert = wardline['alert'] as JsonObject;
  const latest = store.alerts.latest('alert', String(alert['id']));
  if (latest === undefined) return { id, document };
  const before = severityBefore(String(alert['stage']), String(alert['severity']), latest);
  return { id, document: { ...document, wardline: { ...wardline, alert: { ...alert, ...before, ...carriedOf(latest) } } } };
}

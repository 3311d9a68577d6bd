import type { JsonValue } from '../shared/json.ts';
import { type AlertPoint, type Entity, entityKey } from './entity.ts';
import type { IncidentPolicy } from './settings.ts';

const MAX_MEMBERS = 200;
/** Open incidents and candidates kept per policy; beyond, the one touched longest ago is forgotten and counted. */
const MAX_CASES = 20_000;

/** Alerts that share entities, with pauses of at most `within`; not yet an incident while there are too few. */
export type IncidentCase = {
  /** The alert that came first in the case: names it. */
  readonly first: string;
  members: AlertPoint[];
  /** More members than are kept. */
  omitted: number;
  start: number;
  end: number;
  opened: boolean;
};

export type IncidentStep = {
  readonly policy: string;
  readonly stage: 'opened' | 'continued' | 'closed';
  /** Counts the steps of one incident from 0. */
  readonly step: number;
  readonly case: IncidentCase;
};

/** A reducer over alerts, in the order in which they were stored; time passes by event time alone. */
export type Incidents = {
  apply(point: AlertPoint): readonly IncidentStep[];
  snapshot(): JsonValue;
};

type Saved = { readonly cases: readonly (IncidentCase & { readonly step: number })[]; readonly newest: number };

/**
 * Joins alerts that share a user, a host and so on (union-find by entity, values that everyone shares left out). An alert
 * that shares entities with two cases joins them: the older goes on, the other ends in it.
 */
export function createIncidents(policy: IncidentPolicy, snapshot?: JsonValue): Incidents {
  const saved = snapshot as unknown as Saved | undefined;
  let cases: (IncidentCase & { step: number })[] = (saved?.cases ?? []).map((one) => ({ ...one }));
  let newest = saved?.newest ?? Number.NEGATIVE_INFINITY;
  const stop = new Set(policy.stopValues);
  const keysOf = (point: AlertPoint): readonly string[] =>
    point.entities.filter(({ kind, value }) => policy.by.includes(kind) && !stop.has(value)).map(entityKey);

  const tell = (one: IncidentCase & { step: number }, stage: IncidentStep['stage']): IncidentStep => ({
    policy: policy.name,
    stage,
    step: one.step++,
    case: { first: one.first, members: [...one.members], omitted: one.omitted, start: one.start, end: one.end, opened: one.opened },
  });

  /** Cases that no alert can join any more. */
  const expire = (): readonly IncidentStep[] => {
    const over = cases.filter(({ end }) => newest - end > policy.within);
    if (over.length === 0) return [];
    cases = cases.filter((one) => !over.includes(one));
    return over.filter(({ opened }) => opened).map((one) => tell(one, 'closed'));
  };

  const join = (point: AlertPoint, keys: readonly string[]): readonly IncidentStep[] => {
    const near = cases.filter(
      (one) =>
        point.time >= one.start - policy.within &&
        point.time <= one.end + policy.within &&
        one.members.some((member) => keysOf(member).some((key) => keys.includes(key))),
    );
    const [older, ...others] = near.sort(
      (a, b) => Number(b.opened) - Number(a.opened) || a.start - b.start || (a.first < b.first ? -1 : 1),
    );
    const into = older ?? { first: point.alert, members: [], omitted: 0, start: point.time, end: point.time, opened: false, step: 0 };
    const out = others.filter(({ opened }) => opened).map((one) => tell(one, 'closed'));
    const all = [...into.members, ...others.flatMap(({ members }) => members), point].sort(
      (a, b) => a.time - b.time || (a.alert < b.alert ? -1 : 1),
    );
    into.omitted += others.reduce((sum, { omitted }) => sum + omitted, 0) + Math.max(0, all.length - MAX_MEMBERS);
    into.members = all.slice(-MAX_MEMBERS);
    into.start = Math.min(into.start, ...all.map(({ time }) => time));
    into.end = Math.max(into.end, ...all.map(({ time }) => time));
    cases = [...cases.filter((one) => one !== into && !others.includes(one)), into].slice(-MAX_CASES);
    const rules = new Set(into.members.map(({ rule }) => rule)).size;
    if (into.opened) out.push(tell(into, 'continued'));
    else if (rules >= policy.after) {
      into.opened = true;
      out.push(tell(into, 'opened'));
    }
    return out;
  };

  return {
    apply(point) {
      if (point.severity < policy.minSeverity) return [];
      if (cases.some(({ members }) => members.some(({ alert }) => alert === point.alert))) return [];
      newest = Math.max(newest, point.time);
      const over = expire();
      const keys = keysOf(point);
      return keys.length === 0 ? over : [...over, ...join(point, keys)];
    },
    snapshot: () => ({ cases, newest: Number.isFinite(newest) ? newest : 0 }) as unknown as JsonValue,
  };
}

/** Entities of a policy's kinds that the members of a case name, each once. */
export function entitiesOfCase({ members }: IncidentCase): readonly Entity[] {
  const found = new Map(members.flatMap(({ entities }) => entities).map((entity) => [entityKey(entity), entity]));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entity]) => entity);
}

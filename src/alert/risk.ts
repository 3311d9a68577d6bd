import type { JsonValue } from '../shared/json.ts';
import { type AlertPoint, type Entity, entityKey } from './entity.ts';
import type { RiskSettings } from './settings.ts';

/** Scores that are told when they are reached. */
export const THRESHOLDS = [20, 40, 70, 90] as const;
/** The sum of 1/i^1.5 over all i: many alerts of one score come to that score and never beyond it. */
const ALL_WEIGHTS = 2.612375348685488;
const DAY_MS = 86_400_000;
/** Alerts kept for one entity, the heaviest: the fiftieth weighs 1/350 of the first. */
const MAX_PARTS = 50;
/** Beyond, the entity that was touched longest ago is forgotten. */
const MAX_ENTITIES = 10_000;

export type RiskPart = {
  readonly alert: string;
  readonly rule: string;
  readonly time: number;
  readonly score: number;
  readonly tactics: readonly string[];
};

type State = {
  readonly entity: Entity;
  parts: RiskPart[];
  /** The newest event time, ms. */
  time: number;
  /** The highest threshold that was told and is still reached; 0: none. */
  told: number;
  /** Tactics were told at this event time. */
  tacticsAt: number | undefined;
};

/** An entity reached a threshold, or showed many tactics within a day. */
export type RiskCrossing = {
  readonly entity: Entity;
  readonly time: number;
  readonly score: number;
  readonly reason: 'threshold' | 'tactics';
  readonly threshold: number;
  readonly tactics: readonly string[];
  /** The heaviest first. */
  readonly parts: readonly RiskPart[];
};

export type EntityRisk = { readonly entity: Entity; readonly score: number; readonly time: number; readonly alerts: number };

/** A reducer over alerts: time passes by event time alone. */
export type Risk = {
  apply(point: AlertPoint): readonly RiskCrossing[];
  /** Entities by their risk as of the newest alert, the highest first. */
  list(): readonly EntityRisk[];
  snapshot(): JsonValue;
};

/**
 * Scores sorted, the i-th weighing 1/i^1.5, each halved per half-life of event time, times criticality; 0 to 100. Alerts of
 * one rule alone come at most to the score of that rule, so a noisy rule cannot make an entity critical.
 */
export function riskScore(parts: readonly RiskPart[], time: number, halfLifeMs: number, criticality: number): number {
  const decayed = parts.map((part) => part.score * 2 ** (-Math.max(0, time - part.time) / halfLifeMs)).sort((a, b) => b - a);
  const sum = decayed.reduce((total, score, i) => total + score / (i + 1) ** 1.5, 0);
  return Math.min(100, Math.round(((sum * criticality) / ALL_WEIGHTS) * 100) / 100);
}

export function createRisk({ halfLife, criticality, tactics: manyTactics, alertFrom }: RiskSettings, snapshot?: JsonValue): Risk {
  const entities = new Map<string, State>(
    ((snapshot as unknown as readonly State[] | undefined) ?? []).map((state) => [entityKey(state.entity), { ...state }]),
  );
  const factorOf = ({ kind, value }: Entity): number =>
    criticality.find((one) => one.kind === kind && one.values.includes(value))?.factor ?? 1;
  const scoreOf = (state: State, time: number): number => riskScore(state.parts, time, halfLife, factorOf(state.entity));
  const reached = (score: number): number => THRESHOLDS.findLast((threshold) => score >= threshold) ?? 0;

  const stateOf = (entity: Entity): State => {
    const key = entityKey(entity);
    const known = entities.get(key);
    if (known !== undefined) {
      // Re-inserted: the map's order is the order of last use.
      entities.delete(key);
      entities.set(key, known);
      return known;
    }
    if (entities.size >= MAX_ENTITIES) entities.delete(entities.keys().next().value as string);
    const state: State = { entity, parts: [], time: Number.NEGATIVE_INFINITY, told: 0, tacticsAt: undefined };
    entities.set(key, state);
    return state;
  };

  const add = (entity: Entity, point: AlertPoint): readonly RiskCrossing[] => {
    const state = stateOf(entity);
    if (state.parts.some(({ alert }) => alert === point.alert)) return [];
    state.time = Math.max(state.time, point.time);
    const { time } = state;
    // What decayed since it was told may be told again when it is reached anew.
    state.told = Math.min(state.told, reached(scoreOf(state, time)));
    const { alert, rule, score, tactics } = point;
    const weight = (part: RiskPart): number => part.score * 2 ** (-Math.max(0, time - part.time) / halfLife);
    state.parts = [...state.parts, { alert, rule, time: point.time, score, tactics }]
      .sort((a, b) => weight(b) - weight(a) || (a.alert < b.alert ? -1 : 1))
      .slice(0, MAX_PARTS);
    const now = scoreOf(state, time);
    const seen = [...new Set(state.parts.filter((part) => time - part.time <= DAY_MS).flatMap((part) => part.tactics))].sort();
    const base = { entity, time, score: now, tactics: seen, parts: state.parts };
    const out: RiskCrossing[] = [];
    if (reached(now) > state.told) {
      state.told = reached(now);
      if (state.told >= alertFrom) out.push({ ...base, reason: 'threshold', threshold: state.told });
    }
    if (seen.length >= manyTactics && (state.tacticsAt === undefined || time - state.tacticsAt > DAY_MS)) {
      state.tacticsAt = time;
      out.push({ ...base, reason: 'tactics', threshold: manyTactics });
    }
    return out;
  };

  return {
    apply: (point) => (point.score <= 0 ? [] : point.entities.flatMap((entity) => add(entity, point))),
    list() {
      const newest = [...entities.values()].reduce((most, { time }) => Math.max(most, time), Number.NEGATIVE_INFINITY);
      return [...entities.values()]
        .map((state) => ({ entity: state.entity, score: scoreOf(state, newest), time: state.time, alerts: state.parts.length }))
        .sort((a, b) => b.score - a.score || (entityKey(a.entity) < entityKey(b.entity) ? -1 : 1));
    },
    snapshot: () => [...entities.values()] as unknown as JsonValue,
  };
}

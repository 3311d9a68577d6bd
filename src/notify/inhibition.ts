import { labelText } from './labels.ts';
import { compileMatchers } from './matcher.ts';
import type { Inhibition } from './settings.ts';
import type { Known } from './state.ts';

/** Which alert keeps another quiet, and by which rule. */
export type Inhibitor = { readonly rule: string; readonly alert: string };

export type Inhibitions = {
  add(alert: Known): void;
  remove(id: string): void;
  /** The first rule and source that keep `target` quiet at `at` (ms); undefined: none does. */
  inhibitorOf(target: Known, at: number, find: (id: string) => Known | undefined): Inhibitor | undefined;
  /** How long an alert that is over may still inhibit, ms. */
  readonly longestForMs: number;
};

/**
 * Sources by the values of `equal`, so that a target asks those alone. An alert never inhibits itself, and two that are
 * source and target of the same rule both ways do not silence each other. A silenced source still inhibits.
 */
export function createInhibitions(rules: readonly Inhibition[]): Inhibitions {
  const compiled = rules.map((rule) => {
    const keyOf = ({ labels }: Known): string => JSON.stringify(rule.equal.map((name) => labelText(labels, name)));
    const isSource = compileMatchers(rule.source);
    const isTarget = compileMatchers(rule.target);
    return { rule, keyOf, isSource, isTarget, sources: new Map<string, Set<string>>(), keys: new Map<string, string>() };
  });
  type One = (typeof compiled)[number];

  const forget = ({ sources, keys }: One, id: string): void => {
    const key = keys.get(id);
    if (key === undefined) return;
    keys.delete(id);
    const ids = sources.get(key);
    ids?.delete(id);
    if (ids?.size === 0) sources.delete(key);
  };

  return {
    longestForMs: rules.reduce((most, rule) => Math.max(most, rule.for), 0),
    add(alert) {
      for (const one of compiled) {
        forget(one, alert.id);
        if (!one.isSource(alert.labels)) continue;
        const key = one.keyOf(alert);
        one.keys.set(alert.id, key);
        one.sources.set(key, (one.sources.get(key) ?? new Set()).add(alert.id));
      }
    },
    remove(id) {
      for (const one of compiled) forget(one, id);
    },
    inhibitorOf(target, at, find) {
      for (const { rule, keyOf, isSource, isTarget, sources } of compiled) {
        if (!isTarget(target.labels)) continue;
        const mutual = isSource(target.labels);
        const ids = [...(sources.get(keyOf(target)) ?? [])].sort();
        const source = ids.find((id) => {
          const alert = find(id);
          if (alert === undefined || id === target.id || (mutual && isTarget(alert.labels))) return false;
          return alert.status === 'firing' || (alert.resolvedAt !== undefined && at - alert.resolvedAt < rule.for);
        });
        if (source !== undefined) return { rule: rule.name, alert: source };
      }
      return undefined;
    },
  };
}

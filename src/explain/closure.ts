import type { Correlation, Detection, RuleId } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';

/** A rule with everything that feeds it, as a ruleset of its own; each of its correlations speaks, whatever it does elsewhere. */
export function closureOf(ruleset: Ruleset, id: RuleId): Ruleset {
  const taken = new Set<RuleId>([id]);
  for (const one of taken) {
    const rule = ruleset.byId.get(one);
    if (rule?.kind === 'correlation') for (const member of rule.members) taken.add(member);
  }
  const correlations = ruleset.correlations.filter((rule) => taken.has(rule.id)).map((rule): Correlation => ({ ...rule, alerts: true }));
  const detections = ruleset.detections
    .filter((rule) => taken.has(rule.id))
    .map((rule): Detection => ({ ...rule, alerts: rule.id === id }));
  // A policy is judged beside all others: they add up.
  const own = ruleset.byId.get(id);
  const beside =
    own?.kind === 'detection' && own.policy !== undefined
      ? ruleset.detections.filter((rule) => rule.policy !== undefined && rule.id !== id)
      : [];
  const all = [...detections, ...beside, ...correlations];
  const exceptions = ruleset.exceptions.filter(({ rules }) => rules.some((rule) => taken.has(rule)));
  return {
    ...ruleset,
    detections: [...detections, ...beside],
    correlations,
    byId: new Map(all.map((rule) => [rule.id, rule])),
    exceptions,
  };
}

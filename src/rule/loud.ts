import type { Rule } from './ir/rule.ts';
import type { Ruleset } from './load.ts';

/** The same rules with shadow and canary rules speaking like others: for cases and replays, which tell nobody anyway. */
export function loud(ruleset: Ruleset): Ruleset {
  const aloud = <T extends Rule>(rule: T): T => {
    const { alert } = rule.meta;
    if (alert?.mode === undefined) return rule;
    const { mode: _mode, canaryOf: _of, ...spoken } = alert;
    return { ...rule, meta: { ...rule.meta, alert: spoken } };
  };
  return {
    ...ruleset,
    detections: ruleset.detections.map(aloud),
    correlations: ruleset.correlations.map(aloud),
    byId: new Map([...ruleset.byId].map(([id, rule]) => [id, aloud(rule)])),
  };
}

import type { Settings } from '../config/settings.ts';
import { covers } from '../detect/routing.ts';
import type { Logsource } from '../event/event.ts';
import { formats } from '../normalize/index.ts';
import { type LogsourceTable, possibleLogsources, type Supply, suppliesOf } from '../normalize/logsources.ts';
import { conjunctsOf } from '../rule/ir/conjuncts.ts';
import type { Correlation, Detection, RuleId } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';

/** What can feed rules: the sources of the settings, or without settings every format there is. */
export function feedsOf(settings: Settings | undefined): readonly Supply[] {
  if (settings !== undefined) return suppliesOf(settings as LogsourceTable);
  return formats.map(({ name }) => ({ name, labels: possibleLogsources({ format: name }), every: false }));
}

const feeds = ({ labels, every }: Supply, logsource: Logsource): boolean => every || labels.some((label) => covers(logsource, label));

/** Detections that nothing here can feed. */
export function unfed({ detections }: Ruleset, supplies: readonly Supply[]): readonly Detection[] {
  return detections.filter(({ logsource }) => logsource !== undefined && !supplies.some((supply) => feeds(supply, logsource)));
}

/** Correlations that need a match of one of these rules, or of another correlation that does, with the rules that they lack. */
export function starved(
  { correlations }: Ruleset,
  unfedRules: readonly RuleId[],
): readonly { readonly rule: Correlation; readonly lacks: readonly RuleId[] }[] {
  const dead = new Set(unfedRules);
  const found: { rule: Correlation; lacks: readonly RuleId[] }[] = [];
  for (let before = -1; before < found.length; ) {
    before = found.length;
    for (const rule of correlations) {
      const lacks = rule.members.filter((member) => dead.has(member));
      if (dead.has(rule.id) || !needs(rule, dead)) continue;
      dead.add(rule.id);
      found.push({ rule, lacks });
    }
  }
  return found;
}

/** Can the rule not fire without one of these? */
function needs({ condition, members }: Correlation, dead: ReadonlySet<RuleId>): boolean {
  if (condition.kind === 'sequence') return condition.sequence.steps.some(({ rule }) => dead.has(rule));
  if (condition.kind === 'temporal' && condition.thresholds.length === 0) return members.some((member) => dead.has(member));
  if (condition.kind === 'temporal_expression')
    return conjunctsOf(condition.expression).every(({ seen }) => seen.some((rule) => dead.has(rule)));
  return members.every((member) => dead.has(member));
}

/** Supplies that no rule with a log source reads; rules without one ask every event. */
export function unread({ detections }: Ruleset, supplies: readonly Supply[]): readonly Supply[] {
  const wanted = detections.flatMap(({ logsource }) => logsource ?? []);
  return supplies.filter((supply) => !wanted.some((logsource) => feeds(supply, logsource)));
}

export const logsourceText = (logsource: Logsource): string =>
  Object.entries(logsource)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');

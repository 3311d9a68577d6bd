import type { Hit } from '../correlate/firing.ts';
import { LEVELS, type Level, type Rule } from '../rule/ir/rule.ts';

/** Exceptions written for a rule, or for the detection it counts, that hold for a hit. */
function heldFor({ exceptions, rule: own }: Hit, rule: Rule) {
  return (exceptions ?? []).filter((held) => held.rule === rule.id || held.rule === own);
}

/** Ids of the exceptions that hold for some event of an alert, sorted. */
export function exceptionsOf(hits: readonly Hit[], rule: Rule): readonly string[] {
  return [...new Set(hits.flatMap((hit) => heldFor(hit, rule).map(({ exception }) => exception)))].sort();
}

/** The level of an alert: lower than its rule's only where an exception lowers every event of it, and never higher; `own` is the level it has without exceptions. */
export function levelOf(hits: readonly Hit[], rule: Rule, level: Level): Level {
  const own = LEVELS.indexOf(level);
  const levels = hits.map((hit) =>
    heldFor(hit, rule).reduce((lowest, held) => (held.effect === 'lower' ? Math.min(lowest, LEVELS.indexOf(held.level)) : lowest), own),
  );
  return LEVELS[levels.length === 0 ? own : Math.max(...levels)] ?? level;
}

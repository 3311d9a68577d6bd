import { overlaps, type Window } from './coverage.ts';
import type { History, KnownRule } from './history.ts';
import type { RuleSelector } from './pack-schema.ts';
import type { Reason } from './reason.ts';
import { MINUTES_PER_DAY, MS_PER_MINUTE } from './series.ts';

export type RuleCoverage = {
  /** Ids of the rules selected, sorted; a rule named by id is there even when no ruleset has it. */
  readonly rules: readonly string[];
  /** Of those, how many were evaluated for every event of the window. */
  readonly evaluated: number;
  readonly reasons: readonly Reason[];
};

function selects(selector: RuleSelector, rule: KnownRule): boolean {
  if (selector.every) return true;
  if (selector.ids !== undefined) return selector.ids.includes(rule.id);
  if (selector.levels !== undefined) return (selector.levels as readonly string[]).includes(rule.level);
  return selector.controls?.some((control) => rule.controls.includes(control)) ?? false;
}

/** The rulesets under which events of these sources in the window were evaluated; '' = before any was active. */
function rulesetsIn(history: History, sources: readonly string[], window: Window): Set<string> {
  const days = sources.flatMap((name) => [...(history.sources.get(name)?.rulesets ?? [])]);
  const inside = days.filter(([day]) => day * MINUTES_PER_DAY < window.end && (day + 1) * MINUTES_PER_DAY > window.start);
  const ranges = inside.flatMap(([, rulesets]) => [...rulesets]);
  return new Set(ranges.filter(([, { first, last }]) => first < window.end && last >= window.start).map(([ruleset]) => ruleset));
}

/** Whether the selected rules were evaluated for all events of the sources in the window, and if not, why. */
export function ruleCoverage(selector: RuleSelector, history: History, sources: readonly string[], window: Window): RuleCoverage {
  const rulesets = [...rulesetsIn(history, sources, window)].map((digest) => history.rulesets.get(digest) ?? new Map<string, KnownRule>());
  const ids = new Set(selector.ids ?? []);
  for (const ruleset of rulesets) for (const rule of ruleset.values()) if (selects(selector, rule)) ids.add(rule.id);
  const span = { from: window.start * MS_PER_MINUTE, to: window.end * MS_PER_MINUTE };
  const reasons: Reason[] = [];
  let evaluated = 0;
  for (const id of ids) {
    const wrong: Reason[] = rulesets.flatMap((ruleset) => {
      const state = ruleset.get(id)?.state ?? 'disabled';
      return state === 'active' ? [] : [state === 'error' ? 'rule-error' : 'rule-disabled'];
    });
    wrong.push(...history.ruleFaults.filter((fault) => fault.rule === id && overlaps(fault, span)).map(({ cause }) => cause));
    if (wrong.length === 0 && rulesets.length > 0) evaluated++;
    reasons.push(...wrong);
  }
  return { rules: [...ids].sort(), evaluated, reasons };
}

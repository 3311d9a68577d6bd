import type { History } from './history.ts';
import type { Quantity, RuleSelector } from './pack-schema.ts';
import { type RuleCoverage, ruleCoverage } from './rule-coverage.ts';
import { namesOf, roleOf, type Scene } from './scene.ts';

/** A number, what it counts, and what is known of the rules it came from. */
export type Counted = { readonly n: number; readonly of: string; readonly rules: RuleCoverage };
const NO_RULES: RuleCoverage = { rules: [], evaluated: 0, reasons: [] };

export function sumsOf(scene: Scene, role: string): { events: number; unparsed: number; late: number; lost: number } {
  const names = new Set(roleOf(scene, role)?.names);
  const total = { events: 0, unparsed: 0, late: 0, lost: 0 };
  for (const { name, events, unparsed, late, lost } of scene.coverage.sources) {
    if (!names.has(name)) continue;
    total.events += events;
    total.unparsed += unparsed;
    total.late += late;
    total.lost += lost;
  }
  return total;
}

/** Counts a quantity in the scene's window. */
export function quantityOf(quantity: Quantity, scene: Scene): Counted {
  const { history, window } = scene;
  if ('events' in quantity) {
    if (quantity.type === undefined) return { n: sumsOf(scene, quantity.events).events, of: 'events', rules: NO_RULES };
    const type = quantity.type;
    const names = roleOf(scene, quantity.events)?.names ?? [];
    const n = names.reduce(
      (total, name) => total + (history.sources.get(name)?.byType.get(type)?.sums(window.start, window.end).events ?? 0),
      0,
    );
    return { n, of: `${type} events`, rules: NO_RULES };
  }
  if ('parsed' in quantity) {
    const { events, unparsed } = sumsOf(scene, quantity.parsed);
    return { n: events - unparsed, of: 'events in a known format', rules: NO_RULES };
  }
  if ('unparsed' in quantity) return { n: sumsOf(scene, quantity.unparsed).unparsed, of: 'events in no known format', rules: NO_RULES };
  if ('late' in quantity) return { n: sumsOf(scene, quantity.late).late, of: 'late events', rules: NO_RULES };
  if ('lost' in quantity) return { n: sumsOf(scene, quantity.lost).lost, of: 'lost records', rules: NO_RULES };
  if ('matches' in quantity) return ofRules(quantity.matches, history.matches, 'matches', scene);
  return ofRules(quantity.alerts, history.opened, 'alerts', scene);
}

function ofRules(selector: RuleSelector, counts: History['matches'], of: string, scene: Scene): Counted {
  const { window } = scene;
  const rules = ruleCoverage(selector, scene.history, namesOf(scene), window);
  let n = 0;
  for (const id of rules.rules) for (const [minute, k] of counts.get(id) ?? []) if (minute >= window.start && minute < window.end) n += k;
  // A selection of no rule at all would count nothing for ever.
  return { n, of, rules: rules.rules.length === 0 ? { ...rules, reasons: ['rule-disabled'] } : rules };
}

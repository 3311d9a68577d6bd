import { factsOf, shown, shownGroup } from './facts.ts';
import type { AlertDocument } from './sink.ts';

/** An alert in a few lines of text; a value never makes a line of its own. */
export function plainLines(alert: AlertDocument): readonly string[] {
  const facts = factsOf(alert);
  return [
    `[${facts.level}] ${shown(facts.title, 200)}`,
    shown(facts.reason, 1000),
    ...shownGroup(facts, 20, 500).map(([field, value]) => `${field}: ${value}`),
    `status: ${facts.open ? 'open' : 'closed'}`,
    `time: ${shown(facts.time, 40)}`,
    `rule: ${shown(facts.rule, 200)}`,
    `alert: ${shown(facts.alert, 80)}`,
    ...(facts.url === undefined ? [] : [facts.url]),
    '',
  ];
}

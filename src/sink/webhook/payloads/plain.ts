import type { AlertDocument } from '../../sink.ts';
import { factsOf, shown, shownGroup } from './facts.ts';
import type { Payload } from './payload.ts';

/** A few lines of text; a value never makes a line of its own. */
export function plain(alert: AlertDocument): Payload {
  return { contentType: 'text/plain; charset=utf-8', body: plainLines(alert).join('\n') };
}

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

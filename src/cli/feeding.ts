import type { Settings } from '../config/settings.ts';
import { covers } from '../detect/routing.ts';
import type { Logsource } from '../event/event.ts';
import { formats } from '../normalize/index.ts';
import { type LogsourceTable, possibleLogsources, type Supply, suppliesOf } from '../normalize/logsources.ts';
import type { Detection } from '../rule/ir/rule.ts';
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

/** Supplies that no rule with a log source reads; rules without one ask every event. */
export function unread({ detections }: Ruleset, supplies: readonly Supply[]): readonly Supply[] {
  const wanted = detections.flatMap(({ logsource }) => logsource ?? []);
  return supplies.filter((supply) => !wanted.some((logsource) => feeds(supply, logsource)));
}

export const logsourceText = (logsource: Logsource): string =>
  Object.entries(logsource)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');

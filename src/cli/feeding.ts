import type { Settings } from '../config/settings.ts';
import { covers } from '../detect/routing.ts';
import type { Logsource } from '../event/event.ts';
import { withLogsources } from '../normalize/custom-logsources.ts';
import { formats } from '../normalize/index.ts';
import { possibleLogsources } from '../normalize/logsources.ts';
import type { Detection } from '../rule/ir/rule.ts';
import type { Ruleset } from '../rule/load.ts';

/** One thing that gives events: a source of the settings, or without settings a built-in format. */
export type Feed = { readonly name: string; readonly labels: readonly Logsource[] };

/** What can feed rules: the sources of the settings, or every format there is. */
export function feedsOf(settings: Settings | undefined): readonly Feed[] {
  if (settings === undefined) return formats.map(({ name }) => ({ name, labels: possibleLogsources({ format: name }) }));
  const known = withLogsources(formats, settings.logsources);
  return settings.sources.map(({ name, format, logsource }) => ({
    name,
    labels: possibleLogsources({ format, logsource: logsource as Logsource | undefined }, known),
  }));
}

/** Detections that nothing here can feed. */
export function unfed({ detections }: Ruleset, feeds: readonly Feed[]): readonly Detection[] {
  return detections.filter(
    ({ logsource }) => logsource !== undefined && !feeds.some(({ labels }) => labels.some((label) => covers(logsource, label))),
  );
}

/** Feeds that no rule with a log source reads; rules without one ask every event. */
export function unread({ detections }: Ruleset, feeds: readonly Feed[]): readonly Feed[] {
  const wanted = detections.flatMap(({ logsource }) => logsource ?? []);
  return feeds.filter(({ labels }) => !wanted.some((logsource) => labels.some((label) => covers(logsource, label))));
}

export const logsourceText = (logsource: Logsource): string =>
  Object.entries(logsource)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');

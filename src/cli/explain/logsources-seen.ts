import { labelFor } from '../../detect/routing.ts';
import type { Event } from '../../event/event.ts';
import type { Detection } from '../../rule/ir/rule.ts';
import { logsourceText } from '../feeding.ts';

const MOST_FORMATS = 5;

/** Notices whether some event is of a log source that the rules read; where none is, the hint says what there was. */
export function createLogsourcesSeen(detections: readonly Detection[]) {
  const formats = new Map<string, number>();
  let fits = false;
  return {
    observe({ route }: Event): void {
      formats.set(route.format, (formats.get(route.format) ?? 0) + 1);
      fits ||= detections.some(({ logsource }) => labelFor(logsource, route) !== null);
    },
    /** Undefined: some event is, or there was none at all. */
    hint(): string | undefined {
      if (fits || formats.size === 0) return undefined;
      const wanted = [...new Set(detections.map(({ logsource }) => logsourceText(logsource ?? {})))].join(' or ');
      const seen = [...formats].sort(([, a], [, b]) => b - a).slice(0, MOST_FORMATS);
      const found = seen.map(([format, count]) => `${count} ${format}`).join(', ');
      return `no event has a log source of the rule (${wanted}); the events are ${found}. See what they are with "wardline parse", name a format with --format, or give the log source in the settings of a source`;
    },
  };
}

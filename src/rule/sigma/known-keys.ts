import { nearest } from '../../shared/nearest.ts';
import type { PlainMap } from '../document.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';

/** Keys at the top of a Sigma document of any kind (specification 2.1), and those of Wardline beside them. */
const TOP = [
  ...['title', 'id', 'name', 'related', 'taxonomy', 'status', 'description', 'license', 'author', 'references', 'date', 'modified'],
  ...['logsource', 'detection', 'correlation', 'filter', 'fields', 'falsepositives', 'level', 'tags', 'scope', 'generate'],
  ...['wardline', 'anomaly'],
] as const;

/** Keys below `correlation`. */
const CORRELATION = ['type', 'rules', 'group-by', 'aliases', 'timespan', 'condition', 'generate'] as const;

/** What other languages and older drafts call a key of `correlation`, and where it stands here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  timeframe: 'timespan',
  time_frame: 'timespan',
  window: 'timespan',
  within: 'timespan',
  by: 'group-by',
  group: 'group-by',
  rule: 'rules',
  field: 'condition.field',
  percentile: 'condition.percentile',
  threshold: 'condition',
};

/** Keys of `wardline`, which stand beside `correlation` and never in it. */
export const OPTIONS = ['keep_alive', 'missing', 'fold', 'max_groups', 'non_negative', 'min_events', 'sequence', 'until'];

/**
 * A document may have keys of its own at the top, so one is told of only where it is nearly a known key that the document
 * lacks: the author meant that one, and it has no effect.
 */
export function warnNearKeys(map: PlainMap, report: ProblemReporter): void {
  for (const key of Object.keys(map)) {
    if (TOP.some((known) => known === key)) continue;
    const close = nearest(key, TOP);
    if (close === undefined || Object.hasOwn(map, close)) continue;
    const message = `the key "${key}" has no meaning here; did you mean "${close}"?`;
    report.warn([key], 'sigma/unknown-key', message, undefined, 'key');
  }
}

/** What `correlation` says decides; a key there that is not read would make a rule that decides other than it says. */
export function reportUnknownKeys(document: PlainMap, correlation: PlainMap, report: ProblemReporter): void {
  const at = (path: DocumentPath, message: string): void => report.error(path, 'correlation/unknown-key', message, undefined, 'key');
  for (const key of Object.keys(correlation)) {
    if (CORRELATION.some((known) => known === key)) continue;
    if (OPTIONS.includes(key)) at(['correlation', key], `"${key}" stands under "wardline", beside "correlation"`);
    else {
      const meant = ELSEWHERE[key] ?? nearest(key.replaceAll('_', '-'), CORRELATION);
      const hint = meant === undefined ? `; known: ${CORRELATION.join(', ')}` : `; did you mean "${meant}"?`;
      at(['correlation', key], `"${key}" is not known here${hint}`);
    }
  }
  // A line that is not indented leaves its map.
  for (const key of ['rules', 'group-by', 'aliases', 'timespan', 'condition', 'type'])
    if (Object.hasOwn(document, key) && !Object.hasOwn(correlation, key)) at([key], `"${key}" stands under "correlation"; indent it`);
  for (const key of OPTIONS) if (Object.hasOwn(document, key)) at([key], `"${key}" stands under "wardline"`);
}

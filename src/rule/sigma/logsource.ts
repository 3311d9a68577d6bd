import type { Logsource } from '../../event/event.ts';
import { nearest } from '../../shared/nearest.ts';
import { isMap, type PlainMap } from '../document.ts';
import type { KnownLogsources } from '../front-end.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf } from './meta.ts';

const KEYS = ['category', 'product', 'service'] as const;

/** `logsource`: at least one of category, product, service; compared in lower case. `known`: names to hold it against. */
export function readLogsource(map: PlainMap, report: ProblemReporter, known?: KnownLogsources): Logsource | undefined {
  const value = map['logsource'];
  if (!isMap(value)) {
    report.error(['logsource'], 'sigma/logsource', 'logsource is a map with category, product or service');
    return undefined;
  }
  const source: Record<string, string> = {};
  for (const key of KEYS) {
    const text = textOf(value[key])?.toLowerCase();
    if (text !== undefined && text !== '') source[key] = text;
  }
  const near = Object.keys(value).find((key) => !KEYS.some((known) => known === key) && nearest(key, KEYS) !== undefined);
  const hint = near === undefined ? '' : `; did you mean "${nearest(near, KEYS)}" for "${near}"?`;
  if (Object.keys(source).length > 0) {
    if (near !== undefined)
      report.warn(
        ['logsource', near],
        'sigma/logsource',
        `the key "${near}" has no meaning here; did you mean "${nearest(near, KEYS)}"?`,
        undefined,
        'key',
      );
    if (known !== undefined) warnNearLogsource(source, known, report);
    return source;
  }
  report.error(['logsource'], 'sigma/logsource', `logsource names no category, product or service${hint}`);
  return undefined;
}

/** Below this many letters two names are neighbours by chance (`aws`, `app`). */
const FEW_LETTERS = 5;

/**
 * Names that no log source has and that are nearly one that is known: most likely no event is of it. A name of its own is
 * right where the settings say which events have it, so nothing more than a hint is given.
 */
function warnNearLogsource(logsource: Logsource, known: KnownLogsources, report: ProblemReporter): void {
  for (const key of KEYS) {
    const name = logsource[key];
    if (name === undefined || known[key].has(name)) continue;
    const close = nearName(name, known[key]);
    const elsewhere = KEYS.find((other) => other !== key && known[other].has(name));
    const path = ['logsource', key];
    if (close !== undefined)
      report.warn(path, 'sigma/unknown-logsource', `no ${key} "${name}" is known; did you mean "${close}"?`, undefined, 'key');
    else if (elsewhere !== undefined)
      report.warn(path, 'sigma/unknown-logsource', `no ${key} "${name}" is known; it is a ${elsewhere}`, undefined, 'key');
  }
}

/** Two letters that changed places count as two edits, so that a short name must have all its letters. */
function nearName(name: string, known: ReadonlySet<string>): string | undefined {
  const close = nearest(name, known);
  if (close === undefined || name.length >= FEW_LETTERS) return close;
  const letters = (text: string): string => [...text].sort().join('');
  return letters(close) === letters(name) ? close : undefined;
}

import { nearest } from '../../shared/nearest.ts';
import { isMap, type Plain, type PlainMap } from '../document.ts';
import type { ProblemReporter } from '../problem.ts';

/**
 * Keys of `wardline:` beside `correlation:`, and the one value of each that the engine runs (its default). Another value
 * is an error and not a note: a rule that would decide other than it says must not run.
 */
const ONLY: Readonly<Record<string, Plain>> = {
  window: 'sliding',
  fire: 'edge',
  missing: 'ignore',
  non_negative: false,
  min_events: 1,
  overflow: 'evict',
  on_undecided: 'record',
};

/** Keys that the language knows and the engine does not run, whatever their value. */
const NONE = ['offset', 'gap', 'keep_alive', 'fold', 'sequence', 'until', 'max_groups', 'context', 'mode'] as const;

/** Keys that concern rules of every kind. */
const COMMON = ['controls', 'alert', 'labels'] as const;

export function checkOptions(map: PlainMap, report: ProblemReporter): void {
  const wardline = map['wardline'];
  if (wardline === undefined || wardline === null) return;
  if (!isMap(wardline)) {
    report.error(['wardline'], 'correlation/options', 'wardline is a map');
    return;
  }
  for (const [key, value] of Object.entries(wardline)) {
    if (COMMON.some((common) => common === key)) continue;
    if (Object.hasOwn(ONLY, key)) {
      if (value !== ONLY[key])
        report.error(['wardline', key], 'correlation/not-run', `of "${key}" only ${String(ONLY[key])} is run; leave the key out`);
    } else if (NONE.some((known) => known === key)) {
      report.error(['wardline', key], 'correlation/not-run', `"${key}" is not run by this engine; leave the key out`, undefined, 'key');
    } else {
      const close = nearest(key, [...Object.keys(ONLY), ...NONE, ...COMMON]);
      const hint = close === undefined ? '' : `; did you mean "${close}"?`;
      report.error(['wardline', key], 'correlation/options', `there is no option "${key}"${hint}`, undefined, 'key');
    }
  }
}

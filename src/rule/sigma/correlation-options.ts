import { tryParseDuration } from '../../shared/duration.ts';
import { nearest } from '../../shared/nearest.ts';
import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { CorrelationOptions, GroupField } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from './meta.ts';

/**
 * Keys of `wardline:` beside `correlation:` of which the engine runs one value (its default). Another value is an error
 * and not a note: a rule that would decide other than it says must not run.
 */
const ONLY: Readonly<Record<string, Plain>> = { window: 'sliding', fire: 'edge', overflow: 'evict', on_undecided: 'record' };

/** Keys that the language knows and the engine does not run, whatever their value. */
const NONE = ['offset', 'gap', 'context', 'mode'] as const;

/** Keys that are read here, and those that concern rules of every kind or are read elsewhere. */
const OWN = ['keep_alive', 'missing', 'fold', 'max_groups', 'non_negative', 'min_events'] as const;
const COMMON = ['controls', 'alert', 'labels', 'sequence', 'until'] as const;

export type Options = CorrelationOptions & {
  readonly nonNegative?: boolean;
  readonly minEvents?: number;
  /** The whole map, for what is read elsewhere. */
  readonly map: PlainMap;
};

export function readOptions(map: PlainMap, report: ProblemReporter): Options {
  const wardline = map['wardline'];
  if (wardline === undefined || wardline === null) return { map: {} };
  if (!isMap(wardline)) {
    report.error(['wardline'], 'correlation/options', 'wardline is a map');
    return { map: {} };
  }
  for (const [key, value] of Object.entries(wardline)) {
    if ([...COMMON, ...OWN].some((known) => known === key)) continue;
    if (Object.hasOwn(ONLY, key)) {
      if (value !== ONLY[key])
        report.error(['wardline', key], 'correlation/not-run', `of "${key}" only ${String(ONLY[key])} is run; leave the key out`);
    } else if (NONE.some((known) => known === key)) {
      report.error(['wardline', key], 'correlation/not-run', `"${key}" is not run by this engine; leave the key out`, undefined, 'key');
    } else {
      const close = nearest(key, [...Object.keys(ONLY), ...NONE, ...OWN, ...COMMON]);
      const hint = close === undefined ? '' : `; did you mean "${close}"?`;
      report.error(['wardline', key], 'correlation/options', `there is no option "${key}"${hint}`, undefined, 'key');
    }
  }
  return { ...valuesOf(wardline, report), map: wardline };
}

/** Options that do nothing beside this type or these groups. */
export function reportOptions(options: Options, type: string, groupBy: readonly GroupField[], report: ProblemReporter): void {
  reportFold(options, groupBy, report);
  const idle = [...(type === 'value_sum' ? [] : ['non_negative']), ...(NUMERIC.includes(type) ? [] : ['min_events'])];
  for (const key of idle)
    if (Object.hasOwn(options.map, key))
      report.warn(['wardline', key], 'correlation/no-effect', `${type} does not read "${key}"`, undefined, 'key');
}

/** Fields to be folded that are none of the groups. */
export function reportFold({ map, fold = [] }: Options, groupBy: readonly GroupField[], report: ProblemReporter): void {
  const names = groupBy.map(({ name }) => name);
  const listed = isList(map['fold']);
  fold.forEach((field, i) => {
    if (names.includes(field)) return;
    const close = nearest(field, names);
    const hint = close === undefined ? '' : `; did you mean "${close}"?`;
    const path = ['wardline', 'fold', ...(listed ? [i] : [])];
    report.error(path, 'correlation/options', `"${field}" is no field of group-by${hint}`);
  });
}

const NUMERIC = ['value_sum', 'value_avg', 'value_median', 'value_percentile'];

function valuesOf(map: PlainMap, report: ProblemReporter): Omit<Options, 'map'> {
  const wrong = (key: string, message: string): undefined => void report.error(['wardline', key], 'correlation/options', message);
  const read = <T>(key: string, of: (value: Plain) => T | undefined, message: string): T | undefined =>
    map[key] === undefined ? undefined : (of(map[key]) ?? wrong(key, message));
  const whole = (value: Plain): number | undefined =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
  const keepAlive = read('keep_alive', (value) => tryParseDuration(textOf(value) ?? ''), 'keep_alive is a duration such as 30m');
  const missing = read('missing', (value) => (value === 'group' || value === 'ignore' ? value : undefined), 'missing is ignore or group');
  const fold = read('fold', (value) => (textsOf(value).length > 0 ? textsOf(value) : undefined), 'fold lists fields of group-by');
  const maxGroups = read('max_groups', whole, 'max_groups is a whole number above 0');
  const nonNegative = read('non_negative', (value) => (typeof value === 'boolean' ? value : undefined), 'non_negative is true or false');
  const minEvents = read('min_events', whole, 'min_events is a whole number above 0');
  return {
    ...(keepAlive === undefined ? {} : { keepAlive }),
    ...(missing === 'group' ? { missing } : {}),
    ...(fold === undefined ? {} : { fold }),
    ...(maxGroups === undefined ? {} : { maxGroups }),
    ...(nonNegative === undefined ? {} : { nonNegative }),
    ...(minEvents === undefined ? {} : { minEvents }),
  };
}

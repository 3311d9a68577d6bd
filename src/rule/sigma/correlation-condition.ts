import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { References } from '../front-end.ts';
import type { Condition, Threshold } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { readExpression } from './correlation-expression.ts';
import type { Options } from './correlation-options.ts';
import { type Domain, readThresholds, reportNever } from './correlation-thresholds.ts';

export const TYPES = [
  'event_count',
  'value_count',
  'value_sum',
  'value_avg',
  'value_median',
  'value_percentile',
  'temporal',
  'temporal_ordered',
] as const;
type Type = (typeof TYPES)[number];
export type Reading = { readonly map: PlainMap; readonly report: ProblemReporter; readonly references: References };

const PATH = ['correlation', 'condition'] as const;

/** The condition of a correlation; undefined after a reported error. */
export function readCondition(type: Type, reading: Reading, options: Options): Condition | undefined {
  const { map, report } = reading;
  const value = map['condition'];
  const temporal = type === 'temporal' || type === 'temporal_ordered';
  if (temporal) {
    const ordered = type === 'temporal_ordered';
    if (value === undefined || value === null) return { kind: 'temporal', ordered, thresholds: [] };
    if (typeof value === 'string') return readExpression(value, ordered, reading.references, report);
  }
  if (!isMap(value)) {
    report.error(value === undefined ? ['correlation'] : PATH, 'correlation/condition', 'the condition is a map such as {gte: 5}');
    return undefined;
  }
  const domain = domainOf(type, map, options);
  const thresholds = readThresholds(value, domain, report);
  const without = withoutEffect(type, value);
  for (const key of without)
    report.warn([...PATH, key], 'correlation/no-effect', `${type} does not read condition.${key}`, undefined, 'key');
  const fields = without.includes('field') ? [] : readFields(value['field'], report);
  if (thresholds === undefined || fields === undefined) return undefined;
  reportNever(thresholds, domain, report);
  if (temporal) return { kind: 'temporal', ordered: type === 'temporal_ordered', thresholds };
  if (type === 'event_count') return { kind: type, thresholds };
  if (fields.length === 0) {
    report.error(PATH, 'correlation/field', `${type} needs condition.field`);
    return undefined;
  }
  if (type === 'value_count') return { kind: type, fields, thresholds };
  return readNumeric(type, value, fields, thresholds, options, report);
}

/** What the type can find in a window, which has at least one match. */
function domainOf(type: Type, map: PlainMap, { nonNegative }: Options): Domain {
  const rules = new Set(isList(map['rules']) ? map['rules'] : [map['rules']]).size;
  switch (type) {
    case 'event_count':
      return {
        whole: true,
        least: 1,
        most: Infinity,
        why: 'a window has at least one match; for silence write an anomaly of type absence',
      };
    case 'value_count':
      return { whole: true, least: 0, most: Infinity };
    case 'temporal':
    case 'temporal_ordered':
      return { whole: true, least: 1, most: rules, why: `from 1 to ${rules} of the rules are seen in a window` };
    case 'value_sum':
      return { whole: false, least: nonNegative ? 0 : -Infinity, most: Infinity, why: 'with non_negative no sum is below 0' };
    default:
      return { whole: false, least: -Infinity, most: Infinity };
  }
}

/** Keys that the type leaves unread. */
function withoutEffect(type: Type, value: PlainMap): readonly string[] {
  const counts = type === 'event_count' || type === 'temporal' || type === 'temporal_ordered';
  const unread = [...(counts ? ['field'] : []), ...(type === 'value_percentile' ? [] : ['percentile'])];
  return unread.filter((key) => Object.hasOwn(value, key));
}

/** One field, or a list of fields without repetition; undefined after a reported error. */
function readFields(value: Plain | undefined, report: ProblemReporter): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const fields = isList(value) ? value : [value];
  const named = fields.filter((field) => typeof field === 'string' && field !== '');
  if (named.length === fields.length && new Set(named).size === named.length) return named as readonly string[];
  report.error([...PATH, 'field'], 'correlation/field', 'field is the name of a field, or a list of different names');
  return undefined;
}

function readNumeric(
  type: 'value_sum' | 'value_avg' | 'value_median' | 'value_percentile',
  value: PlainMap,
  fields: readonly string[],
  thresholds: readonly Threshold[],
  { nonNegative, minEvents }: Options,
  report: ProblemReporter,
): Condition | undefined {
  const [field = '', ...others] = fields;
  if (others.length > 0) {
    report.error([...PATH, 'field'], 'correlation/field', `${type} takes one field`);
    return undefined;
  }
  const more = { ...(nonNegative === undefined ? {} : { nonNegative }), ...(minEvents === undefined ? {} : { minEvents }) };
  if (type !== 'value_percentile') return { kind: type, field, percentile: undefined, thresholds, ...more };
  const { percentile } = value;
  if (typeof percentile === 'number' && percentile >= 0 && percentile <= 100) return { kind: type, field, percentile, thresholds, ...more };
  if (percentile === undefined)
    report.error(
      PATH,
      'correlation/percentile',
      'value_percentile needs condition.percentile, 0 to 100; for rare values write an anomaly rule of type rare',
    );
  else report.error([...PATH, 'percentile'], 'correlation/percentile', 'percentile is a number from 0 to 100');
  return undefined;
}

import { nearest } from '../../shared/nearest.ts';
import { logicDigest } from '../digest.ts';
import { isMap, type PlainMap, type SourceDocument } from '../document.ts';
import type { Draft, References } from '../front-end.ts';
import type { Condition, Correlation, RuleId, Threshold } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { membersOf, readExpression } from './correlation-expression.ts';
import { readGroupBy, resolveRules } from './correlation-members.ts';
import { type Options, readOptions } from './correlation-options.ts';
import { readSequence, rulesBeside } from './correlation-sequence.ts';
import { inactive, namesOf, readMeta, textOf, textsOf } from './meta.ts';

const TYPES = [
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
const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
const UNIT_SECONDS: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3600n, d: 86_400n, w: 604_800n, M: 2_629_746n, y: 31_556_952n };
const NANOS = 1_000_000_000n;
const MAX_SECONDS = 10n * 31_556_952n;

type Reading = { readonly map: PlainMap; readonly report: ProblemReporter; readonly references: References };

/** Reads one correlation document; members are resolved in the second pass. */
export function readCorrelation(document: SourceDocument, map: PlainMap, report: ProblemReporter): readonly Draft[] {
  const meta = readMeta(document, map, report);
  const correlation = map['correlation'];
  if (!isMap(correlation)) {
    report.error(['correlation'], 'correlation/form', 'correlation is a map with type, rules, timespan and condition');
    return [];
  }
  const type = TYPES.find((known) => known === correlation['type']);
  if (type === undefined) {
    const written = textOf(correlation['type']) ?? '';
    const close = nearest(written, TYPES);
    report.error(
      correlation['type'] === undefined ? ['correlation'] : ['correlation', 'type'],
      'correlation/type',
      `"${written}" is no type of correlation${close === undefined ? `; write one of ${TYPES.join(', ')}` : `; did you mean "${close}"?`}`,
    );
    return [];
  }
  const timespan = readTimespan(correlation, report);
  const options = readOptions(map, report);
  const generate = correlation['generate'] ?? false;
  if (typeof generate !== 'boolean') report.error(['correlation', 'generate'], 'correlation/generate', 'generate is true or false');
  const names = namesOf(map, meta);
  const finish = (references: References, late: ProblemReporter): readonly Correlation[] => {
    const reading: Reading = { map: correlation, report: late, references };
    const written = readCondition(type, reading, options);
    const rules = readMembers(reading, written);
    const sequence = readSequence(
      options.map,
      type === 'temporal_ordered' && correlation['condition'] === undefined,
      rules,
      references,
      late,
    );
    const condition: Condition | undefined = sequence === undefined ? written : { kind: 'sequence', sequence };
    const members = sequence === undefined ? rules : [...new Set([...rules, ...rulesBeside(sequence)])];
    const groupBy = readGroupBy(correlation, members, { at: 'correlation', report: late, references });
    if (condition === undefined || timespan === undefined || members.length === 0 || inactive(meta)) return [];
    const { map: _map, nonNegative: _sign, minEvents: _least, ...own } = options;
    const digest = logicDigest({ members, groupBy, timespan, condition, ...(Object.keys(own).length > 0 ? { options: own } : {}) });
    const [id = ''] = names;
    return [
      {
        kind: 'correlation',
        id,
        members,
        groupBy,
        timespan,
        condition,
        options: own,
        generate: generate === true,
        alerts: true,
        meta,
        logicDigest: digest,
      },
    ];
  };
  return [{ document, names, kind: 'correlation', finish }];
}

function readTimespan(map: PlainMap, report: ProblemReporter): bigint | undefined {
  const text = textOf(map['timespan']);
  const found = /^([1-9]\d{0,8})([smhdwMy])$/.exec(text ?? '');
  if (found === null) {
    const path = text === undefined ? ['correlation'] : ['correlation', 'timespan'];
    report.error(
      path,
      'value/bad-duration',
      text === undefined ? 'timespan is missing; write for example 5m' : `"${text}" is not a duration; write for example 5m`,
    );
    return undefined;
  }
  const [, digits = '0', unit = 's'] = found;
  const seconds = BigInt(digits) * (UNIT_SECONDS[unit] ?? 0n);
  if (seconds > MAX_SECONDS) {
    report.error(['correlation', 'timespan'], 'value/bad-duration', `"${text}" is longer than ten years, the longest window`);
    return undefined;
  }
  if (unit === 'M' || unit === 'y')
    report.warn(['correlation', 'timespan'], 'value/calendar-duration', `${unit} is taken as ${UNIT_SECONDS[unit]} seconds`);
  return seconds * NANOS;
}

/** Rule references of `rules`, or of a string condition where `rules` is left out. */
function readMembers({ map, report, references }: Reading, condition: Condition | undefined): readonly RuleId[] {
  const found = resolveRules(map, { at: 'correlation', report, references });
  const fromCondition = condition?.kind === 'temporal_expression' ? membersOf(condition.expression) : [];
  if (found.length === 0) {
    if (fromCondition.length === 0) report.error(['correlation'], 'correlation/rules', 'rules names at least one rule');
    return fromCondition;
  }
  if (found.some((id) => id === undefined)) return [];
  const members = [...new Set(found as readonly RuleId[])];
  const strange = fromCondition.find((id) => !members.includes(id));
  if (fromCondition.length > 0 && (strange !== undefined || fromCondition.length < members.length)) {
    report.error(['correlation', 'condition'], 'correlation/members', 'the rules of the condition are not the rules of "rules"');
    return [];
  }
  return members;
}

function readCondition(type: Type, reading: Reading, options: Options): Condition | undefined {
  const { map, report } = reading;
  const value = map['condition'];
  const temporal = type === 'temporal' || type === 'temporal_ordered';
  if (temporal) {
    const ordered = type === 'temporal_ordered';
    if (value === undefined || value === null) return { kind: 'temporal', ordered, thresholds: [] };
    if (typeof value === 'string') return readExpression(value, ordered, reading.references, report);
  }
  if (!isMap(value)) {
    report.error(
      value === undefined ? ['correlation'] : ['correlation', 'condition'],
      'correlation/condition',
      'the condition is a map such as {gte: 5}',
    );
    return undefined;
  }
  const thresholds = readThresholds(value, report);
  const fields = textsOf(value['field']);
  if (thresholds.length === 0) {
    report.error(
      ['correlation', 'condition'],
      'correlation/condition',
      `the condition compares nothing; write one of ${OPERATORS.join(', ')}`,
    );
    return undefined;
  }
  if (temporal) return { kind: 'temporal', ordered: type === 'temporal_ordered', thresholds };
  if (type === 'event_count') return { kind: type, thresholds };
  if (fields.length === 0) {
    report.error(['correlation', 'condition'], 'correlation/field', `${type} needs condition.field`);
    return undefined;
  }
  if (type === 'value_count') return { kind: type, fields, thresholds };
  return readNumeric(type, value, fields, thresholds, options, report);
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
    report.error(['correlation', 'condition', 'field'], 'correlation/field', `${type} takes one field`);
    return undefined;
  }
  const percentile = value['percentile'];
  const more = { ...(nonNegative === undefined ? {} : { nonNegative }), ...(minEvents === undefined ? {} : { minEvents }) };
  if (type !== 'value_percentile') return { kind: type, field, percentile: undefined, thresholds, ...more };
  if (typeof percentile === 'number' && percentile >= 0 && percentile <= 100) return { kind: type, field, percentile, thresholds, ...more };
  report.error(
    ['correlation', 'condition'],
    'correlation/percentile',
    'value_percentile needs condition.percentile, 0 to 100; for rare values write an anomaly rule of type rare',
  );
  return undefined;
}

function readThresholds(value: PlainMap, report: ProblemReporter): readonly Threshold[] {
  const thresholds: Threshold[] = [];
  for (const [key, bound] of Object.entries(value)) {
    const compare = OPERATORS.find((known) => known === key);
    if (compare === undefined) {
      if (key !== 'field' && key !== 'percentile')
        report.error(
          ['correlation', 'condition', key],
          'correlation/condition',
          `"${key}" is no comparison; write one of ${OPERATORS.join(', ')}`,
          undefined,
          'key',
        );
    } else if (typeof bound === 'number') thresholds.push({ compare, value: bound });
    else report.error(['correlation', 'condition', key], 'correlation/condition', `"${key}" takes a number`);
  }
  return thresholds;
}

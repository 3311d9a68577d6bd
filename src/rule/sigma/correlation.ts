import { nearest } from '../../shared/nearest.ts';
import { logicDigest } from '../digest.ts';
import { isMap, type PlainMap, type SourceDocument } from '../document.ts';
import type { Draft, LoadContext, References } from '../front-end.ts';
import type { Condition, Correlation, RuleId } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { type Reading, readCondition, TYPES } from './correlation-condition.ts';
import { membersOf } from './correlation-expression.ts';
import { readGroupBy, resolveRules } from './correlation-members.ts';
import { readOptions, reportOptions } from './correlation-options.ts';
import { readSequence, rulesBeside } from './correlation-sequence.ts';
import { reportUnknownKeys } from './known-keys.ts';
import { inactive, namesOf, readMeta, textOf } from './meta.ts';

const UNIT_SECONDS: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3600n, d: 86_400n, w: 604_800n, M: 2_629_746n, y: 31_556_952n };
const NANOS = 1_000_000_000n;
const MAX_SECONDS = 10n * 31_556_952n;

/** Reads one correlation document; members are resolved in the second pass. */
export function readCorrelation(
  document: SourceDocument,
  map: PlainMap,
  report: ProblemReporter,
  { fields }: LoadContext,
): readonly Draft[] {
  const meta = readMeta(document, map, report);
  const correlation = map['correlation'];
  if (!isMap(correlation)) {
    report.error(['correlation'], 'correlation/form', 'correlation is a map with type, rules, timespan and condition');
    return [];
  }
  reportUnknownKeys(map, correlation, report);
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
  const generate = readGenerate(map, correlation, report);
  const names = namesOf(map, meta);
  const finish = (references: References, late: ProblemReporter): readonly Correlation[] => {
    const reading: Reading = { map: correlation, report: late, references };
    const written = readCondition(type, reading, options);
    const rules = readMembers(reading, type === 'temporal_ordered', written);
    const ordered = type === 'temporal_ordered' && correlation['condition'] === undefined;
    const sequence = readSequence({ options: options.map, ordered, rules, timespan, references, report: late });
    const condition: Condition | undefined = sequence === undefined ? written : { kind: 'sequence', sequence };
    const members = sequence === undefined ? rules : [...new Set([...rules, ...rulesBeside(sequence)])];
    const groupBy = readGroupBy(correlation, members, { at: 'correlation', report: late, references, fields });
    reportOptions(options, type, groupBy, late);
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
        generate,
        alerts: true,
        meta,
        logicDigest: digest,
      },
    ];
  };
  return [{ document, names, kind: 'correlation', finish }];
}

/** The specification's schema has `generate` beside `correlation`, its converters read it in there: both are taken. */
function readGenerate(map: PlainMap, correlation: PlainMap, report: ProblemReporter): boolean {
  const inside = correlation['generate'] !== undefined;
  const value = (inside ? correlation['generate'] : map['generate']) ?? false;
  if (typeof value === 'boolean') return value;
  report.error(inside ? ['correlation', 'generate'] : ['generate'], 'correlation/generate', 'generate is true or false');
  return false;
}

function readTimespan(map: PlainMap, report: ProblemReporter): bigint | undefined {
  const value = map['timespan'];
  if (value === undefined || value === null) {
    report.error(['correlation'], 'value/bad-duration', 'timespan is missing; write for example 5m');
    return undefined;
  }
  const text = textOf(value);
  const found = /^([1-9]\d{0,8})([smhdwMy])$/.exec(text ?? '');
  if (found === null) {
    const written = text === undefined ? (isMap(value) ? 'a map' : 'a list') : `"${text}"`;
    report.error(['correlation', 'timespan'], 'value/bad-duration', `${written} is not a duration; write for example 5m`);
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
function readMembers({ map, report, references }: Reading, ordered: boolean, condition: Condition | undefined): readonly RuleId[] {
  const found = resolveRules(map, { at: 'correlation', report, references });
  const fromCondition = condition?.kind === 'temporal_expression' ? membersOf(condition.expression) : [];
  if (found.length === 0) {
    if (fromCondition.length === 0) report.error(['correlation'], 'correlation/rules', 'rules names at least one rule');
    return fromCondition;
  }
  if (found.some((id) => id === undefined)) return [];
  const members = [...new Set(found as readonly RuleId[])];
  const twice = found.findIndex((id, i) => found.indexOf(id) < i);
  if (twice >= 0) {
    const path = ['correlation', 'rules', twice];
    if (ordered) report.error(path, 'correlation/rules', 'a rule is there twice; say how often with runs in wardline.sequence');
    else report.warn(path, 'correlation/rules', 'this rule is there twice; its matches count once');
  }
  const strange = fromCondition.find((id) => !members.includes(id));
  if (fromCondition.length > 0 && (strange !== undefined || fromCondition.length < members.length)) {
    report.error(['correlation', 'condition'], 'correlation/members', 'the rules of the condition are not the rules of "rules"');
    return [];
  }
  return members;
}

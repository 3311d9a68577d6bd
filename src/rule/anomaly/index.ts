import { tryParseDuration } from '../../shared/duration.ts';
import { nearest } from '../../shared/nearest.ts';
import { logicDigest } from '../digest.ts';
import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { Draft, FrontEnd, References } from '../front-end.ts';
import type { Condition, Correlation } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { type Reading, readGroupBy, resolveRules, warnNearField } from '../sigma/correlation-members.ts';
import { type Options, readOptions, reportFold } from '../sigma/correlation-options.ts';
import { OPTIONS, warnNearKeys } from '../sigma/known-keys.ts';
import { inactive, namesOf, readMeta, textOf } from '../sigma/meta.ts';
import { duration, type ReadValues, readParameters, supposed } from './parameters.ts';
import { reportSenseless, reportWhatever } from './sense.ts';
import { ANOMALY_TYPES, type AnomalyType } from './types.ts';

const COMMON = ['type', 'rules', 'group-by', 'aliases', 'generate'] as const;
const AT = ['anomaly'] as const;

/** Anomaly rules: metadata as for a Sigma correlation, and a map `anomaly` with a type and its parameters. */
export const anomaly: FrontEnd = {
  name: 'anomaly',
  recognizes: (value: Plain) => isMap(value) && Object.hasOwn(value, 'anomaly'),
  read(document, report, { fields: known }) {
    const map = document.value as PlainMap;
    const meta = readMeta(document, map, report);
    const written = map['anomaly'];
    if (!isMap(written)) {
      report.error(AT, 'anomaly/form', 'anomaly is a map with type, rules and the parameters of the type');
      return [];
    }
    const type = typeOf(written, report);
    if (type === undefined) return [];
    warnNearKeys(map, report);
    reportUnknown(map, written, type, report);
    const options = readOptions(map, report);
    const own = ownOptions(options, report);
    const timespan = timespanOf(written, type, report);
    const generate = written['generate'] ?? false;
    if (typeof generate !== 'boolean') report.error([...AT, 'generate'], 'correlation/generate', 'generate is true or false');
    const read = valuesOf(written, type, report);
    const condition = read.wrong.size > 0 ? undefined : type.make(read.values as never);
    const names = namesOf(map, meta);
    const finish = (references: References, late: ProblemReporter): readonly Correlation[] => {
      const reading = { at: 'anomaly', report: late, references, fields: known };
      const found = resolveRules(written, reading);
      if (found.length === 0) late.error(AT, 'correlation/rules', 'rules names at least one rule');
      const members = [...new Set(found.filter((id) => id !== undefined))];
      warnTwice(found, reading);
      const grouped = written['group-by'] === undefined && type.groupBy !== undefined ? { ...written, 'group-by': type.groupBy } : written;
      const groupBy = readGroupBy(grouped, members, reading);
      reportFold(options, groupBy, late);
      warnNearFields(written, type, reading);
      const grouping = groupBy.flatMap(({ name, fields }) => [name, ...fields.values()]);
      if (condition !== undefined && timespan !== undefined) reportSenseless(condition, timespan, grouping, written, late);
      else reportWhatever(conditionsOf(type, read, timespan), grouping, written, read.wrong, late);
      if (members.length < found.length || members.length === 0 || condition === undefined || timespan === undefined || inactive(meta))
        return [];
      const [id = ''] = names;
      const digest = logicDigest({ members, groupBy, timespan, condition, ...(Object.keys(own).length > 0 ? { options: own } : {}) });
      const rule = { members, groupBy, timespan, condition, options: own, meta, logicDigest: digest };
      return [{ kind: 'correlation', id, ...rule, generate: generate === true, alerts: true }];
    };
    return [{ document, names, kind: 'correlation', finish, tellsAll: true } satisfies Draft];
  },
};

function warnTwice(found: readonly (string | undefined)[], { report }: Reading): void {
  found.forEach((id, i) => {
    if (id !== undefined && found.indexOf(id) < i)
      report.warn([...AT, 'rules', i], 'correlation/rules', `the rule "${id}" is there twice; its matches count once`);
  });
}

/** Names of fields that no format gives and that are nearly such a name: most likely no event has them. */
function warnNearFields(map: PlainMap, { parameters }: AnomalyType, reading: Reading): void {
  for (const [parameter, { isField = false }] of Object.entries(parameters)) {
    const written = map[parameter];
    const names = isField ? (isList(written) ? written : [written]) : [];
    names.forEach((name, i) => {
      if (typeof name === 'string') warnNearField(name, [...AT, parameter, ...(isList(written) ? [i] : [])], reading);
    });
  }
}

function typeOf(map: PlainMap, report: ProblemReporter): AnomalyType | undefined {
  const written = textOf(map['type']);
  if (written !== undefined && Object.hasOwn(ANOMALY_TYPES, written)) return ANOMALY_TYPES[written];
  const known = Object.keys(ANOMALY_TYPES);
  const close = nearest(written ?? '', known);
  report.error(
    written === undefined ? AT : [...AT, 'type'],
    'anomaly/type',
    `"${written ?? ''}" is no type of anomaly${close === undefined ? `; write one of ${known.join(', ')}` : `; did you mean "${close}"?`}`,
  );
  return undefined;
}

function reportUnknown(document: PlainMap, map: PlainMap, type: AnomalyType, report: ProblemReporter): void {
  const known = [...COMMON, ...Object.keys(type.parameters), ...(type.timespan === undefined ? [] : ['timespan'])];
  for (const key of Object.keys(map)) {
    if (known.includes(key)) continue;
    if (OPTIONS.includes(key)) {
      report.error([...AT, key], 'anomaly/parameter', `"${key}" stands under "wardline", beside "anomaly"`, undefined, 'key');
      continue;
    }
    const close = nearest(key, known);
    const hint = close === undefined ? `; known: ${known.join(', ')}` : `; did you mean "${close}"?`;
    report.error([...AT, key], 'anomaly/parameter', `"${key}" is no parameter of this type${hint}`, undefined, 'key');
  }
  // A line that is not indented leaves its map.
  for (const key of known)
    if (key !== 'generate' && Object.hasOwn(document, key) && !Object.hasOwn(map, key))
      report.error([key], 'anomaly/parameter', `"${key}" stands under "anomaly"; indent it`, undefined, 'key');
  for (const key of OPTIONS)
    if (Object.hasOwn(document, key) && !known.includes(key))
      report.error([key], 'anomaly/parameter', `"${key}" stands under "wardline"`, undefined, 'key');
}

/** The parameters, and what only holds between them: each pair that is right one by one is looked at, whatever else is wrong. */
function valuesOf(map: PlainMap, type: AnomalyType, report: ProblemReporter): ReadValues {
  const read = readParameters(type.parameters, map, report);
  const wrong = new Set(read.wrong);
  const { metric, field, keep, min_history: least } = read.values;
  const right = (...names: readonly string[]): boolean => names.every((name) => !read.wrong.has(name));
  if (right('metric', 'field') && metric !== undefined && metric !== 'count' && field === undefined) {
    report.error(AT, 'anomaly/parameter', `the metric "${String(metric)}" needs a field`);
    wrong.add('field');
  }
  if (right('metric', 'field') && metric === 'count' && field !== undefined) {
    const others = type.parameters['metric']?.expects.replace('one of count, ', '').replace(/, (?=[a-z]+$)/, ' or ');
    report.error([...AT, 'field'], 'anomaly/parameter', `the metric "count" takes no field; write metric: ${others}`);
    wrong.add('field');
  }
  if (typeof keep === 'number' && typeof least === 'number' && least > keep) {
    report.error([...AT, 'min_history'], 'anomaly/parameter', `min_history is at most keep (${keep})`);
    wrong.add('min_history');
  }
  return { ...read, wrong };
}

/** What the rule may become once what is wrong in it is mended, at the ends of what may be written. */
function conditionsOf(type: AnomalyType, read: ReadValues, timespan: bigint | undefined): readonly (readonly [Condition, bigint])[] {
  const spans = timespan === undefined ? duration(type.timespan ?? '1h').ends : [timespan];
  return supposed(type.parameters, read).flatMap((values) => spans.map((span) => [type.make(values as never), span] as const));
}

function timespanOf(map: PlainMap, type: AnomalyType, report: ProblemReporter): bigint | undefined {
  const written = map['timespan'];
  const otherwise = type.timespan ?? '1h';
  if (written === undefined || written === null) return tryParseDuration(otherwise);
  const { read, expects } = duration(otherwise);
  const found = read(written);
  if (found === undefined) report.error([...AT, 'timespan'], 'value/bad-duration', `"${textOf(written)}" is not ${expects}`);
  return found;
}

/** Options of correlations that concern groups and alerts. */
function ownOptions(
  { map: written, nonNegative: _sign, minEvents: _least, ...own }: Options,
  report: ProblemReporter,
): Correlation['options'] {
  for (const key of ['non_negative', 'min_events', 'sequence', 'until'])
    if (Object.hasOwn(written, key))
      report.error(['wardline', key], 'correlation/options', `"${key}" is no option of an anomaly`, undefined, 'key');
  return own;
}

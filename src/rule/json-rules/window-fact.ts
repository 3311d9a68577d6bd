import { tryParseDuration } from '../../shared/duration.ts';
import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { nearest } from '../../shared/nearest.ts';
import { type Condition, type Fact, WINDOW_FACTS, type WindowFactName } from '../ir/condition.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import type { FactScope } from './fact.ts';

type Needs = { readonly field: boolean; readonly steps: boolean; readonly more: readonly string[] };
const PLAIN: Needs = { field: false, steps: false, more: [] };
const OVER_FIELD: Needs = { field: true, steps: false, more: [] };
const STEPS: Needs = { field: false, steps: true, more: [] };
const NEEDS: Readonly<Record<WindowFactName, Needs>> = {
  count: PLAIN,
  rate: PLAIN,
  ratio: PLAIN,
  absent: { ...PLAIN, more: ['direction'] },
  distinct: OVER_FIELD,
  firstSeen: OVER_FIELD,
  sum: OVER_FIELD,
  avg: OVER_FIELD,
  median: OVER_FIELD,
  percentile: { ...OVER_FIELD, more: ['p'] },
  together: STEPS,
  sequence: STEPS,
};

type Parse = (tree: JsonValue, path: DocumentPath) => Condition | undefined;

export const isWindowFact = (value: JsonObject, scope: FactScope): boolean =>
  scope.windows && !scope.constants.has(String(value['fact'])) && WINDOW_FACTS.some((name) => name === value['fact']);

/** Reads `{"fact": "count", "params": {"where": ..., "groupBy": [...], "within": "5m"}}`; undefined after a problem. */
export function parseWindowFact(value: JsonObject, path: DocumentPath, report: ProblemReporter, parse: Parse): Fact | undefined {
  const name = value['fact'] as WindowFactName;
  const params = value['params'];
  const at = [...path, 'params'];
  if (!isObject(params)) {
    report.error(path, 'json-rules/window-fact', `"${name}" needs params: within, groupBy, where`);
    return undefined;
  }
  if (value['path'] !== undefined)
    report.error([...path, 'path'], 'json-rules/window-fact', `"${name}" is a number or true and has no path`);
  const needs = NEEDS[name];
  const known = ['within', 'groupBy', ...(needs.steps ? ['steps'] : ['where']), ...(needs.field ? ['field'] : []), ...needs.more];
  for (const key of Object.keys(params)) {
    if (known.includes(key)) continue;
    const hint = nearest(key, known);
    report.error(
      [...at, key],
      'json-rules/unknown-key',
      `"${name}" has no parameter "${key}" (${hint ? `did you mean "${hint}"?` : `known: ${known.join(', ')}`})`,
    );
  }
  const within = typeof params['within'] === 'string' ? tryParseDuration(params['within']) : undefined;
  if (within === undefined)
    report.error([...at, 'within'], 'value/bad-duration', `"within" is a duration such as 5m, not ${JSON.stringify(params['within'])}`);
  const groupBy = textList(params['groupBy'] ?? []);
  if (groupBy === undefined) report.error([...at, 'groupBy'], 'json-rules/window-fact', '"groupBy" is a list of fields');
  const fields = needs.field ? textList(params['field'] ?? null) : [];
  if (fields === undefined || (needs.field && fields.length === 0))
    report.error(at, 'json-rules/window-fact', `"${name}" needs field: a field or a list of fields`);
  if ((params['direction'] ?? 'before') !== 'before')
    report.error(
      [...at, 'direction'],
      'json-rules/window-fact',
      'absent looks back; for what must follow write a correlation with "not" or of type absence',
    );
  const steps = readSteps(params, needs, at, report, parse);
  const percentile = readPercentile(name, params, at, report);
  if (within === undefined || groupBy === undefined || fields === undefined || steps === undefined) return undefined;
  return { kind: 'window', window: { name, steps, groupBy, within, fields, percentile } };
}

function textList(value: JsonValue): readonly string[] | undefined {
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  return list.every((one) => typeof one === 'string' && one !== '') ? (list as readonly string[]) : undefined;
}

function readSteps(
  params: JsonObject,
  needs: Needs,
  at: DocumentPath,
  report: ProblemReporter,
  parse: Parse,
): readonly Condition[] | undefined {
  if (!needs.steps) {
    if (params['where'] === undefined) return [];
    const where = parse(params['where'], [...at, 'where']);
    return where && [where];
  }
  const steps = params['steps'];
  if (!Array.isArray(steps) || steps.length < 2 || steps.length > 10) {
    report.error([...at, 'steps'], 'json-rules/window-fact', 'steps is a list of two to ten conditions');
    return undefined;
  }
  const read = (steps as readonly JsonValue[]).map((step, i) => parse(step, [...at, 'steps', i]));
  return read.every((step) => step !== undefined) ? read : undefined;
}

function readPercentile(name: WindowFactName, params: JsonObject, at: DocumentPath, report: ProblemReporter): number | undefined {
  if (name !== 'percentile') return undefined;
  const { p } = params;
  if (typeof p === 'number' && p >= 0 && p <= 100) return p;
  report.error([...at, 'p'], 'json-rules/window-fact', '"p" is a number from 0 to 100');
  return undefined;
}

import { tryParseDuration } from '../../shared/duration.ts';
import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { References } from '../front-end.ts';
import type { RuleId, Sequence } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf } from './meta.ts';

const MAX_RUNS = 100;
const STEP_KEYS = ['rule', 'runs', 'max_gap'] as const;
const ABSENT_KEYS = ['not', 'within'] as const;

/**
 * `wardline.sequence` beside `temporal_ordered`: the rules again, in order, with what must not come between them. Tools
 * that do not read it see the weaker rule that `rules` says. Undefined after a reported error, or where there is none.
 */
export function readSequence(
  options: PlainMap,
  ordered: boolean,
  rules: readonly RuleId[],
  references: References,
  report: ProblemReporter,
): Sequence | undefined {
  const list = options['sequence'];
  const path = ['wardline', 'sequence'];
  if (list === undefined) {
    if (options['until'] !== undefined) report.error(['wardline', 'until'], 'correlation/sequence', '"until" stands beside "sequence"');
    return undefined;
  }
  if (!ordered || !isList(list) || list.length === 0) {
    report.error(path, 'correlation/sequence', 'sequence is a list of steps beside a correlation of type temporal_ordered');
    return undefined;
  }
  const resolve = (value: Plain | undefined, at: readonly (string | number)[]): RuleId | undefined => {
    const id = references.idOf(textOf(value) ?? '');
    if (id === undefined) report.error(at, 'ref/unknown-rule', `no rule "${textOf(value) ?? ''}"`);
    return id;
  };
  const steps: Sequence['steps'][number][] = [];
  const absent: Sequence['absent'][number][] = [];
  list.forEach((step, i) => {
    const at = [...path, i];
    if (!isMap(step) || (step['rule'] === undefined) === (step['not'] === undefined)) {
      report.error(at, 'correlation/sequence', 'a step is {rule: NAME} or {not: NAME}');
      return;
    }
    const positive = step['rule'] !== undefined;
    const known: readonly string[] = positive ? STEP_KEYS : ABSENT_KEYS;
    for (const key of Object.keys(step))
      if (!known.includes(key)) report.error([...at, key], 'correlation/sequence', `a step has no "${key}"`, undefined, 'key');
    const rule = resolve(positive ? step['rule'] : step['not'], [...at, positive ? 'rule' : 'not']);
    if (rule === undefined) return;
    const bound = readDuration(step[positive ? 'max_gap' : 'within'], [...at, positive ? 'max_gap' : 'within'], report);
    if (!positive) absent.push({ rule, at: steps.length, ...(bound === undefined ? {} : { within: bound }) });
    else
      for (let n = readRuns(step['runs'], [...at, 'runs'], report); n > 0; n--)
        steps.push({ rule, ...(bound === undefined ? {} : { maxGap: bound }) });
  });
  absent.forEach(({ at, within }) => {
    if (within !== undefined && at > 0 && at < steps.length)
      report.error(path, 'correlation/sequence', 'between two steps "not" concerns all the time between them; leave "within" out');
  });
  const written = [...new Set(steps.map(({ rule }) => rule))];
  if (written.length !== rules.length || written.some((rule, i) => rule !== rules[i]))
    report.error(path, 'correlation/sequence', 'the steps with "rule" repeat "rules" in its order');
  const until = options['until'] === undefined ? undefined : resolve(options['until'], ['wardline', 'until']);
  return { steps, absent, ...(until === undefined ? {} : { until }) };
}

function readRuns(value: Plain | undefined, path: readonly (string | number)[], report: ProblemReporter): number {
  if (value === undefined) return 1;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_RUNS) return value;
  report.error(path, 'correlation/sequence', `runs is a whole number from 1 to ${MAX_RUNS}`);
  return 1;
}

function readDuration(value: Plain | undefined, path: readonly (string | number)[], report: ProblemReporter): bigint | undefined {
  if (value === undefined) return undefined;
  const found = tryParseDuration(textOf(value) ?? '');
  if (found === undefined || found <= 0n)
    report.error(path, 'value/bad-duration', `"${textOf(value) ?? ''}" is not a duration; write for example 30s`);
  return found;
}

/** Every rule that a sequence names beside its steps. */
export const rulesBeside = ({ absent, until }: Sequence): readonly RuleId[] => [
  ...absent.map(({ rule }) => rule),
  ...(until === undefined ? [] : [until]),
];

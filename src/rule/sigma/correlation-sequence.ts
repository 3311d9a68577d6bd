import { durationText, tryParseDuration } from '../../shared/duration.ts';
import { nearest } from '../../shared/nearest.ts';
import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { References } from '../front-end.ts';
import type { RuleId, Sequence } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf } from './meta.ts';

const MAX_RUNS = 100;
const STEP_KEYS = ['rule', 'runs', 'max_gap'] as const;
const ABSENT_KEYS = ['not', 'within'] as const;

type SequenceReading = {
  readonly options: PlainMap;
  /** Does it stand beside `temporal_ordered` without a condition? */
  readonly ordered: boolean;
  readonly rules: readonly RuleId[];
  readonly timespan: bigint | undefined;
  readonly references: References;
  readonly report: ProblemReporter;
};

/**
 * `wardline.sequence` beside `temporal_ordered`: the rules again, in order, with what must not come between them. Tools
 * that do not read it see the weaker rule that `rules` says. Undefined after a reported error, or where there is none.
 */
export function readSequence({ options, ordered, rules, timespan, references, report }: SequenceReading): Sequence | undefined {
  const list = options['sequence'];
  const path = ['wardline', 'sequence'];
  if (list === undefined) {
    if (options['until'] !== undefined) report.error(['wardline', 'until'], 'correlation/sequence', '"until" stands beside "sequence"');
    return undefined;
  }
  if (!ordered || !isList(list) || list.length === 0) {
    const message = !ordered
      ? 'sequence stands beside a correlation of type temporal_ordered without a condition'
      : `sequence is a list of steps${isList(list) ? ' and has none' : ''}; write for example [{rule: a}, {not: b}, {rule: c}]`;
    report.error(path, 'correlation/sequence', message);
    return undefined;
  }
  const resolve = (value: Plain | undefined, at: readonly (string | number)[]): RuleId | undefined => {
    const id = references.idOf(textOf(value) ?? '');
    if (id !== undefined) return id;
    const close = nearest(textOf(value) ?? '', references.all());
    report.error(at, 'ref/unknown-rule', `no rule "${textOf(value) ?? ''}"${close === undefined ? '' : ` (did you mean "${close}"?)`}`);
    return undefined;
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
      if (!known.includes(key))
        report.error([...at, key], 'correlation/sequence', `a step has no "${key}"; known: ${known.join(', ')}`, undefined, 'key');
    const rule = resolve(positive ? step['rule'] : step['not'], [...at, positive ? 'rule' : 'not']);
    if (rule === undefined) return;
    const limit = positive ? 'max_gap' : 'within';
    const bound = readDuration(step[limit], [...at, limit], report);
    if (bound !== undefined && timespan !== undefined && bound > timespan) {
      const long = `${limit} is longer than the timespan (${durationText(timespan)})`;
      if (positive) report.error([...at, limit], 'correlation/sequence', `${long}, in which all steps must fit: it would never matter`);
      else report.warn([...at, limit], 'correlation/long-within', `${long}: the rule looks, or waits, that much further`);
    }
    if (positive && bound !== undefined && steps.length === 0 && (step['runs'] === undefined || step['runs'] === 1))
      report.warn([...at, limit], 'correlation/no-effect', 'max_gap is the time since the step before, and before this step there is none');
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

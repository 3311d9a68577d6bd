import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { nearest } from '../../shared/nearest.ts';
import type { Condition, ConditionLeaf, Decorator } from '../ir/condition.ts';
import type { JsonOperator } from '../ir/expr.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { type FactScope, parseFact } from './fact.ts';
import { DECORATORS, JSON_OPERATORS, NEEDS_LIST, NEEDS_NUMBER } from './operators.ts';

/** Named conditions of all files, as written; resolved where they are used. */
export type NamedConditions = ReadonlyMap<string, JsonValue>;

export type ConditionInput = {
  readonly report: ProblemReporter;
  readonly named: NamedConditions;
  readonly scope: FactScope;
};

const TREE_KEYS = ['all', 'any', 'not', 'condition'] as const;
const LEAF_KEYS = ['fact', 'operator', 'value', 'params', 'path', 'name', 'priority'] as const;
const MAX_DEPTH = 32;

/** Where the walk stands: how deep, which named conditions led here, whether an odd number of `not` lies above. */
type At = { readonly depth: number; readonly names: readonly string[]; readonly negated: boolean };

/** Reads a condition tree as json-rules-engine has it; undefined after a reported problem. Never throws. */
export function parseCondition(value: JsonValue, path: DocumentPath, input: ConditionInput): Condition | undefined {
  return parseNode(value, path, input, { depth: 0, names: [], negated: false });
}

function parseNode(value: JsonValue, path: DocumentPath, input: ConditionInput, at: At): Condition | undefined {
  const { report } = input;
  if (!isObject(value)) {
    report.error(path, 'json-rules/shape', 'a condition is an object with all, any, not, condition, or fact, operator and value');
    return undefined;
  }
  if (at.depth > MAX_DEPTH) {
    report.error(path, 'json-rules/too-deep', `conditions are nested more than ${MAX_DEPTH} levels`);
    return undefined;
  }
  const found = TREE_KEYS.filter((key) => Object.hasOwn(value, key));
  const [kind] = found;
  if (found.length > 1 || (kind !== undefined && Object.hasOwn(value, 'fact'))) {
    report.error(
      path,
      'json-rules/shape',
      `a condition has one of all, any, not, condition, fact; here are ${Object.keys(value).join(', ')}`,
    );
    return undefined;
  }
  reportUnknownKeys(value, path, kind === undefined ? LEAF_KEYS : [kind, 'priority', 'name'], report);
  checkPriority(value, path, input);
  if (kind === undefined) return parseLeaf(value, path, input, at);
  if (kind === 'condition') return parseNamed(value['condition'] as JsonValue, [...path, kind], input, at);
  const inner = { ...at, depth: at.depth + 1 };
  if (kind === 'not') {
    const of = parseNode(value['not'] as JsonValue, [...path, kind], input, { ...inner, negated: !at.negated });
    return of && { op: 'not', of };
  }
  return parseList(kind, value[kind] as JsonValue, [...path, kind], input, inner);
}

function parseList(op: 'all' | 'any', list: JsonValue, path: DocumentPath, input: ConditionInput, at: At): Condition | undefined {
  if (!Array.isArray(list) || list.length === 0) {
    // The package takes an empty list, also an empty `any`, as true: a rule that matches everything by accident.
    input.report.error(path, 'json-rules/empty', `"${op}" is a list of at least one condition`);
    return undefined;
  }
  const of = list.map((item, i) => parseNode(item, [...path, i], input, at));
  return of.every((item) => item !== undefined) ? { op, of } : undefined;
}

function parseNamed(name: JsonValue, path: DocumentPath, input: ConditionInput, at: At): Condition | undefined {
  const { report, named } = input;
  const tree = typeof name === 'string' ? named.get(name) : undefined;
  if (typeof name !== 'string' || tree === undefined) {
    const hint = nearest(String(name), named.keys());
    report.error(path, 'ref/unknown-condition', `no condition is named ${JSON.stringify(name)}${hint ? ` (did you mean "${hint}"?)` : ''}`);
    return undefined;
  }
  if (at.names.includes(name)) {
    report.error(path, 'ref/cycle', `condition "${name}" contains itself: ${[...at.names, name].join(' > ')}`);
    return undefined;
  }
  // Problems inside a named condition are reported where it is written, once; here only that it is unusable.
  const found: string[] = [];
  const quiet: ProblemReporter = { error: (_path, _code, message) => found.push(message), warn() {} };
  const of = parseNode(tree, [], { ...input, report: quiet }, { ...at, depth: at.depth + 1, names: [...at.names, name] });
  if (of === undefined)
    report.error(path, 'ref/unusable-condition', `condition "${name}" cannot be used: ${found[0] ?? 'it has problems'}`);
  return of;
}

function parseLeaf(value: JsonObject, path: DocumentPath, input: ConditionInput, at: At): ConditionLeaf | undefined {
  const { report, scope } = input;
  const missing = (['fact', 'operator', 'value'] as const).filter((key) => !Object.hasOwn(value, key));
  if (missing.length > 0) {
    report.error(path, 'json-rules/shape', `a condition needs ${missing.join(', ')} (or all, any, not, condition)`);
    return undefined;
  }
  const fact = parseFact(value, path, scope, report);
  const operator = parseOperator(value['operator'] as JsonValue, [...path, 'operator'], report);
  if (fact === undefined || operator === undefined) return undefined;
  const right = parseValue(value['value'] as JsonValue, operator, [...path, 'value'], input);
  if (right === undefined) return undefined;
  const leaf: ConditionLeaf = { op: 'leaf', fact, ...operator, value: right };
  return absenceCannotSatisfy(leaf, path, at, report) ? leaf : undefined;
}

/** Absent context must never satisfy a rule: no negation above a context fact, no "every" over its list. */
function absenceCannotSatisfy(leaf: ConditionLeaf, path: DocumentPath, at: At, report: ProblemReporter): boolean {
  const context = leaf.fact.kind === 'context' || leaf.value.kind === 'context';
  if (!context) return true;
  const bad = at.negated ? '"not"' : leaf.decorators.find((name) => name === 'not' || name === 'everyFact');
  if (bad === undefined) return true;
  report.error(
    path,
    'logic/absence-satisfies',
    `${bad} over a context fact would hold where the store knows nothing; state what must be true`,
  );
  return false;
}

type Operator = { readonly operator: JsonOperator; readonly decorators: readonly Decorator[] };

function parseOperator(written: JsonValue, path: DocumentPath, report: ProblemReporter): Operator | undefined {
  const parts = typeof written === 'string' ? written.split(':') : [];
  const name = parts.pop();
  const operator = JSON_OPERATORS.find((known) => known === name);
  const decorators = parts.map((part) => DECORATORS.find((known) => known === part));
  const unknown = parts.find((_, i) => decorators[i] === undefined);
  if (operator === undefined || unknown !== undefined) {
    const word = unknown ?? name ?? JSON.stringify(written);
    const known: readonly string[] = unknown === undefined ? JSON_OPERATORS : DECORATORS;
    const hint = nearest(word, known);
    const advice = hint ? `did you mean "${hint}"?` : `one of ${known.join(', ')}`;
    report.error(path, 'json-rules/unknown-operator', `no ${unknown === undefined ? 'operator' : 'decorator'} "${word}" (${advice})`);
    return undefined;
  }
  if (parts.length > 4) {
    report.error(path, 'json-rules/unknown-operator', 'more than four decorators on one operator');
    return undefined;
  }
  return { operator, decorators: decorators.filter((decorator) => decorator !== undefined) };
}

function parseValue(value: JsonValue, { operator, decorators }: Operator, path: DocumentPath, input: ConditionInput) {
  if (isObject(value) && Object.hasOwn(value, 'fact')) {
    reportUnknownKeys(value, path, ['fact', 'params', 'path'], input.report);
    return parseFact(value, path, input.scope, input.report);
  }
  const why = unfit(value, operator, decorators);
  if (why === undefined) return { kind: 'constant', value } as const;
  input.report.error(path, 'value/wrong-type', why);
  return undefined;
}

/** Why a constant can never give what the author means, or undefined. With `swap` either side may be anything scalar. */
function unfit(value: JsonValue, operator: JsonOperator, decorators: readonly Decorator[]): string | undefined {
  const unfolds = decorators.filter((name) => name === 'someValue' || name === 'everyValue').length;
  if (decorators.includes('swap')) return isObject(value) ? 'an object is never equal to anything; compare its fields' : undefined;
  if (unfolds > 1) return 'a value is unfolded once: one of someValue, everyValue';
  if (unfolds === 1) {
    if (!Array.isArray(value) || value.length === 0) return 'someValue and everyValue need a list of at least one value';
    return value.map((one) => unfitPlain(one, operator)).find((why) => why !== undefined);
  }
  return unfitPlain(value, operator);
}

function unfitPlain(value: JsonValue, operator: JsonOperator): string | undefined {
  if (NEEDS_LIST.has(operator)) {
    if (!Array.isArray(value) || value.length === 0)
      return `"${operator}" needs a list of at least one value, not ${JSON.stringify(value)}`;
    return value.every(isScalar) ? undefined : `"${operator}" compares single values; a list or object inside is never equal to anything`;
  }
  if (NEEDS_NUMBER.has(operator))
    return typeof value === 'number' ? undefined : `"${operator}" needs a number, not ${JSON.stringify(value)}`;
  if (isScalar(value)) return undefined;
  return `"${operator}" compares by identity: a list or object is never equal to anything; use "in", "contains", or one condition per field`;
}

const isScalar = (value: JsonValue): boolean => typeof value !== 'object' || value === null;

function checkPriority(value: JsonObject, path: DocumentPath, { report, scope }: ConditionInput): void {
  if (!Object.hasOwn(value, 'priority')) return;
  if (scope.context)
    report.error(
      [...path, 'priority'],
      'json-rules/priority',
      'a condition priority skips conditions: what was not asked could not be explained',
    );
  else
    report.warn(
      [...path, 'priority'],
      'json-rules/priority',
      'condition priorities change nothing here: all conditions are asked together',
    );
}

/** Reports keys outside `known`, with the nearest known one. */
export function reportUnknownKeys(value: JsonObject, path: DocumentPath, known: readonly string[], report: ProblemReporter): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const hint = nearest(key, known);
    report.error(
      [...path, key],
      'json-rules/unknown-key',
      `unknown key "${key}"${hint ? `; did you mean "${hint}"?` : `; known: ${known.join(', ')}`}`,
    );
  }
}

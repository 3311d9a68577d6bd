import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { nearest } from '../../shared/nearest.ts';
import { ADDED_OPERATORS, type AddedOperator, type Condition, type ConditionLeaf, type Fact } from '../ir/condition.ts';
import type { Decorator, JsonOperator } from '../ir/expr.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { ADDED } from './added-operators.ts';
import { isAdded } from './compile-condition.ts';
import { expandOperator } from './custom-operator.ts';
import { type FactScope, parseFact } from './fact.ts';
import { DECORATORS, JSON_OPERATORS, NEEDS_LIST, NEEDS_NUMBER } from './operators.ts';
import { reportUnknownKeys } from './unknown-keys.ts';
import { isWindowFact, parseWindowFact } from './window-fact.ts';

export type ConditionInput = {
  readonly report: ProblemReporter;
  /** Named conditions and custom operators of all files, as written; resolved where they are used. */
  readonly named: ReadonlyMap<string, JsonValue>;
  readonly operators: ReadonlyMap<string, JsonValue>;
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
    return of && { op: 'not', of, ...priorityOf(value) };
  }
  const of = parseList(kind, value[kind] as JsonValue, [...path, kind], input, inner);
  return of && { op: kind, of, ...priorityOf(value) };
}

function parseList(
  op: 'all' | 'any',
  list: JsonValue,
  path: DocumentPath,
  input: ConditionInput,
  at: At,
): readonly Condition[] | undefined {
  if (!Array.isArray(list) || list.length === 0) {
    // The package takes an empty list, also an empty `any`, as true: a rule that matches everything by accident.
    input.report.error(path, 'json-rules/empty', `"${op}" is a list of at least one condition`);
    return undefined;
  }
  const of = list.map((item, i) => parseNode(item, [...path, i], input, at));
  return of.every((item) => item !== undefined) ? of : undefined;
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
  const of = quietly(tree, input, { ...at, depth: at.depth + 1, names: [...at.names, name] });
  if (typeof of !== 'string') return of;
  report.error(path, 'ref/unusable-condition', `condition "${name}" cannot be used: ${of}`);
  return undefined;
}

function parseLeaf(value: JsonObject, path: DocumentPath, input: ConditionInput, at: At): Condition | undefined {
  const { report, scope } = input;
  const missing = (['fact', 'operator', 'value'] as const).filter((key) => !Object.hasOwn(value, key));
  if (missing.length > 0) {
    report.error(path, 'json-rules/shape', `a condition needs ${missing.join(', ')} (or all, any, not, condition)`);
    return undefined;
  }
  const custom = customOf(value['operator'] as JsonValue, input);
  if (custom !== undefined) return parseCustom(custom, value, path, input, at);
  const fact = isWindowFact(value, scope) ? parseWindowLeaf(value, path, input, at) : parseFact(value, path, scope, report);
  const operator = parseOperator(value['operator'] as JsonValue, [...path, 'operator'], input);
  if (fact === undefined || operator === undefined) return undefined;
  const right = parseValue(value['value'] as JsonValue, operator, [...path, 'value'], input);
  if (right === undefined) return undefined;
  const leaf: ConditionLeaf = { op: 'leaf', fact, ...operator, value: right, ...priorityOf(value) };
  if (fact.kind === 'window' && !windowFits(leaf, path, report)) return undefined;
  return absenceCannotSatisfy(leaf, path, at, report) && addedFits(leaf, path, report) ? leaf : undefined;
}

/** Conditions inside a window fact ask single events. */
function parseWindowLeaf(value: JsonObject, path: DocumentPath, input: ConditionInput, at: At): Fact | undefined {
  const inner = { ...input, scope: { ...input.scope, windows: false, lookupsRefused: true as const } };
  return parseWindowFact(value, path, input.report, (tree, place) =>
    parseNode(tree, place, inner, { ...at, depth: at.depth + 1, negated: false }),
  );
}

function windowFits({ operator, value }: ConditionLeaf, path: DocumentPath, report: ProblemReporter): boolean {
  if (!isAdded(operator) && value.kind === 'constant') return true;
  report.error(path, 'json-rules/window-fact', 'a value of a window is compared with a constant, by an operator of the original');
  return false;
}

type Custom = { readonly name: string; readonly body: JsonValue; readonly negated: boolean };

/** A custom operator, also with "not:" before it. */
function customOf(written: JsonValue, { operators }: ConditionInput): Custom | undefined {
  if (typeof written !== 'string') return undefined;
  const parts = written.split(':');
  const name = parts.pop() ?? '';
  const body = operators.get(name);
  return body !== undefined && parts.every((part) => part === 'not') ? { name, body, negated: parts.length % 2 === 1 } : undefined;
}

function parseCustom({ name, body, negated }: Custom, leaf: JsonObject, path: DocumentPath, input: ConditionInput, at: At) {
  const { report } = input;
  if (at.names.includes(`operator ${name}`)) {
    report.error([...path, 'operator'], 'ref/cycle', `operator "${name}" contains itself`);
    return undefined;
  }
  const expanded = expandOperator(leaf, body);
  const inner = { depth: at.depth + 1, names: [...at.names, `operator ${name}`], negated: negated !== at.negated };
  const of = 'why' in expanded ? expanded.why : quietly(expanded.tree, input, inner);
  if (typeof of !== 'string') return negated ? ({ op: 'not', of } as const) : of;
  report.error([...path, 'operator'], 'ref/unusable-operator', `operator "${name}" cannot be used here: ${of}`);
  return undefined;
}

/** Reads a tree that is written elsewhere: its condition, or the first of its problems. */
function quietly(tree: JsonValue, input: ConditionInput, at: At): Condition | string {
  const found: string[] = [];
  const quiet: ProblemReporter = { error: (_path, _code, message) => found.push(message), warn() {} };
  return parseNode(tree, [], { ...input, report: quiet }, at) ?? found[0] ?? 'it has problems';
}

/** Absent context must never satisfy a rule: no negation above a context fact, no "every" over its list. */
function absenceCannotSatisfy(leaf: ConditionLeaf, path: DocumentPath, at: At, report: ProblemReporter): boolean {
  const context = leaf.fact.kind === 'context' || leaf.value.kind === 'context';
  if (!context) return true;
  const absent = leaf.operator === 'exists' && leaf.value.kind === 'constant' && leaf.value.value === false ? 'exists: false' : undefined;
  const bad = at.negated ? '"not"' : (absent ?? leaf.decorators.find((name) => name === 'not' || name === 'everyFact'));
  if (bad === undefined) return true;
  report.error(
    path,
    'logic/absence-satisfies',
    `${bad} over a context fact would hold where the store knows nothing; state what must be true`,
  );
  return false;
}

/** Added operators take `not` alone before them, and read a field as a whole. */
function addedFits({ operator, decorators, fact, value }: ConditionLeaf, path: DocumentPath, report: ProblemReporter): boolean {
  if (!isAdded(operator)) return true;
  const positions = [fact, value].some((one) => one.kind === 'event' && one.keys.length > 0);
  const other = decorators.find((decorator) => decorator !== 'not');
  const why =
    other !== undefined
      ? `"${operator}" takes no "${other}": a list holds if one of its elements does, and the value may be a list`
      : positions
        ? `"${operator}" reads a field as a whole; positions stand with the operators of the original only`
        : value.kind !== 'constant' && ADDED[operator].fieldref === undefined
          ? `"${operator}" compares with a value, not with another fact`
          : undefined;
  if (why !== undefined) report.error([...path, 'operator'], 'json-rules/operator', why);
  return why === undefined;
}

type Operator = Pick<ConditionLeaf, 'operator' | 'decorators'>;

function parseOperator(written: JsonValue, path: DocumentPath, { report, operators }: ConditionInput): Operator | undefined {
  const parts = typeof written === 'string' ? written.split(':') : [];
  const name = parts.pop();
  const known: readonly (JsonOperator | AddedOperator)[] = [...JSON_OPERATORS, ...ADDED_OPERATORS];
  const operator = known.find((one) => one === name);
  const decorators = parts.map((part) => DECORATORS.find((one) => one === part));
  const unknown = parts.find((_, i) => decorators[i] === undefined);
  if (operator === undefined || unknown !== undefined) {
    const word = unknown ?? name ?? JSON.stringify(written);
    const candidates: readonly string[] = unknown === undefined ? [...known, ...operators.keys()] : DECORATORS;
    const hint = nearest(word, candidates);
    const advice = operators.has(word)
      ? 'before an operator of a file stands "not" alone'
      : hint
        ? `did you mean "${hint}"?`
        : `one of ${candidates.join(', ')}`;
    report.error(path, 'json-rules/unknown-operator', `no ${unknown === undefined ? 'operator' : 'decorator'} "${word}" (${advice})`);
    return undefined;
  }
  if (parts.length > 4) {
    report.error(path, 'json-rules/unknown-operator', 'more than four decorators on one operator');
    return undefined;
  }
  return { operator, decorators: decorators.filter((decorator) => decorator !== undefined) };
}

function parseValue(value: JsonValue, { operator, decorators }: Operator, path: DocumentPath, input: ConditionInput): Fact | undefined {
  let constant = value;
  if (isObject(value) && Object.hasOwn(value, 'fact')) {
    reportUnknownKeys(value, path, ['fact', 'params', 'path'], input.report);
    const fact = parseFact(value, path, input.scope, input.report);
    if (fact?.kind !== 'constant') return fact;
    constant = fact.value;
  }
  const why = isAdded(operator) ? ADDED[operator].unfit(constant) : unfit(constant, operator, decorators);
  if (why === undefined) return { kind: 'constant', value: constant };
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

const priorityOf = (value: JsonObject): { readonly priority?: number } =>
  typeof value['priority'] === 'number' ? { priority: value['priority'] } : {};

function checkPriority(value: JsonObject, path: DocumentPath, { report, scope }: ConditionInput): void {
  const priority = value['priority'];
  if (priority === undefined) return;
  if (typeof priority !== 'number' || !Number.isInteger(priority) || priority < 1)
    report.error([...path, 'priority'], 'json-rules/priority', `a priority is a whole number from 1, not ${JSON.stringify(priority)}`);
  else if (scope.context)
    report.error(
      [...path, 'priority'],
      'json-rules/priority',
      'a condition priority skips conditions: what was not asked could not be explained',
    );
}

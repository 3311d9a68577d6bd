import type { JsonValue } from '../../shared/json.ts';
import { ADDED_OPERATORS, type AddedOperator, type Condition, type ConditionLeaf, type Fact } from '../ir/condition.ts';
import type { Decorator, Expr, JsonOperator } from '../ir/expr.ts';
import { ADDED } from './added-operators.ts';
import { evaluateDecorated } from './operators.ts';

const NEVER: Expr = { op: 'constant', value: false };
const ALWAYS: Expr = { op: 'constant', value: true };

/** An expression that holds wherever the condition may; `exact` says that it holds nowhere else. */
export type Compiled = { readonly expr: Expr; readonly exact: boolean };

/**
 * A condition tree as an expression over one event. What an expression cannot say (facts beyond the event) becomes the
 * weakest answer, so that the expression selects every event the rule may hold for.
 */
export function compileCondition(condition: Condition): Compiled {
  let exact = true;
  const walk = (node: Condition, unsaid: Expr): Expr => {
    if (node.op === 'not') return { op: 'not', of: walk(node.of, unsaid === ALWAYS ? NEVER : ALWAYS) };
    if (node.op !== 'leaf') return { op: node.op === 'all' ? 'and' : 'or', of: node.of.map((one) => walk(one, unsaid)) };
    const expr = compileLeaf(node);
    if (expr === undefined) exact = false;
    return expr ?? unsaid;
  };
  const expr = simplify(walk(condition, ALWAYS));
  return { expr, exact };
}

export const isAdded = (operator: JsonOperator | AddedOperator): operator is AddedOperator =>
  ADDED_OPERATORS.some((known) => known === operator);

type EventFact = Extract<Fact, { kind: 'event' }>;

/** One comparison as an expression; undefined where a side of it is not in the event. */
export function compileLeaf({ fact, operator, decorators, value }: ConditionLeaf): Expr | undefined {
  if (fact.kind === 'constant' && value.kind === 'constant' && !isAdded(operator))
    return { op: 'constant', value: evaluateDecorated(decorators, operator, fact.value, value.value) };
  if (fact.kind !== 'event' || (value.kind !== 'constant' && value.kind !== 'event')) return undefined;
  if (isAdded(operator)) return added(fact, operator, decorators, value);
  if (value.kind === 'event')
    return {
      op: 'json',
      ...side(fact),
      operator,
      value: null,
      ...(decorators.length === 0 ? {} : { decorators }),
      other: { field: value.field, keys: value.keys },
    };
  return decorated(decorators, operator, fact, value.value);
}

const side = ({ field, keys }: EventFact) => (keys.length === 0 ? { field } : { field, keys });

/** Only `not` stands before an added operator (the reader says so); fields with positions are read as a whole. */
function added(fact: EventFact, operator: AddedOperator, decorators: readonly Decorator[], value: Fact): Expr | undefined {
  const { expr, fieldref } = ADDED[operator];
  let positive: Expr;
  if (value.kind === 'constant') positive = expr(fact.field, value.value);
  else if (value.kind === 'event' && fieldref !== undefined)
    positive = { op: 'fieldref', field: fact.field, other: value.field, how: fieldref, cased: operator !== 'equalIgnoringCase' };
  else return undefined;
  return decorators.length % 2 === 0 ? positive : { op: 'not', of: positive };
}

/**
 * Decorators that the tree itself can say are said by it, so that the literals stay in sight of the index; `notEqual` and
 * `notIn` are negations of their positives: as in the package, a field that is missing satisfies them.
 */
function decorated(decorators: readonly Decorator[], operator: JsonOperator, fact: EventFact, value: JsonValue): Expr {
  const [outer, ...rest] = decorators;
  if (outer === undefined) return plain(operator, fact, value);
  const asked: Expr = { op: 'json', ...side(fact), operator, value, decorators };
  if (outer === 'not') return { op: 'not', of: decorated(rest, operator, fact, value) };
  if ((outer === 'someValue' || outer === 'everyValue') && Array.isArray(value) && !rest.includes('swap')) {
    const of = (value as readonly JsonValue[]).map((one) => decorated(rest, operator, fact, one));
    return { op: outer === 'someValue' ? 'or' : 'and', of };
  }
  if (outer === 'someFact' && rest.length === 0) return someFact(operator, fact, value) ?? asked;
  return asked;
}

function plain(operator: JsonOperator, fact: EventFact, value: JsonValue): Expr {
  if (operator === 'notEqual') return { op: 'not', of: { op: 'json', ...side(fact), operator: 'equal', value } };
  if (operator === 'notIn') return { op: 'not', of: { op: 'json', ...side(fact), operator: 'in', value } };
  return { op: 'json', ...side(fact), operator, value };
}

function someFact(operator: JsonOperator, fact: EventFact, value: JsonValue): Expr | undefined {
  const contains = (one: JsonValue): Expr => ({ op: 'json', ...side(fact), operator: 'contains', value: one });
  if (operator === 'equal') return contains(value);
  if (operator === 'in') return { op: 'or', of: (value as readonly JsonValue[]).map(contains) };
  return undefined;
}

/** Folds constants away, so that a tree of unsaid parts is plainly "every event". */
export function simplify(expr: Expr): Expr {
  if (expr.op === 'not') {
    const of = simplify(expr.of);
    return of.op === 'constant' ? (of.value ? NEVER : ALWAYS) : { op: 'not', of };
  }
  if (expr.op !== 'and' && expr.op !== 'or') return expr;
  const absorbing = expr.op === 'or';
  const of = expr.of.map(simplify).filter((one) => one.op !== 'constant' || one.value === absorbing);
  if (of.some((one) => one.op === 'constant')) return absorbing ? ALWAYS : NEVER;
  const [only] = of;
  if (only === undefined) return absorbing ? NEVER : ALWAYS;
  return of.length === 1 ? only : { op: expr.op, of };
}

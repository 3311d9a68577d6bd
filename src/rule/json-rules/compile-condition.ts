import type { JsonValue } from '../../shared/json.ts';
import type { Condition, ConditionLeaf, Decorator } from '../ir/condition.ts';
import type { Expr, JsonOperator } from '../ir/expr.ts';

const NEVER: Expr = { op: 'constant', value: false };
const ALWAYS: Expr = { op: 'constant', value: true };

/** An expression that holds wherever the condition may; `exact` says that it holds nowhere else. */
export type Compiled = { readonly expr: Expr; readonly exact: boolean };

/**
 * A condition tree as an expression over one event. What an expression cannot say (context facts, facts compared with
 * facts, some decorators) becomes the weakest answer, so that the expression selects every event the rule may hold for.
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

function compileLeaf({ fact, operator, decorators, value }: ConditionLeaf): Expr | undefined {
  if (fact.kind !== 'event' || value.kind !== 'constant') return undefined;
  return decorated(decorators, operator, fact.field, value.value);
}

/** `notEqual` and `notIn` are negations of their positives: as in the package, a field that is missing satisfies them. */
function decorated(decorators: readonly Decorator[], operator: JsonOperator, field: string, value: JsonValue): Expr | undefined {
  const [outer, ...rest] = decorators;
  if (outer === undefined) return plain(operator, field, value);
  switch (outer) {
    case 'not': {
      const of = decorated(rest, operator, field, value);
      return of && { op: 'not', of };
    }
    case 'someValue':
    case 'everyValue': {
      const of = (value as readonly JsonValue[]).map((one) => decorated(rest, operator, field, one));
      return of.every((one) => one !== undefined) ? { op: outer === 'someValue' ? 'or' : 'and', of } : undefined;
    }
    case 'someFact':
      return rest.length === 0 ? someFact(operator, field, value) : undefined;
    case 'everyFact':
    case 'swap':
      return undefined;
    default:
      return outer satisfies never;
  }
}

function plain(operator: JsonOperator, field: string, value: JsonValue): Expr {
  if (operator === 'notEqual') return { op: 'not', of: { op: 'json', field, operator: 'equal', value } };
  if (operator === 'notIn') return { op: 'not', of: { op: 'json', field, operator: 'in', value } };
  return { op: 'json', field, operator, value };
}

function someFact(operator: JsonOperator, field: string, value: JsonValue): Expr | undefined {
  const contains = (one: JsonValue): Expr => ({ op: 'json', field, operator: 'contains', value: one });
  if (operator === 'equal') return contains(value);
  if (operator === 'in') return { op: 'or', of: (value as readonly JsonValue[]).map(contains) };
  return undefined;
}

/** Folds constants away, so that a tree of unsaid parts is plainly "every event". */
function simplify(expr: Expr): Expr {
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

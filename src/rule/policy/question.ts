import type { Condition, Fact } from '../ir/condition.ts';
import type { Expr } from '../ir/expr.ts';
import type { Question } from '../ir/policy.ts';
import { compileLeaf } from '../json-rules/compile-condition.ts';

/** A selection as a question: each predicate over a field is unknown where the field is missing. */
export function askExpr(expr: Expr): Question {
  switch (expr.op) {
    case 'and':
      return { op: 'all', of: expr.of.map(askExpr) };
    case 'or':
      return { op: 'any', of: expr.of.map(askExpr) };
    case 'not':
      return { op: 'not', of: askExpr(expr.of) };
    case 'constant':
      return expr;
    default:
      return { op: 'event', expr };
  }
}

/** A condition tree as a question; what the event cannot answer is left to the context stores. */
export function askCondition(condition: Condition): Question {
  if (condition.op === 'not') return { op: 'not', of: askCondition(condition.of) };
  if (condition.op !== 'leaf') return { op: condition.op, of: condition.of.map(askCondition) };
  const expr = compileLeaf(condition);
  return expr === undefined ? { op: 'leaf', leaf: condition } : askExpr(expr);
}

/**
 * The events for which a question is true (`certain`), or true or unknown (`possible`). Exact for questions to the event;
 * what a context store or a clock would have to say is never certain and always possible.
 */
export function events(question: Question, how: 'certain' | 'possible'): Expr {
  switch (question.op) {
    case 'all':
    case 'any':
      return { op: question.op === 'all' ? 'and' : 'or', of: question.of.map((one) => events(one, how)) };
    case 'not':
      return { op: 'not', of: events(question.of, how === 'certain' ? 'possible' : 'certain') };
    case 'constant':
      return question;
    case 'event': {
      const missing = how === 'possible' ? fieldsThatMayLack(question.expr) : [];
      return missing.length === 0
        ? question.expr
        : { op: 'or', of: [question.expr, ...missing.map((field): Expr => ({ op: 'null', field }))] };
    }
    case 'leaf':
    case 'age':
      return { op: 'constant', value: how === 'possible' };
  }
}

/** Fields without which a predicate has no answer; those that ask for presence itself always have one. */
export function fieldsThatMayLack(expr: Extract<Question, { op: 'event' }>['expr']): readonly string[] {
  if (expr.op === 'null' || expr.op === 'exists' || expr.op === 'present' || expr.field === null) return [];
  const other = expr.op === 'fieldref' ? [expr.other] : expr.op === 'json' && expr.other !== undefined ? [expr.other.field] : [];
  return [expr.field, ...other];
}

/** Does any part of a question ask more than the event? */
export function asksContext(question: Question): boolean {
  if (question.op === 'leaf' || question.op === 'age') return true;
  if (question.op === 'not') return asksContext(question.of);
  return (question.op === 'all' || question.op === 'any') && question.of.some(asksContext);
}

export const field = (name: string): Fact => ({ kind: 'event', field: name, keys: [] });

import type { JsonValue } from '../../shared/json.ts';
import type { Decorator } from '../ir/condition.ts';
import type { JsonOperator } from '../ir/expr.ts';

export const JSON_OPERATORS: readonly JsonOperator[] = [
  'equal',
  'notEqual',
  'in',
  'notIn',
  'contains',
  'doesNotContain',
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
];

export const DECORATORS: readonly Decorator[] = ['not', 'someFact', 'everyFact', 'someValue', 'everyValue', 'swap'];

/** Which side a decorator unfolds, and what each operator needs on its right side. */
export const NEEDS_LIST: ReadonlySet<JsonOperator> = new Set(['in', 'notIn']);
export const NEEDS_NUMBER: ReadonlySet<JsonOperator> = new Set(['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive']);

type Side = JsonValue | undefined;

/**
 * One operator of json-rules-engine 7.3.1 on two values, as the package decides it: `===` without coercion, lists by
 * identity of elements, order on what `Number.parseFloat` reads as a number (so "10" orders as 10). Never throws:
 * where the package would (a right side that is no list), the answer is false.
 */
export function evaluateOperator(operator: JsonOperator, fact: Side, value: Side): boolean {
  switch (operator) {
    case 'equal':
      return fact === value;
    case 'notEqual':
      return fact !== value;
    case 'in':
      return Array.isArray(value) && value.includes(fact as JsonValue);
    case 'notIn':
      return Array.isArray(value) && !value.includes(fact as JsonValue);
    case 'contains':
      return Array.isArray(fact) && fact.includes(value as JsonValue);
    case 'doesNotContain':
      return Array.isArray(fact) && !fact.includes(value as JsonValue);
    case 'lessThan':
    case 'lessThanInclusive':
    case 'greaterThan':
    case 'greaterThanInclusive':
      return readsAsNumber(fact) && orders(operator, fact as number, value as number);
  }
}

/** The same under decorators, applied from the outermost. */
export function evaluateDecorated(decorators: readonly Decorator[], operator: JsonOperator, fact: Side, value: Side): boolean {
  const [outer, ...rest] = decorators;
  if (outer === undefined) return evaluateOperator(operator, fact, value);
  const inner = (left: Side, right: Side): boolean => evaluateDecorated(rest, operator, left, right);
  switch (outer) {
    case 'not':
      return !inner(fact, value);
    case 'swap':
      return inner(value, fact);
    case 'someFact':
      return Array.isArray(fact) && fact.some((one) => inner(one, value));
    case 'everyFact':
      return Array.isArray(fact) && fact.every((one) => inner(one, value));
    case 'someValue':
      return Array.isArray(value) && value.some((one) => inner(fact, one));
    case 'everyValue':
      return Array.isArray(value) && value.every((one) => inner(fact, one));
  }
}

// The package also coerces lists and objects here; a list of one would order as its element, an object could throw.
function readsAsNumber(fact: Side): boolean {
  return typeof fact === 'number' || (typeof fact === 'string' && !Number.isNaN(Number.parseFloat(fact)));
}

// The package compares with `<` after the check above, so text is coerced; "10abc" passes the check and orders nowhere.
function orders(operator: JsonOperator, fact: number, value: number): boolean {
  if (operator === 'lessThan') return fact < value;
  if (operator === 'lessThanInclusive') return fact <= value;
  if (operator === 'greaterThan') return fact > value;
  return fact >= value;
}

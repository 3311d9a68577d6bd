import type { JsonValue } from '../../shared/json.ts';
import type { Decorator, JsonOperator } from '../ir/expr.ts';

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

/** What an operator needs on its right side. */
export const NEEDS_LIST: ReadonlySet<string> = new Set<JsonOperator>(['in', 'notIn']);
export const NEEDS_NUMBER: ReadonlySet<string> = new Set<JsonOperator>([
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
]);

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
      return orders(operator, fact, value);
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

/** What `<` sees of a value: a list is its text, and an object (which could throw) is nothing. */
function comparable(side: Side): string | number | undefined {
  if (typeof side === 'number' || typeof side === 'string') return side;
  if (typeof side === 'boolean') return Number(side);
  if (side === null) return 0;
  return Array.isArray(side) && !holdsObject(side) ? side.join(',') : undefined;
}

const holdsObject = (list: readonly JsonValue[]): boolean =>
  list.some((one) => (Array.isArray(one) ? holdsObject(one) : typeof one === 'object' && one !== null));

// The package checks the left side with parseFloat and compares with `<`: "10abc" passes the check and orders nowhere.
function orders(operator: JsonOperator, fact: Side, value: Side): boolean {
  if (fact === null || typeof fact === 'boolean') return false;
  const [left, right] = [comparable(fact), comparable(value)];
  if (left === undefined || right === undefined || Number.isNaN(Number.parseFloat(String(left)))) return false;
  if (operator === 'lessThan') return left < right;
  if (operator === 'lessThanInclusive') return left <= right;
  if (operator === 'greaterThan') return left > right;
  return left >= right;
}

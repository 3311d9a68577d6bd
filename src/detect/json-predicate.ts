import type { JsonPredicate } from '../rule/ir/expr.ts';
import { valueAt } from '../rule/json-rules/custom-operator.ts';
import { evaluateDecorated, evaluateOperator } from '../rule/json-rules/operators.ts';
import type { JsonValue } from '../shared/json.ts';

/** One comparison of json-rules-engine on the values of its fields; `other` is the second field's, where one is named. */
export function jsonHolds(predicate: JsonPredicate, left: JsonValue | undefined, other: JsonValue | undefined): boolean {
  const { operator, keys, decorators } = predicate;
  const fact = keys === undefined ? left : valueAt(left, keys);
  const value = predicate.other === undefined ? predicate.value : valueAt(other, predicate.other.keys);
  return decorators === undefined ? evaluateOperator(operator, fact, value) : evaluateDecorated(decorators, operator, fact, value);
}

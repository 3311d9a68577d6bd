import type { Event } from '../../event/event.ts';
import { parseIsoTime } from '../../event/time.ts';
import type { AddedOperator, ConditionLeaf } from '../../rule/ir/condition.ts';
import type { Expr } from '../../rule/ir/expr.ts';
import type { Question } from '../../rule/ir/policy.ts';
import { ADDED } from '../../rule/json-rules/added-operators.ts';
import { isAdded } from '../../rule/json-rules/compile-condition.ts';
import { evaluateDecorated } from '../../rule/json-rules/operators.ts';
import { fieldsThatMayLack } from '../../rule/policy/question.ts';
import type { JsonValue } from '../../shared/json.ts';
import { evaluate } from '../reference.ts';
import type { ContextReader } from './context.ts';

/** True, false, or undefined = unknown (Kleene's third value). */
export type Answer = boolean | undefined;

/** Answers a question for one access; what is absent or stale makes the answer unknown unless the rest decides. */
export function ask(question: Question, event: Event, context: ContextReader): Answer {
  switch (question.op) {
    case 'constant':
      return question.value;
    case 'not': {
      const inner = ask(question.of, event, context);
      return inner === undefined ? undefined : !inner;
    }
    case 'all':
    case 'any':
      return combine(question.op === 'any', question.of, (one) => ask(one, event, context));
    case 'event':
      return fieldsThatMayLack(question.expr).some((field) => (event.field(field) ?? null) === null)
        ? undefined
        : evaluate(question.expr, event);
    case 'leaf':
      return askLeaf(question.leaf, event, context);
    case 'age': {
      const at = context.value(question.fact, event);
      const time = typeof at === 'string' ? parseIsoTime(at)?.time : undefined;
      return time === undefined ? undefined : event.time - time <= question.atMost;
    }
  }
}

/** `any` is true as soon as one is, `all` false as soon as one is not; else one that is unknown leaves it open. */
export function combine<T>(any: boolean, parts: readonly T[], answer: (part: T) => Answer): Answer {
  let open = false;
  for (const part of parts) {
    const one = answer(part);
    if (one === any) return any;
    if (one === undefined) open = true;
  }
  return open ? undefined : !any;
}

function askLeaf({ fact, operator, decorators, value }: ConditionLeaf, event: Event, context: ContextReader): Answer {
  const left = context.value(fact, event);
  const right = context.value(value, event);
  if (left === undefined || left === null || right === undefined) return undefined;
  if (!isAdded(operator)) return evaluateDecorated(decorators, operator, left, right);
  const holds = addedHolds(operator, left, right);
  return decorators.length % 2 === 0 ? holds : !holds;
}

/** One of the added operators on two values. */
export const addedHolds = (operator: AddedOperator, left: JsonValue, right: JsonValue): boolean =>
  valueHolds(ADDED[operator].expr('value', right), left);

/** An expression over one value in place of an event's field. */
function valueHolds(expr: Expr, value: JsonValue): boolean {
  const route = { id: 0, format: '', labels: [], known: new Map(), source: () => ({ kind: 'path', keys: ['value'] }) as const };
  const event = { route, document: { value } } as unknown as Event;
  return evaluate(expr, event);
}

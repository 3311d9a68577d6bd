import { isObject, type JsonValue } from '../../shared/json.ts';
import { isMap, type Plain, type PlainMap } from '../document.ts';
import type { RuleEvent, RuleParam } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf } from '../sigma/meta.ts';
import { type FactScope, parseFact } from './fact.ts';
import { toJson } from './vocabulary.ts';

/** `event` of a rule: its type and its params; a param `{"fact": ..., "path": ...}` is replaced by the fact's value. */
export function readEvent(map: PlainMap, scope: FactScope, report: ProblemReporter): RuleEvent | undefined {
  const event = map['event'];
  if (!isMap(event)) return undefined;
  const type = textOf(event['type']);
  if (type === undefined || type === '') {
    report.error(['event', 'type'], 'json-rules/shape', 'an event needs a type: what it means that the rule holds');
    return undefined;
  }
  const params: Record<string, RuleParam> = {};
  const written = event['params'] ?? {};
  if (!isMap(written)) {
    report.error(['event', 'params'], 'json-rules/shape', 'params is an object');
    return undefined;
  }
  for (const [name, value] of Object.entries(written)) {
    const param = readParam(name, toJson(value as Plain), scope, report);
    if (param !== undefined) params[name] = param;
  }
  return { type, params };
}

function readParam(name: string, value: JsonValue, scope: FactScope, report: ProblemReporter): RuleParam | undefined {
  if (!isObject(value) || !Object.hasOwn(value, 'fact')) return { value };
  const path = ['event', 'params', name] as const;
  const fact = parseFact(value, path, scope, report);
  if (fact === undefined) return undefined;
  if (fact.kind === 'constant') return { value: fact.value };
  if (fact.kind === 'event') return { field: fact.field, keys: fact.keys };
  report.error(path, 'json-rules/context-fact', 'a parameter of an event is a value, a field of the event or a named constant');
  return undefined;
}

import type { Event } from '../event/event.ts';
import type { RuleEvent, RuleParam } from '../rule/ir/rule.ts';
import { valueAt } from '../rule/json-rules/custom-operator.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';

/** The event's document with what the rule says of it under `wardline.event`; parameters that the event lacks are left out. */
export function withRuleEvent(ecs: JsonObject, { type, params }: RuleEvent, event: Event): JsonObject {
  const filled: Record<string, JsonValue> = {};
  for (const [name, param] of Object.entries(params)) {
    const value = paramValue(param, event);
    if (value !== undefined) filled[name] = value;
  }
  const wardline = (ecs['wardline'] ?? {}) as JsonObject;
  return { ...ecs, wardline: { ...wardline, event: { type, ...(Object.keys(filled).length === 0 ? {} : { params: filled }) } } };
}

const paramValue = (param: RuleParam, event: Event): JsonValue | undefined =>
  'value' in param ? param.value : valueAt(event.field(param.field), param.keys);

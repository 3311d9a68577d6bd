import type { JsonObject, JsonValue } from '../shared/json.ts';
import { at } from '../shared/nested.ts';

/** Kibana's name of a field, and where the alert document has it. */
const COPIES: readonly (readonly [name: string, path: string])[] = [
  ['uuid', 'wardline.alert.id'],
  ['severity', 'wardline.alert.severity'],
  ['risk_score', 'event.risk_score'],
  ['reason', 'event.reason'],
];
const RULE: readonly (readonly [name: string, path: string])[] = [
  ['uuid', 'rule.uuid'],
  ['name', 'rule.name'],
  ['description', 'rule.description'],
  ['category', 'rule.category'],
  ['version', 'rule.version'],
];

/** The document with copies of its fields under the names that Kibana's alert views use. */
export function withKibanaFields(document: JsonObject): JsonObject {
  const copy = (list: typeof COPIES): Record<string, JsonValue> =>
    Object.fromEntries(
      list.flatMap(([name, path]) => [[name, at(document, path)] as const]).filter(([, value]) => value !== undefined),
    ) as Record<string, JsonValue>;
  // Kibana calls an alert that goes on active, one that is over recovered, and keeps what people did apart.
  const status = at(document, 'wardline.alert.status') === 'closed' ? 'recovered' : 'active';
  const workflow = at(document, 'wardline.alert.workflow');
  const workflow_status = workflow === undefined || workflow === 'new' ? 'open' : workflow;
  return { ...document, kibana: { alert: { ...copy(COPIES), status, workflow_status, rule: copy(RULE) } } };
}

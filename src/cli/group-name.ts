import type { Correlation } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';

/** A group by all the fields that its rule groups by, so that one without a value, or with an empty one, is seen. Not yet fit for a terminal. */
export function groupName({ groupBy, options }: Correlation, values: Readonly<Record<string, JsonValue>>): string {
  const none = options.missing === 'group' ? '(missing)' : '""';
  const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return groupBy.map(({ name }) => `${name}=${Object.hasOwn(values, name) ? textOf(values[name]) : none}`).join(' ') || 'all events';
}

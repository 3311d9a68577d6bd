import type { AlertMeta, Level } from '../rule/ir/rule.ts';
import type { JsonValue } from '../shared/json.ts';

/** The level of the first severity case that holds for an alert; undefined: none does, and the rule's own counts. */
export function caseLevel(
  { severity }: Pick<AlertMeta, 'severity'>,
  total: number,
  fields: Readonly<Record<string, JsonValue>>,
): Level | undefined {
  return severity?.find(
    ({ count, fields: wanted }) =>
      (count === undefined || total >= count) &&
      Object.entries(wanted).every(
        ([field, values]) => Object.hasOwn(fields, field) && textsOf(fields[field]).some((text) => values.includes(text)),
      ),
  )?.level;
}

const textsOf = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.map(String) : [typeof value === 'object' ? JSON.stringify(value) : String(value)];

import { isObject, type JsonObject, type JsonValue } from '../shared/json.ts';
import { at } from '../shared/nested.ts';

/** Labels of an alert by name; most have one value, `tags` and lists have several. */
export type Labels = Readonly<Record<string, readonly string[]>>;

/** Names that stand for a field of the document, as Alertmanager's users write them. */
const NAMED: Readonly<Record<string, string>> = {
  alertname: 'rule.name',
  rule_id: 'rule.id',
  severity: 'wardline.alert.severity',
  tenant: 'organization.id',
  kind: 'wardline.alert.kind',
  tags: 'tags',
  ruleset: 'rule.ruleset',
};

/**
 * What routes, silences and inhibition may ask of an alert: the names above, the values of its group by their dotted names
 * (and with underscores in place of dots), and the labels of rule and settings. A label never hides one of the names above.
 */
export function labelsOf(document: JsonObject): Labels {
  const out: Record<string, readonly string[]> = Object.create(null);
  const own = document['labels'];
  if (own !== undefined && isObject(own)) for (const [name, value] of Object.entries(own)) out[name] = textsOf(value);
  const group = at(document, 'wardline.alert.group');
  if (group !== undefined && isObject(group)) {
    for (const [name, value] of Object.entries(group)) {
      out[name] = textsOf(value);
      out[name.replace(/\W/g, '_')] ??= textsOf(value);
    }
  }
  for (const [name, path] of Object.entries(NAMED)) {
    const texts = textsOf(at(document, path));
    if (texts.length > 0) out[name] = texts;
  }
  return out;
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return (value as readonly JsonValue[]).flatMap(textsOf);
  return [typeof value === 'object' ? JSON.stringify(value) : String(value)];
}

/** A label as one text, for group keys and equality: several values are joined, none is empty as in Alertmanager. */
export function labelText(labels: Labels, name: string): string {
  const values = Object.hasOwn(labels, name) ? (labels[name] as readonly string[]) : [];
  return values.length > 1 ? [...values].sort().join('\u001f') : (values[0] ?? '');
}

import { nearest } from '../../shared/nearest.ts';
import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { LoadContext, References } from '../front-end.ts';
import type { GroupField, RuleId } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from './meta.ts';

/** `at`: the key of the document under which the rule stands (`correlation`, `anomaly`). */
export type Reading = {
  readonly at: string;
  readonly report: ProblemReporter;
  readonly references: References;
  readonly fields?: LoadContext['fields'] | undefined;
};

/** Ids of the rules that `rules` names; undefined for one that is not there, which is reported. */
export function resolveRules(map: PlainMap, reading: Reading): readonly (RuleId | undefined)[] {
  const { at, report } = reading;
  const written = map['rules'];
  const listed = isList(written);
  const odd = listed ? written.findIndex((item) => textOf(item) === undefined) : -1;
  if (odd >= 0) {
    report.error([at, 'rules', odd], 'correlation/rules', 'rules is a list of ids or names of rules');
    return [undefined];
  }
  return textsOf(written).map((reference, i) => resolve(reference, [at, 'rules', ...(listed ? [i] : [])], reading));
}

function resolve(reference: string, path: readonly (string | number)[], { references, report }: Reading): RuleId | undefined {
  const id = references.idOf(reference);
  if (id !== undefined) return id;
  if (references.isBroken(reference)) {
    report.error(path, 'ref/inactive-rule', `the rule "${reference}" has errors of its own; mend those first`);
    return undefined;
  }
  const close = nearest(reference, references.all());
  report.error(path, 'ref/unknown-rule', `no rule "${reference}"${close === undefined ? '' : ` (did you mean "${close}"?)`}`);
  return undefined;
}

/** `group-by` with its aliases. */
export function readGroupBy(map: PlainMap, members: readonly RuleId[], reading: Reading): readonly GroupField[] {
  const { at, report } = reading;
  const written = map['group-by'];
  const names = readNames(written, reading);
  if (written === undefined || written === null || (isList(written) && written.length === 0))
    report.warn([at], 'correlation/no-group', 'without group-by all events are one group');
  const aliases = readAliases(map['aliases'], members, reading);
  for (const alias of aliases.keys())
    if (!names.includes(alias))
      report.warn([at, 'aliases', alias], 'correlation/unused-alias', `group-by does not use the alias "${alias}"`, undefined, 'key');
  for (const name of names)
    if (!aliases.has(name)) warnNearField(name, [at, 'group-by', ...(isList(written) ? [written.indexOf(name)] : [])], reading);
  return names.map((name) => ({ name, fields: aliases.get(name) ?? new Map() }));
}

/** A name that no format gives and that is nearly one which some format gives: most likely no event has such a field. */
export function warnNearField(name: string, path: readonly (string | number)[], { fields, report }: Reading): void {
  if (fields === undefined || fields.has(name) || !name.includes('.')) return;
  const close = nearest(name, fields);
  if (close !== undefined)
    report.warn(path, 'correlation/unknown-field', `no log format gives a field "${name}"; did you mean "${close}"?`);
}

/** Names of fields, each once: who writes one twice meant another, and would get wider groups. */
function readNames(value: Plain | undefined, { at, report }: Reading): readonly string[] {
  if (value === undefined || value === null) return [];
  const listed = isList(value);
  const names: string[] = [];
  (listed ? value : [value]).forEach((item, i) => {
    const error = (message: string): void => report.error([at, 'group-by', ...(listed ? [i] : [])], 'correlation/group-by', message);
    if (typeof item !== 'string' || item.trim() === '')
      error(`group-by is a list of field names${textOf(item) === undefined ? '' : `, and ${JSON.stringify(textOf(item))} is none`}`);
    else if (names.includes(item)) error(`"${item}" is there twice`);
    else names.push(item);
  });
  return names;
}

/** Per alias the field of each rule; an alias that is wrong is reported and left out. */
function readAliases(
  value: Plain | undefined,
  members: readonly RuleId[],
  reading: Reading,
): ReadonlyMap<string, ReadonlyMap<RuleId, string>> {
  const { at, report } = reading;
  const aliases = new Map<string, ReadonlyMap<RuleId, string>>();
  if (value === undefined || value === null) return aliases;
  if (!isMap(value)) {
    report.error([at, 'aliases'], 'correlation/alias', 'aliases is a map such as {ip: {rule_a: source.ip, rule_b: destination.ip}}');
    return aliases;
  }
  for (const [alias, fields] of Object.entries(value)) {
    if (isMap(fields)) aliases.set(alias, aliasFields(alias, fields, members, reading));
    else report.error([at, 'aliases', alias], 'correlation/alias', `the alias "${alias}" is a map of rules and the field each of them has`);
  }
  return aliases;
}

function aliasFields(name: string, alias: PlainMap, members: readonly RuleId[], reading: Reading): ReadonlyMap<RuleId, string> {
  const { at, report, references } = reading;
  const fields = new Map<RuleId, string>();
  for (const [reference, field] of Object.entries(alias)) {
    const path = [at, 'aliases', name, reference];
    const id = references.idOf(reference);
    if (id === undefined || !members.includes(id)) {
      // Where a rule could not be resolved, that is what was told.
      if (members.length === 0) continue;
      const close = nearest(
        reference,
        [...references.all()].filter((one) => members.includes(references.idOf(one) ?? '')),
      );
      const hint = close === undefined ? '' : ` (did you mean "${close}"?)`;
      report.error(path, 'ref/unknown-rule', `"${reference}" is not one of the rules of this correlation${hint}`, undefined, 'key');
    } else if (typeof field !== 'string' || field.trim() === '') report.error(path, 'correlation/alias', 'an alias names a field');
    else {
      fields.set(id, field);
      warnNearField(field, path, reading);
    }
  }
  for (const member of members)
    if (!fields.has(member))
      report.warn(
        [at, 'aliases', name],
        'correlation/alias-missing',
        `"${member}" has no entry; its field "${name}" is used`,
        undefined,
        'key',
      );
  return fields;
}

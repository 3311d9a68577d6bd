import { nearest } from '../../shared/nearest.ts';
import { isList, isMap, type Plain, type PlainMap } from '../document.ts';
import type { References } from '../front-end.ts';
import type { GroupField, RuleId } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from './meta.ts';

/** `at`: the key of the document under which the rule stands (`correlation`, `anomaly`). */
type Reading = { readonly at: string; readonly report: ProblemReporter; readonly references: References };

/** Ids of the rules that `rules` names; undefined for one that is not there, which is reported. */
export function resolveRules(map: PlainMap, reading: Reading): readonly (RuleId | undefined)[] {
  const listed = isList(map['rules']);
  return textsOf(map['rules']).map((reference, i) => resolve(reference, [reading.at, 'rules', ...(listed ? [i] : [])], reading));
}

function resolve(reference: string, path: readonly (string | number)[], { references, report }: Reading): RuleId | undefined {
  const id = references.idOf(reference);
  if (id !== undefined) return id;
  const close = nearest(reference, references.all());
  report.error(path, 'ref/unknown-rule', `no rule "${reference}"${close === undefined ? '' : ` (did you mean "${close}"?)`}`);
  return undefined;
}

/** `group-by` with its aliases. */
export function readGroupBy(map: PlainMap, members: readonly RuleId[], reading: Reading): readonly GroupField[] {
  const { at, report } = reading;
  const names = textsOf(map['group-by']);
  if (isList(map['group-by']) ? names.length < map['group-by'].length : isMap(map['group-by']))
    report.error([at, 'group-by'], 'correlation/group-by', 'group-by is a list of field names');
  if (names.length === 0) report.warn([at], 'correlation/no-group', 'without group-by all events are one group');
  const aliases = isMap(map['aliases']) ? map['aliases'] : {};
  for (const alias of Object.keys(aliases)) {
    if (!names.includes(alias))
      report.warn([at, 'aliases', alias], 'correlation/unused-alias', `group-by does not use the alias "${alias}"`, undefined, 'key');
  }
  return names.map((name) => ({ name, fields: aliasFields(name, aliases[name], members, reading) }));
}

function aliasFields(
  name: string,
  alias: Plain | undefined,
  members: readonly RuleId[],
  { at, report, references }: Reading,
): ReadonlyMap<RuleId, string> {
  const fields = new Map<RuleId, string>();
  if (!isMap(alias)) return fields;
  for (const [reference, field] of Object.entries(alias)) {
    const path = [at, 'aliases', name, reference];
    const id = references.idOf(reference);
    if (id === undefined || !members.includes(id))
      report.error(path, 'ref/unknown-rule', `"${reference}" is not one of the rules of this correlation`, undefined, 'key');
    else if (textOf(field) === undefined) report.error(path, 'correlation/alias', 'an alias names a field');
    else fields.set(id, textOf(field) as string);
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

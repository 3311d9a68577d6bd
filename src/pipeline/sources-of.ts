import type { Settings } from '../config/settings.ts';
import { covers } from '../detect/routing.ts';
import { type LogsourceTable, suppliesOf } from '../normalize/logsources.ts';
import type { Rule, RuleId } from '../rule/ir/rule.ts';

/** The configured sources that can feed each correlation, over its members; a rule that is not here can be fed by all. */
export function sourcesOf(
  rules: ReadonlyMap<RuleId, Rule>,
  settings: Pick<Settings, keyof LogsourceTable>,
): ReadonlyMap<RuleId, ReadonlySet<string>> {
  const supplies = suppliesOf(settings as LogsourceTable);
  const found = new Map<RuleId, ReadonlySet<string>>();
  const of = (id: RuleId, depth: number): ReadonlySet<string> => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const rule = rules.get(id);
    if (rule === undefined || depth > MAX_CHAIN) return new Set();
    const names =
      rule.kind === 'correlation'
        ? rule.members.flatMap((member) => [...of(member, depth + 1)])
        : supplies
            .filter(({ labels, every }) => {
              const { logsource } = rule;
              return logsource === undefined || every || labels.some((label) => covers(logsource, label));
            })
            .map(({ name }) => name);
    found.set(id, new Set(names));
    return new Set(names);
  };
  for (const id of rules.keys()) of(id, 0);
  return found;
}

const MAX_CHAIN = 8;

import type { Settings } from '../config/settings.ts';
import { covers } from '../detect/routing.ts';
import type { Logsource } from '../event/event.ts';
import { possibleLogsources } from '../normalize/logsources.ts';
import type { Rule, RuleId } from '../rule/ir/rule.ts';

/** The configured sources that can feed each correlation, over its members; a rule that is not here can be fed by all. */
export function sourcesOf(rules: ReadonlyMap<RuleId, Rule>, sources: Settings['sources']): ReadonlyMap<RuleId, ReadonlySet<string>> {
  const possible = sources.map((source) => ({
    name: source.name,
    labels: possibleLogsources({ format: source.format, logsource: source.logsource as Logsource | undefined }),
  }));
  const found = new Map<RuleId, ReadonlySet<string>>();
  const of = (id: RuleId, depth: number): ReadonlySet<string> => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const rule = rules.get(id);
    if (rule === undefined || depth > MAX_CHAIN) return new Set();
    const names =
      rule.kind === 'correlation'
        ? rule.members.flatMap((member) => [...of(member, depth + 1)])
        : possible
            .filter(({ labels }) => rule.logsource === undefined || labels.some((label) => covers(rule.logsource as Logsource, label)))
            .map(({ name }) => name);
    found.set(id, new Set(names));
    return new Set(names);
  };
  for (const id of rules.keys()) of(id, 0);
  return found;
}

const MAX_CHAIN = 8;

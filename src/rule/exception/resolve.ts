import { logicDigest } from '../digest.ts';
import type { References } from '../front-end.ts';
import type { Exception } from '../ir/exception.ts';
import type { Rule, RuleId } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import type { ExceptionDraft } from './index.ts';

/** Second pass: names and tags become rules. Undefined after a reported error: a broken exception hides nothing. */
export function resolveException(
  draft: ExceptionDraft,
  references: References,
  byId: ReadonlyMap<RuleId, Rule>,
  report: ProblemReporter,
): Exception | undefined {
  const found = new Set<RuleId>();
  let sound = true;
  draft.rules.forEach((name, i) => {
    const id = references.idOf(name);
    const path = ['rules', i];
    if (id === undefined) report.error(path, 'ref/unknown-rule', `no rule "${name}"`);
    else if (!byId.has(id)) report.error(path, 'ref/inactive-rule', `the rule "${name}" is not active`);
    else if (!hasEvents(byId.get(id) as Rule, byId))
      report.error(path, 'exception/rules', `"${name}" is fed by correlations alone; name the rules that read events`);
    else found.add(id);
    sound &&= id !== undefined && found.has(id);
  });
  draft.tags.forEach((tag, i) => {
    const tagged = [...byId.values()].filter((rule) => rule.meta.tags.includes(tag) && hasEvents(rule, byId));
    if (tagged.length === 0) report.warn(['tags', i], 'exception/rules', `no active rule has the tag "${tag}"`);
    for (const { id } of tagged) found.add(id);
  });
  if (!sound) return undefined;
  const { document, id, expr, owner, ticket, reason, starts, expires, effect, level, accepts } = draft;
  const rules = [...found].sort();
  const digest = logicDigest({ id, rules, expr, owner, ticket, reason, starts, expires, effect, level });
  return { id, rules, expr, owner, ticket, reason, starts, expires, effect, level, accepts, digest, place: document.placeOf([]) };
}

/** `when` is asked of events, so a rule must have some of its own. */
function hasEvents(rule: Rule, byId: ReadonlyMap<RuleId, Rule>): boolean {
  return rule.kind === 'detection' || rule.members.some((member) => byId.get(member)?.kind === 'detection');
}

import type { References } from '../front-end.ts';
import { conjunctsOf } from '../ir/conjuncts.ts';
import type { Condition, MemberExpr, RuleId } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { type ConditionTree, parseCondition } from './condition.ts';

/** A condition such as `a and not b` over rules by id or name; undefined after a reported error. */
export function readExpression(
  text: string,
  ordered: boolean,
  references: References,
  report: ProblemReporter,
): Extract<Condition, { kind: 'temporal_expression' }> | undefined {
  const path = ['correlation', 'condition'];
  const names = [...references.all()];
  const { tree, problems } = parseCondition(text, names, 'rule');
  for (const problem of problems)
    if (problem.code !== 'sigma/keyword-case') report[problem.severity](path, problem.code, problem.message, problem.at);
  if (tree === undefined) return undefined;
  const expression = memberExpr(tree, references);
  if (conjuncts(expression) > MAX_CONJUNCTS) {
    report.error(path, 'correlation/too-complex', `more than ${MAX_CONJUNCTS} ways to fulfil the condition; split the rule`);
    return undefined;
  }
  if (conjunctsOf(expression).every(({ seen, absent }) => seen.some((rule) => absent.includes(rule)))) {
    report.error(path, 'correlation/never', 'every way to fulfil the condition wants a rule to match and not to match; it can never hold');
    return undefined;
  }
  if (anchored(expression)) return { kind: 'temporal_expression', ordered, expression };
  report.error(path, 'correlation/unanchored', 'some way to fulfil the condition needs no rule to match; nothing would start the window');
  return undefined;
}

function memberExpr(tree: ConditionTree, references: References): MemberExpr {
  if (tree.op === 'not') return { op: 'not', of: memberExpr(tree.of, references) };
  if ('members' in tree) return { op: tree.op, of: tree.members.map((one) => memberExpr(one, references)) };
  const of = tree.names.map((name): MemberExpr => ({ op: 'member', rule: references.idOf(name) ?? name }));
  return of.length === 1 ? (of[0] as MemberExpr) : { op: tree.op === 'every' ? 'and' : 'or', of };
}

const MAX_CONJUNCTS = 64;

/** Members of its disjunctive form (of its negation, under `negated`), at most. */
function conjuncts(expression: MemberExpr, negated = false): number {
  if (expression.op === 'member') return 1;
  if (expression.op === 'not') return conjuncts(expression.of, !negated);
  const parts = expression.of.map((one) => conjuncts(one, negated));
  return (expression.op === 'and') !== negated ? parts.reduce((a, b) => a * b, 1) : parts.reduce((a, b) => a + b, 0);
}

/** Does every way to fulfil it (or, under `negated`, to refuse it) contain a match? */
function anchored(expression: MemberExpr, negated = false): boolean {
  if (expression.op === 'member') return !negated;
  if (expression.op === 'not') return anchored(expression.of, !negated);
  const conjunctive = (expression.op === 'and') !== negated;
  const parts = expression.of.map((one) => anchored(one, negated));
  return conjunctive ? parts.some(Boolean) : parts.every(Boolean);
}

/** Every rule an expression names. */
export function membersOf(expression: MemberExpr): readonly RuleId[] {
  if (expression.op === 'member') return [expression.rule];
  if (expression.op === 'not') return membersOf(expression.of);
  return [...new Set(expression.of.flatMap(membersOf))];
}

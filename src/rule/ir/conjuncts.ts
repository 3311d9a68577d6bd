import type { MemberExpr, RuleId } from './rule.ts';

/** One way to fulfil an expression: these members seen, those not. */
export type Conjunct = { readonly seen: readonly RuleId[]; readonly absent: readonly RuleId[] };

const MAX_CONJUNCTS = 64;

/** The disjunctive form of an expression, or of its negation. */
export function conjunctsOf(tree: MemberExpr, negated = false): readonly Conjunct[] {
  if (tree.op === 'member') return [negated ? { seen: [], absent: [tree.rule] } : { seen: [tree.rule], absent: [] }];
  if (tree.op === 'not') return conjunctsOf(tree.of, !negated);
  const parts = tree.of.map((one) => conjunctsOf(one, negated));
  if ((tree.op === 'or') !== negated) return parts.flat().slice(0, MAX_CONJUNCTS);
  const empty: readonly Conjunct[] = [{ seen: [], absent: [] }];
  return parts.reduce(
    (all, part) =>
      all.flatMap((a) => part.map((b) => ({ seen: [...a.seen, ...b.seen], absent: [...a.absent, ...b.absent] }))).slice(0, MAX_CONJUNCTS),
    empty,
  );
}

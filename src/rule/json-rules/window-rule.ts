import { logicDigest } from '../digest.ts';
import type { Condition, WindowQuestion } from '../ir/condition.ts';
import type { Expr, JsonOperator } from '../ir/expr.ts';
import type { Correlation, Detection, Rule, RuleId, WindowFact, WindowFacts, WindowNode } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { compileCondition, simplify } from './compile-condition.ts';

type Base = Omit<Detection, 'expr' | 'logicDigest'>;

export function hasWindow(condition: Condition): boolean {
  if (condition.op === 'leaf') return condition.fact.kind === 'window';
  return condition.op === 'not' ? hasWindow(condition.of) : condition.of.some(hasWindow);
}

/**
 * A rule with window facts as a correlation: a detection for the events at which it is asked (those that satisfy its plain
 * conditions), one for each condition that is counted, and the tree over them.
 */
export function compileWindowRule(base: Base, condition: Condition, report: ProblemReporter): readonly Rule[] {
  const facts = factsOf(condition);
  const [first] = facts;
  if (first === undefined) return [];
  if (facts.some(({ groupBy }) => JSON.stringify(groupBy) !== JSON.stringify(first.groupBy))) {
    report.error(
      ['conditions'],
      'json-rules/window-fact',
      'all window facts of a rule have the same groupBy; for others write rules that refer to each other',
    );
    return [];
  }
  if (first.groupBy.length === 0) report.warn(['conditions'], 'json-rules/window-fact', 'without groupBy all events are one group');
  const { plain, rest } = split(condition);
  const members = createMembers(base);
  const counted = facts.flatMap(({ steps }) => steps);
  const exprOf = (one: Condition): Expr => compileCondition(one).expr;
  // Without plain conditions the rule is asked at the events that its facts count.
  const asked = members.add(
    'asked',
    simplify(plain.length > 0 ? { op: 'and', of: plain.map(exprOf) } : { op: 'or', of: counted.map(exprOf) }),
  );
  const tree = treeOf(rest, asked, (role, one) => members.add(role, exprOf(one)));
  const window: WindowFacts = {
    kind: 'window_facts',
    asked,
    tree,
    monotone: isMonotone(tree),
    fields: [...new Set(facts.flatMap(({ fields }) => fields))].sort(),
  };
  const timespan = facts.reduce((most, { within }) => (within > most ? within : most), first.within);
  const detections = members.all();
  const correlation: Correlation = {
    kind: 'correlation',
    id: base.id,
    members: detections.map(({ id }) => id),
    groupBy: first.groupBy.map((name) => ({ name, fields: new Map() })),
    timespan,
    condition: window,
    options: {},
    generate: false,
    alerts: true,
    meta: base.meta,
    logicDigest: logicDigest({ window, groupBy: first.groupBy, timespan, members: detections.map((one) => one.logicDigest) }),
  };
  return [...detections, correlation];
}

function factsOf(condition: Condition): readonly WindowQuestion[] {
  if (condition.op === 'leaf') return condition.fact.kind === 'window' ? [condition.fact.window] : [];
  return condition.op === 'not' ? factsOf(condition.of) : condition.of.flatMap(factsOf);
}

/** Plain conditions that must hold in any case, and what is left of the tree. */
function split(condition: Condition): { readonly plain: readonly Condition[]; readonly rest: readonly Condition[] } {
  if (condition.op !== 'all') return hasWindow(condition) ? { plain: [], rest: [condition] } : { plain: [condition], rest: [] };
  const parts = condition.of.map(split);
  return { plain: parts.flatMap(({ plain }) => plain), rest: parts.flatMap(({ rest }) => rest) };
}

function createMembers(base: Base) {
  const byExpr = new Map<string, Detection>();
  return {
    /** The member that stands for an expression; the same for the same expression. */
    add(role: string, expr: Expr): RuleId {
      const key = `${role === 'asked' ? role : ''}${JSON.stringify(expr)}`;
      let member = byExpr.get(key);
      if (member === undefined) {
        const id = role === 'asked' ? `${base.id}/asked` : `${base.id}/${role}${byExpr.size}`;
        const { logsource } = base;
        const meta = { ...base.meta, title: `${base.meta.title}: ${role}` };
        member = { ...base, id, meta, alerts: false, expr, logicDigest: logicDigest({ expr, logsource: logsource ?? null }) };
        byExpr.set(key, member);
      }
      return member.id;
    },
    all: () => [...byExpr.values()],
  };
}

type Add = (role: 'counted' | 'also', condition: Condition) => RuleId;

function treeOf(rest: readonly Condition[], asked: RuleId, add: Add): WindowNode {
  const walk = (node: Condition): WindowNode => {
    if (!hasWindow(node)) return { op: 'member', rule: add('also', node) };
    if (node.op === 'not') return { op: 'not', of: walk(node.of) };
    if (node.op !== 'leaf') return { op: node.op, of: node.of.map(walk) };
    const { fact, operator, decorators, value } = node;
    const { name, steps, within, fields, percentile } = (fact as Extract<typeof fact, { kind: 'window' }>).window;
    const members = steps.length === 0 ? [asked] : steps.map((step) => add('counted', step));
    const window: WindowFact = { name, members, within, fields, percentile };
    return {
      op: 'fact',
      fact: window,
      operator: operator as JsonOperator,
      decorators,
      value: value.kind === 'constant' ? value.value : null,
    };
  };
  const of = rest.map(walk);
  return of.length === 1 ? (of[0] as WindowNode) : { op: 'all', of };
}

/** More matches can only make these true: counts from below, steps that are there. */
function isMonotone(node: WindowNode): boolean {
  if (node.op === 'member') return true;
  if (node.op === 'not') return false;
  if (node.op !== 'fact') return node.of.every(isMonotone);
  const { fact, operator, decorators, value } = node;
  if (decorators.length > 0) return false;
  if (fact.name === 'count' || fact.name === 'distinct' || fact.name === 'rate')
    return operator === 'greaterThan' || operator === 'greaterThanInclusive';
  return (fact.name === 'together' || fact.name === 'sequence') && operator === 'equal' && value === true;
}

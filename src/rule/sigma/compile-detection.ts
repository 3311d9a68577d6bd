import { isList, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { LoadContext } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { type ConditionTree, parseCondition } from './condition.ts';
import { compileSelection } from './selection.ts';

/** Selections and condition of a `detection` (or `filter`) map as one expression. */
export function compileDetection(
  map: PlainMap,
  path: DocumentPath,
  document: SourceDocument,
  report: ProblemReporter,
  load: LoadContext,
  ignore: readonly string[] = [],
): Expr | undefined {
  const context = { document, report, load };
  const reserved = new Set(['condition', 'timeframe', ...ignore]);
  const names = Object.keys(map).filter((name) => !reserved.has(name));
  if (map['timeframe'] !== undefined)
    report.warn(
      [...path, 'timeframe'],
      'sigma/timeframe',
      'timeframe belongs to Sigma 1 aggregations and has no effect; write a correlation rule',
      undefined,
      'key',
    );
  if (names.length === 0) {
    report.error(path, 'sigma/no-selection', 'there is nothing to search for; add a selection');
    return undefined;
  }
  const selections = new Map<string, Expr>();
  for (const name of names) {
    const expr = compileSelection(map[name] as Plain, [...path, name], context);
    if (expr !== undefined) selections.set(name, expr);
  }
  const trees = readConditions(map['condition'], [...path, 'condition'], names, report, path);
  if (trees === undefined || selections.size < names.length) return undefined;
  const exprs = trees.map((tree) => fill(tree, selections));
  return exprs.length === 1 ? exprs[0] : { op: 'or', of: exprs };
}

function readConditions(
  value: Plain | undefined,
  path: DocumentPath,
  names: readonly string[],
  report: ProblemReporter,
  parent: DocumentPath,
): readonly ConditionTree[] | undefined {
  if (value === undefined || value === null) {
    report.error(parent, 'sigma/condition', 'the condition is missing');
    return undefined;
  }
  const listed = isList(value);
  const used = new Set<string>();
  const trees: ConditionTree[] = [];
  const conditions = listed ? value : [value];
  // Without a word the rule would be gone.
  if (conditions.length === 0) report.error(path, 'sigma/condition', 'the list of conditions is empty');
  conditions.forEach((one, i) => {
    const at = listed ? [...path, i] : path;
    if (typeof one === 'object') {
      report.error(at, 'sigma/condition', 'a condition is a text');
      return;
    }
    const parsed = parseCondition(String(one), names);
    for (const problem of parsed.problems) report[problem.severity](at, problem.code, problem.message, problem.at);
    for (const name of parsed.used) used.add(name);
    if (parsed.tree !== undefined) trees.push(parsed.tree);
  });
  if (trees.length < conditions.length || trees.length === 0) return undefined;
  for (const name of names)
    if (!used.has(name) && !name.startsWith('_'))
      report.warn([...parent, name], 'sigma/unused-selection', `the condition does not use "${name}"`, undefined, 'key');
  return trees;
}

function fill(tree: ConditionTree, selections: ReadonlyMap<string, Expr>): Expr {
  if (tree.op === 'not') return { op: 'not', of: fill(tree.of, selections) };
  if ('members' in tree) return { op: tree.op, of: tree.members.map((one) => fill(one, selections)) };
  const of = tree.names.map((name) => selections.get(name) as Expr);
  return of.length === 1 ? (of[0] as Expr) : { op: tree.op === 'every' ? 'and' : 'or', of };
}

import type { Logsource } from '../../event/event.ts';
import { isMap, type PlainMap, type SourceDocument } from '../document.ts';
import type { LoadContext, References } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import type { ProblemReporter } from '../problem.ts';
import { compileDetection } from './compile-detection.ts';
import { lintGovernance } from './filter-governance.ts';
import { readLogsource } from './logsource.ts';
import { readMeta, textOf, textsOf } from './meta.ts';

const silent: ProblemReporter = { error() {}, warn() {} };

/** Checks one filter document; what it excludes is joined to rules in the second pass. */
export function readFilter(
  document: SourceDocument,
  map: PlainMap,
  report: ProblemReporter,
  load: LoadContext,
): { readonly shares: 'filter' } {
  readMeta(document, map, report);
  readLogsource(map, report, load.logsources);
  lintGovernance(map, report);
  const filter = map['filter'];
  if (!isMap(filter)) {
    report.error(['filter'], 'sigma/filter', 'filter is a map of rules, selections and a condition');
    return { shares: 'filter' };
  }
  if (textsOf(filter['rules']).length === 0)
    report.error(['filter'], 'sigma/filter', 'filter.rules names the rules it applies to, or "any"');
  const expr = compileDetection(filter, ['filter'], document, report, load, ['rules']);
  if (expr !== undefined && !mentionsNot(expr)) {
    report.warn(
      ['filter', 'condition'],
      'sigma/filter-not',
      'the condition is joined with AND: without "not" it restricts the rules instead of excluding events',
    );
  }
  return { shares: 'filter' };
}

/** Reports filters that name unknown rules or a narrower log source; called once all documents are known. */
export function checkFilter(
  document: SourceDocument,
  references: References,
  logsourceOf: (id: string) => Logsource | undefined,
  report: ProblemReporter,
): void {
  const map = document.value as PlainMap;
  const filter = isMap(map['filter']) ? map['filter'] : {};
  const own = readLogsource(map, silent);
  const names = textsOf(filter['rules']);
  names.forEach((name, i) => {
    if (name.toLowerCase() === 'any') return;
    const path = Array.isArray(filter['rules']) ? ['filter', 'rules', i] : ['filter', 'rules'];
    const id = references.idOf(name);
    if (id === undefined) {
      report.error(path, 'ref/unknown-rule', `no rule "${name}"`);
      return;
    }
    const target = logsourceOf(id);
    if (own !== undefined && target !== undefined && !covers(own, target))
      report.error(path, 'sigma/filter-logsource', `the log source of "${name}" is not within the filter's`);
  });
}

/** Is everything of `rule` also of `filter`: the filter gives the same attributes or fewer. */
function covers(filter: Logsource, rule: Logsource): boolean {
  return (['category', 'product', 'service'] as const).every((key) => filter[key] === undefined || filter[key] === rule[key]);
}

/** A filter by its id, or by its name or title where it has none, and its condition. */
export type JoinedFilter = { readonly id: string; readonly expr: Expr };

/** Conditions of the filters that concern a rule, each in its own namespace. */
export function applicableFilters(
  names: readonly string[],
  logsource: Logsource,
  references: References,
  load: LoadContext,
): readonly JoinedFilter[] {
  const found: JoinedFilter[] = [];
  for (const document of references.shared('filter')) {
    const map = document.value as PlainMap;
    const filter = map['filter'];
    const own = readLogsource(map, silent);
    if (!isMap(filter) || own === undefined || !covers(own, logsource)) continue;
    const rules = textsOf(filter['rules']);
    if (!rules.some((rule) => names.includes(rule) || rule.toLowerCase() === 'any')) continue;
    const expr = compileDetection(filter, ['filter'], document, silent, load, ['rules']);
    const id = textOf(map['id']) ?? textOf(map['name']) ?? textOf(map['title']) ?? document.file;
    if (expr !== undefined) found.push({ id, expr });
  }
  return found;
}

function mentionsNot(expr: Expr): boolean {
  if (expr.op === 'not') return true;
  return (expr.op === 'and' || expr.op === 'or') && expr.of.some(mentionsNot);
}

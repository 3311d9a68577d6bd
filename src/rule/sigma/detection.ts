import { logicDigest } from '../digest.ts';
import { isMap, type PlainMap, type SourceDocument } from '../document.ts';
import type { Draft, LoadContext, References } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import type { Detection } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { compileDetection } from './compile-detection.ts';
import { applicableFilters } from './filter.ts';
import { readLogsource } from './logsource.ts';
import { inactive, namesOf, readDedup, readMeta } from './meta.ts';

/** Reads one detection document. Filters join in the second pass, when all of them are known. */
export function readDetection(document: SourceDocument, map: PlainMap, report: ProblemReporter, load: LoadContext): readonly Draft[] {
  const meta = readMeta(document, map, report);
  const logsource = readLogsource(map, report, load.logsources);
  const dedup = readDedup(map, report);
  const detection = map['detection'];
  if (!isMap(detection)) {
    report.error(['detection'], 'sigma/detection', 'detection is a map of selections and a condition');
    return [];
  }
  const expr = compileDetection(detection, ['detection'], document, report, load);
  const names = namesOf(map, meta);
  const [id = ''] = names;
  // Most rules have no filter: what they come to is the same however often other files change.
  let alone: readonly Detection[] | undefined;
  const finish = (references: References): readonly Detection[] => {
    if (expr === undefined || logsource === undefined || inactive(meta)) return [];
    const filters = applicableFilters(names, logsource, references, load);
    const compile = (whole: Expr, filtered?: Detection['filtered']): readonly Detection[] => {
      const digest = logicDigest({ expr: whole, logsource, dedup });
      const rule = {
        kind: 'detection',
        id,
        language: 'sigma',
        logsource,
        expr: whole,
        meta,
        dedup,
        alerts: true,
        logicDigest: digest,
      } as const;
      return [filtered === undefined ? rule : { ...rule, filtered }];
    };
    if (filters.length > 0) return compile({ op: 'and', of: [expr, ...filters.map((filter) => filter.expr)] }, { without: expr, filters });
    alone ??= compile(expr);
    return alone;
  };
  return [{ document, names, kind: 'detection', finish, alone: true }];
}

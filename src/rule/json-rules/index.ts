import { isObject, type JsonObject, type JsonValue } from '../../shared/json.ts';
import { logicDigest } from '../digest.ts';
import { isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { FrontEnd } from '../front-end.ts';
import type { Expr } from '../ir/expr.ts';
import type { Detection, RuleMeta } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { readLogsource } from '../sigma/compile-detection.ts';
import { readDedup, readMeta, textOf } from '../sigma/meta.ts';
import { compileCondition } from './compile-condition.ts';
import { type NamedConditions, parseCondition } from './condition.ts';

const EVENT_FIELDS_ONLY = { context: false, windows: false } as const;
const SHARED = 'json-rules-conditions';

/**
 * Rules in the format of json-rules-engine, a file each: `conditions` and `event`, and beside them what every rule says
 * (id, title, level, tags, logsource). A file of `conditions` by name, without `event`, is shared with all others.
 */
export const jsonRules: FrontEnd = {
  name: 'json-rules',
  recognizes: (value: Plain) =>
    isMap(value) && isMap(value['conditions'] ?? null) && (isMap(value['event'] ?? null) || value['kind'] === 'Conditions'),
  read(document, report) {
    const map = document.value as PlainMap;
    if (map['kind'] === 'Conditions') return { shares: SHARED };
    const meta = readTitle(document, map, report);
    const logsource = map['logsource'] === undefined ? undefined : readLogsource(map, report);
    const dedup = readDedup(map, report);
    const id = textOf(map['id']) ?? textOf(map['name']) ?? meta.title;
    const conditions = toJson(map['conditions'] as Plain);
    return [
      {
        document,
        names: [...new Set([id, textOf(map['name']) ?? id])],
        kind: 'detection',
        finish(references, late): readonly Detection[] {
          const named = namedConditions(references.shared(SHARED));
          const condition = parseCondition(conditions, ['conditions'], { report: late, named, scope: EVENT_FIELDS_ONLY });
          if (condition === undefined || meta.status === 'deprecated' || meta.status === 'unsupported') return [];
          const { expr, exact } = compileCondition(condition);
          if (!exact) {
            late.error(
              ['conditions'],
              'json-rules/not-compiled',
              'swap, everyFact and facts compared with facts cannot be asked of an event; write the comparison out',
            );
            return [];
          }
          return [
            {
              kind: 'detection',
              id,
              language: 'json-rules',
              logsource,
              expr,
              meta,
              dedup,
              alerts: true,
              logicDigest: digestOf(expr, logsource, dedup),
            },
          ];
        },
      },
    ];
  },
};

const digestOf = (expr: Expr, logsource: Detection['logsource'], dedup: Detection['dedup']): string =>
  logicDigest({ expr, logsource: logsource ?? null, dedup });

/** A rule of the original format has no title: its name or the type of its event says what it is. */
function readTitle(document: SourceDocument, map: PlainMap, report: ProblemReporter): RuleMeta {
  const event = map['event'];
  const title = textOf(map['title']) ?? textOf(map['name']) ?? (isMap(event) ? textOf(event['type']) : undefined);
  return readMeta(document, title === undefined ? map : { ...map, title }, report);
}

function namedConditions(documents: readonly SourceDocument[]): NamedConditions {
  const named = new Map<string, JsonValue>();
  for (const { value } of documents) {
    const conditions = toJson(isMap(value) ? (value['conditions'] ?? null) : null);
    if (isObject(conditions)) for (const [name, tree] of Object.entries(conditions)) named.set(name, tree);
  }
  return named;
}

/** Integers beyond 2^53 are compared as the text they are in events. */
export function toJson(value: Plain): JsonValue {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return (value as readonly Plain[]).map(toJson);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner as Plain)])) as JsonObject;
}

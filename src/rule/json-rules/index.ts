import { logicDigest } from '../digest.ts';
import { isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { FrontEnd, References } from '../front-end.ts';
import type { Condition } from '../ir/condition.ts';
import type { Detection, Rule, RuleMeta } from '../ir/rule.ts';
import type { ProblemReporter } from '../problem.ts';
import { readLogsource } from '../sigma/logsource.ts';
import { inactive, readDedup, readMeta, textOf } from '../sigma/meta.ts';
import { compileCondition } from './compile-condition.ts';
import { parseCondition } from './condition.ts';
import { readEvent } from './event.ts';
import { reportUnknownKeys } from './unknown-keys.ts';
import { checkShared, readVocabulary, sharedKindOf, toJson } from './vocabulary.ts';
import { compileWindowRule, hasWindow } from './window-rule.ts';

const KEYS = [
  ...[
    'id',
    'name',
    'title',
    'description',
    'level',
    'status',
    'author',
    'license',
    'references',
    'tags',
    'falsepositives',
    'date',
    'modified',
  ],
  ...['logsource', 'wardline', 'conditions', 'event', 'priority', '$schema'],
];

/**
 * Rules in the format of json-rules-engine, a file each: `conditions` and `event`, and beside them what every rule says
 * (id, title, level, tags, logsource). Files of kind Conditions, Operators and Facts give names that all rules may use.
 */
export const jsonRules: FrontEnd = {
  name: 'json-rules',
  recognizes: (value: Plain) =>
    sharedKindOf(value) !== undefined || (isMap(value) && isMap(value['conditions'] ?? null) && isMap(value['event'] ?? null)),
  read(document, report, load) {
    const map = document.value as PlainMap;
    const kind = sharedKindOf(map);
    if (kind !== undefined) {
      checkShared(document, kind, report);
      return { shares: kind };
    }
    reportUnknownKeys(map, [], KEYS, report);
    const meta = readTitle(document, map, report);
    const logsource = map['logsource'] === undefined ? undefined : readLogsource(map, report, load.logsources);
    const dedup = readDedup(map, report);
    const id = textOf(map['id']) ?? textOf(map['name']) ?? meta.title;
    const priority = readPriority(map, report);
    const base = { kind: 'detection', id, language: 'json-rules', logsource, meta, dedup, alerts: true, priority } as const;
    return [
      {
        document,
        names: [...new Set([id, textOf(map['name']) ?? id])],
        kind: 'detection',
        finish: (references, late) => finish(base, map, references, late),
      },
    ];
  },
};

function finish(
  base: Omit<Detection, 'expr' | 'logicDigest'>,
  map: PlainMap,
  references: References,
  report: ProblemReporter,
): readonly Rule[] {
  const { conditions: named, operators, constants, lookups } = readVocabulary(references);
  const scope = { context: false, windows: true, constants, lookups };
  const event = readEvent(map, scope, report);
  const condition = parseCondition(toJson(map['conditions'] as Plain), ['conditions'], { report, named, operators, scope });
  if (condition === undefined || event === undefined || inactive(base.meta)) return [];
  const facts = lookupsIn(condition)
    .map((name) => lookups.get(name))
    .filter((fact) => fact !== undefined);
  if (hasWindow(condition) && facts.length > 0) {
    report.error(
      ['conditions'],
      'json-rules/lookup',
      'facts of a window and facts from outside cannot stand in one rule; let one rule refer to the other',
    );
    return [];
  }
  if (hasWindow(condition)) return compileWindowRule({ ...base, event }, condition, report);
  const { expr } = compileCondition(condition);
  const { logsource, dedup, priority } = base;
  const asks = facts.length === 0 ? {} : { asks: { condition, facts } };
  const digest = logicDigest({ expr, logsource: logsource ?? null, dedup, priority: priority ?? null, ...asks });
  return [{ ...base, ...asks, expr, event, logicDigest: digest }];
}

/** A rule of the original format has no title: its name or the type of its event says what it is. */
function readTitle(document: SourceDocument, map: PlainMap, report: ProblemReporter): RuleMeta {
  const event = map['event'];
  const title = textOf(map['title']) ?? textOf(map['name']) ?? (isMap(event) ? textOf(event['type']) : undefined);
  return readMeta(document, title === undefined ? map : { ...map, title }, report);
}

function readPriority(map: PlainMap, report: ProblemReporter): number {
  const priority = map['priority'] ?? 1;
  if (typeof priority === 'number' && Number.isInteger(priority) && priority >= 1) return priority;
  report.error(['priority'], 'json-rules/priority', `a priority is a whole number from 1, not ${JSON.stringify(toJson(priority))}`);
  return 1;
}

/** Names of the facts from outside that a tree asks for. */
function lookupsIn(condition: Condition): readonly string[] {
  if (condition.op === 'not') return lookupsIn(condition.of);
  if (condition.op !== 'leaf') return [...new Set(condition.of.flatMap(lookupsIn))];
  return [condition.fact, condition.value].flatMap((fact) => (fact.kind === 'lookup' ? [fact.name] : []));
}

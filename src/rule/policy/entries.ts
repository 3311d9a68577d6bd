import { isMap, type Plain, type PlainMap } from '../document.ts';
import type { AllowEntry, Check, ForbidEntry, Policy, Question } from '../ir/policy.ts';
import type { ConditionInput } from '../json-rules/condition.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf } from '../sigma/meta.ts';
import { compileSelection, type SelectionContext } from '../sigma/selection.ts';
import { readCheck } from './checks.ts';
import { readConditions } from './json-form.ts';
import { askExpr } from './question.ts';
import { readEntries, reportUnknown } from './read.ts';

/** What the two forms of a policy need to read their entries: selections and checks, or condition trees. */
export type EntryInput = { readonly selection: SelectionContext; readonly conditions: ConditionInput; readonly json: boolean };

const ALWAYS: Question = { op: 'constant', value: true };

/** Reads scope, allow and forbid; undefined after a reported problem. */
export function compilePolicy(map: PlainMap, input: EntryInput): Pick<Policy, 'scope' | 'allow' | 'forbid'> | undefined {
  const { report } = input.selection;
  const scope = map['scope'] === undefined ? undefined : compileSelection(map['scope'], ['scope'], input.selection);
  if (map['scope'] === undefined) report.error([], 'policy/scope', 'a policy needs a scope: which accesses it is about');
  const allow = readEntries(map['allow'], 'allow', report).map((entry, i) => readAllow(entry, ['allow', i], input));
  const forbid = readEntries(map['forbid'], 'forbid', report).map((entry, i) => readForbid(entry, ['forbid', i], input));
  if (map['allow'] === undefined && map['forbid'] === undefined) {
    report.error([], 'policy/empty', 'a policy needs allow or forbid entries; an empty list of allow refuses everything in scope');
    return undefined;
  }
  if (scope === undefined || allow.includes(undefined) || forbid.includes(undefined)) return undefined;
  return { scope, allow: allow.filter((one) => one !== undefined), forbid: forbid.filter((one) => one !== undefined) };
}

function readForbid(entry: Plain, path: DocumentPath, input: EntryInput): ForbidEntry | undefined {
  const read = readEntry(entry, path, input.json ? ['id', 'conditions', 'detector'] : ['id', 'when', 'detector'], input.selection.report);
  if (read === undefined) return undefined;
  const { id, map } = read;
  const detector = textOf(map['detector']) ?? 'ZT-01';
  if (!/^ZT-(?:0[1-9]|1\d|20)$/.test(detector))
    input.selection.report.error([...path, 'detector'], 'policy/entries', `"${detector}" is no detector; write ZT-01 to ZT-20`);
  if (input.json) {
    const checks = readTree(map, path, input);
    return checks && { id, when: { op: 'all', of: checks.map(({ ask }) => ask) }, detector };
  }
  const when = readWhen(map, path, input);
  return when && { id, when, detector };
}

function readAllow(entry: Plain, path: DocumentPath, input: EntryInput): AllowEntry | undefined {
  const { report } = input.selection;
  const read = readEntry(entry, path, input.json ? ['id', 'conditions'] : ['id', 'when', 'require'], report);
  if (read === undefined) return undefined;
  const { id, map } = read;
  if (input.json) {
    const checks = readTree(map, path, input);
    return checks && { id, when: ALWAYS, require: checks };
  }
  const when = readWhen(map, path, input);
  const require = readRequire(map['require'], [...path, 'require'], report);
  return when && require && { id, when, require };
}

function readRequire(require: Plain | undefined, path: DocumentPath, report: ProblemReporter): readonly Check[] | undefined {
  if (require === undefined) return [];
  if (!isMap(require)) {
    report.error(path, 'policy/check', 'require is a map of checks');
    return undefined;
  }
  const checks = Object.entries(require).map(([name, value]) => readCheck(name, value, [...path, name], report));
  return checks.every((check) => check !== undefined) ? checks.flat() : undefined;
}

function readWhen(map: PlainMap, path: DocumentPath, { selection }: EntryInput): Question | undefined {
  if (map['when'] === undefined) {
    selection.report.error(path, 'policy/entries', 'an entry needs when: which accesses it is about');
    return undefined;
  }
  const expr = compileSelection(map['when'], [...path, 'when'], selection);
  return expr && askExpr(expr);
}

function readTree(map: PlainMap, path: DocumentPath, { conditions, selection }: EntryInput): readonly Check[] | undefined {
  if (map['conditions'] !== undefined) return readConditions(map['conditions'], [...path, 'conditions'], conditions);
  selection.report.error(path, 'policy/entries', 'an entry of the form json-rules-engine needs conditions');
  return undefined;
}

function readEntry(entry: Plain, path: DocumentPath, keys: readonly string[], report: ProblemReporter) {
  if (!isMap(entry)) {
    report.error(path, 'policy/entries', 'an entry is a map with id and when');
    return undefined;
  }
  reportUnknown(entry, keys, path, report);
  const id = textOf(entry['id']);
  if (id !== undefined) return { id, map: entry };
  report.error(path, 'policy/entries', 'an entry needs an id');
  return undefined;
}

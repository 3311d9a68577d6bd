import type { Place } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';
import { compareProblems, type Problem } from '../problem.ts';
import { reportIssues, toJson } from '../schema-problems.ts';
import { type RuleFile, readDocuments } from '../yaml.ts';
import { CASE_KEYS, type CaseFile, casesSchema, FILE_KEYS } from './schema.ts';

export type ReadCases = {
  readonly path: string;
  /** Undefined: it has problems. */
  readonly cases: CaseFile | undefined;
  readonly problems: readonly Problem[];
  /** Where the nth case stands. */
  readonly placeOf: (n: number) => Place;
  /** Where it says which rule it is about. */
  readonly rulePlace: Place;
};

/** Reads a file of cases; every problem has its place. */
export function readCases(file: RuleFile): ReadCases {
  const { documents, problems: unread } = readDocuments(file);
  const problems = [...unread];
  const [document] = documents;
  const top: Place = { file: file.path, line: 1, column: 1 };
  if (document === undefined || documents.length > 1) {
    const message = `a file of cases is one document; found ${documents.length}`;
    if (unread.length === 0) problems.push({ place: top, severity: 'error', code: 'cases/shape', path: [], message });
    return { path: file.path, cases: undefined, problems, placeOf: () => top, rulePlace: top };
  }
  const parsed = casesSchema.safeParse(toJson(document.value));
  const add =
    (severity: Problem['severity']) =>
    (path: Problem['path'], code: string, message: string, at?: number, what: 'key' | 'value' = 'value'): void =>
      void problems.push({ place: document.placeOf(path, what, at), severity, code, path, message });
  if (!parsed.success) reportIssues(parsed.error, 'cases/shape', { error: add('error'), warn: add('warn') }, hintOf);
  return {
    path: file.path,
    cases: problems.length === 0 ? parsed.data : undefined,
    problems: problems.sort(compareProblems),
    placeOf: (n) => document.placeOf(['cases', n]),
    rulePlace: document.placeOf(['rule']),
  };
}

/** What an unknown key of a file of cases may mean. */
function hintOf(key: string): string {
  if (FILE_KEYS.includes(key)) return `; "${key}" stands at the top of the file, for all its cases`;
  if (CASE_KEYS.includes(key)) return `; "${key}" stands in a case`;
  const close = nearest(key, [...FILE_KEYS, ...CASE_KEYS]);
  return close === undefined ? '' : `; did you mean "${close}"?`;
}

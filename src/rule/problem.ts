import type { Place } from '../shared/errors.ts';
import { printable } from '../shared/table.ts';

/** Keys and indexes from the document's root to the value concerned. */
export type DocumentPath = readonly (string | number)[];

/** Something wrong in a user's file. All problems of all files are reported together, sorted by place. */
export type Problem = {
  readonly place: Place;
  readonly severity: 'error' | 'warn';
  /** Stable code `area/name`, listed in docs/errors.md. */
  readonly code: string;
  readonly path: DocumentPath;
  /** What is wrong, the value, what to write. */
  readonly message: string;
};

/** `file:line:column: severity area/code path: message`, on one line whatever a file name or a rule holds. */
export function problemText(problem: Problem): string {
  const { file, line, column } = problem.place;
  const path = problem.path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
  return printable(`${file}:${line}:${column}: ${problem.severity} ${problem.code}${path === '' ? '' : ` ${path}`}: ${problem.message}`);
}

export function compareProblems(a: Problem, b: Problem): number {
  if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1;
  return a.place.line - b.place.line || a.place.column - b.place.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
}

/** What a front end reports through; the loader turns the path into a place in the file. */
export interface ProblemReporter {
  /** `at` is a code point offset inside the scalar at `path`, for conditions and patterns; `what` points at the key instead. */
  error(path: DocumentPath, code: string, message: string, at?: number, what?: 'key' | 'value'): void;
  warn(path: DocumentPath, code: string, message: string, at?: number, what?: 'key' | 'value'): void;
}

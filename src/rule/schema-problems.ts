import type { z } from 'zod';
import type { JsonValue } from '../shared/json.ts';
import type { Plain } from './document.ts';
import type { DocumentPath, ProblemReporter } from './problem.ts';

export type Issue = z.core.$ZodIssue;

/** A union reports one list per branch; the branch that got furthest is the one the author meant. */
export function leafIssues(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const best = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
  return best.flatMap(leafIssues).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The path of an issue as places are asked by. */
export const pathOf = (issue: Issue): DocumentPath => issue.path.filter((part): part is string | number => typeof part !== 'symbol');

/** Tells everything that a schema found wrong, each at its place, under one code; `hint` says what an unknown key may mean. */
export function reportIssues(error: z.ZodError, code: string, report: ProblemReporter, hint: (key: string) => string = () => ''): void {
  for (const issue of error.issues.flatMap(leafIssues)) {
    const path = pathOf(issue);
    if (issue.code !== 'unrecognized_keys') report.error(path, code, issue.message);
    else for (const key of issue.keys) report.error([...path, key], code, `unknown key "${key}"${hint(key)}`, undefined, 'key');
  }
}

/** A document as JSON. Wide integers become text, as they do in events. */
export function toJson(value: Plain): JsonValue {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member as Plain)]));
}

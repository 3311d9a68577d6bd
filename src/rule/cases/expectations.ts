import { z } from 'zod';
import { compareProblems, type Problem } from '../problem.ts';
import { reportIssues, toJson } from '../schema-problems.ts';
import { type RuleFile, readDocuments } from '../yaml.ts';

const count = z.int().min(0).optional();

/** What a replay must come to, rule by rule. */
export const expectationsSchema = z.strictObject({
  expect: z
    .array(
      z
        .strictObject({ rule: z.string().describe('Id or name of a rule.'), exactly: count, at_least: count, at_most: count })
        .refine(({ exactly, at_least, at_most }) => (exactly ?? at_least ?? at_most) !== undefined, 'say exactly, at_least or at_most'),
    )
    .default([]),
  unexpected: z.enum(['fail', 'warn', 'ignore']).default('ignore').describe('What alerts of rules that are not named are.'),
});

export type Expectations = z.infer<typeof expectationsSchema>;

/** Reads a file of expectations; undefined with problems. */
export function readExpectations(file: RuleFile): {
  readonly expectations: Expectations | undefined;
  readonly problems: readonly Problem[];
} {
  const { documents, problems: unread } = readDocuments(file);
  const problems = [...unread];
  const [document] = documents;
  if (document === undefined) return { expectations: undefined, problems };
  const parsed = expectationsSchema.safeParse(toJson(document.value));
  const add = (path: Problem['path'], code: string, message: string, at?: number, what: 'key' | 'value' = 'value'): void =>
    void problems.push({ place: document.placeOf(path, what, at), severity: 'error', code, path, message });
  if (!parsed.success) reportIssues(parsed.error, 'cases/shape', { error: add, warn: add });
  return { expectations: problems.length === 0 ? parsed.data : undefined, problems: problems.sort(compareProblems) };
}

export type Unmet = { readonly rule: string; readonly message: string; readonly fails: boolean };

/** What alerts by rule do not meet; `idOf` finds a rule by id or name. */
export function unmet(
  { expect, unexpected }: Expectations,
  alerts: ReadonlyMap<string, number>,
  idOf: (name: string) => string | undefined,
): readonly Unmet[] {
  const found: Unmet[] = [];
  const named = new Set<string>();
  for (const { rule, exactly, at_least, at_most } of expect) {
    const id = idOf(rule);
    if (id === undefined) {
      found.push({ rule, message: `there is no rule "${rule}"`, fails: true });
      continue;
    }
    named.add(id);
    const got = alerts.get(id) ?? 0;
    const fail = (wanted: string): void =>
      void found.push({ rule, message: `expected ${wanted} alerts of "${rule}", got ${got}`, fails: true });
    if (exactly !== undefined && got !== exactly) fail(`exactly ${exactly}`);
    if (at_least !== undefined && got < at_least) fail(`at least ${at_least}`);
    if (at_most !== undefined && got > at_most) fail(`at most ${at_most}`);
  }
  if (unexpected === 'ignore') return found;
  for (const [id, got] of alerts)
    if (!named.has(id)) found.push({ rule: id, message: `${got} alerts of "${id}", which is not expected`, fails: unexpected === 'fail' });
  return found;
}

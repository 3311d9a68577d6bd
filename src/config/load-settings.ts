import { z } from 'zod';
import { compareProblems, type DocumentPath, type Problem } from '../rule/problem.ts';
import { type Issue, leafIssues, pathOf } from '../rule/schema-problems.ts';
import { readDocuments } from '../rule/yaml.ts';
import { messageOf, type Place, WardlineError } from '../shared/errors.ts';
import { nearest } from '../shared/nearest.ts';
import { readRegularFile } from '../shared/read-file.ts';
import { Secret } from '../shared/secret.ts';
import { type Environment, type ReferenceProblem, resolveReferences } from './references.ts';
import { type Settings, settingsSchema } from './settings.ts';

export type LoadedSettings = {
  readonly settings: Settings | undefined;
  readonly problems: readonly Problem[];
  /** Where a key or its value stands, for what is found out later. */
  readonly placeOf?: (path: DocumentPath) => Place;
};

/** Reads and validates a settings file. Every problem names the key and its place; none stops at the first. */
export function loadSettings(file: string, environment: Environment): LoadedSettings {
  let text: string;
  try {
    text = readRegularFile(file).toString();
  } catch (error) {
    throw new WardlineError('settings', `cannot read the settings ${file}: ${messageOf(error)}`, { cause: error });
  }
  return parseSettings({ path: file, text }, environment);
}

export function parseSettings(file: { readonly path: string; readonly text: string }, environment: Environment): LoadedSettings {
  const read = readDocuments(file);
  const [document] = read.documents;
  if (document === undefined || read.problems.some(({ severity }) => severity === 'error')) {
    const place = { file: file.path, line: 1, column: 1 };
    const empty: Problem = {
      place,
      severity: 'error',
      code: 'settings/empty',
      path: [],
      message: 'no settings; at least sources is needed',
    };
    return { settings: undefined, problems: read.problems.length > 0 ? read.problems : [empty] };
  }
  const problemAt = (path: DocumentPath, code: string, message: string, what: 'key' | 'value' = 'value'): Problem => ({
    place: document.placeOf(path, what),
    severity: 'error',
    code,
    path,
    message,
  });
  const unresolved: ReferenceProblem[] = [];
  const value = resolveReferences(document.value, environment, unresolved);
  const warnings = unresolved
    .filter(({ severity }) => severity === 'warning')
    .map(({ path, message }): Problem => ({ ...problemAt(path, 'settings/secret-file', message), severity: 'warn' }));
  const problems = unresolved
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message }) => problemAt(path, 'settings/unresolved', message));
  const parsed = parseWithText(value);
  if (parsed.success && problems.length === 0)
    return { settings: parsed.data, problems: warnings, placeOf: (path) => document.placeOf(path, 'value') };
  for (const issue of parsed.success ? [] : parsed.error.issues.flatMap(leafIssues)) {
    const path = pathOf(issue);
    if (problems.some((known) => known.path.join() === path.join())) continue;
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) problems.push(problemAt([...path, key], 'settings/unknown-key', unknownKey(key), 'key'));
    } else problems.push(problemAt(path, codeOf(issue), said(issue, path)));
  }
  return { settings: undefined, problems: [...problems, ...warnings].sort(compareProblems) };
}

/** A reference in a setting of plain text is its text: where the schema refuses a Secret as text, it is revealed. */
function parseWithText(value: unknown): ReturnType<typeof settingsSchema.safeParse> {
  const first = settingsSchema.safeParse(value);
  if (first.success) return first;
  const revealed = first.error.issues.reduce<unknown>(
    (tree, issue) => (issue.code === 'invalid_type' ? revealAt(tree, issue.path) : tree),
    value,
  );
  return revealed === value ? first : settingsSchema.safeParse(revealed);
}

function revealAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return tree instanceof Secret ? tree.reveal() : tree;
  if (Array.isArray(tree)) return tree.map((item, i) => (i === head ? revealAt(item, rest) : item));
  if (typeof tree !== 'object' || tree === null || tree instanceof Secret) return tree;
  return { ...tree, [head]: revealAt((tree as Record<PropertyKey, unknown>)[head], rest) };
}

/** Every key any setting has, read off the schema itself. */
function settingKeys(): ReadonlySet<string> {
  const keys = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') for (const name of Object.keys(value as object)) keys.add(name);
      walk(value);
    }
  };
  walk(z.toJSONSchema(settingsSchema, { unrepresentable: 'any', io: 'input' }));
  return keys;
}

function unknownKey(key: string): string {
  const known = settingKeys();
  if (known.has(key)) return `"${key}" is not a setting here; it belongs elsewhere, see docs/ for where`;
  const close = nearest(key, known);
  return `"${key}" is not a setting here${close === undefined ? '' : `; did you mean "${close}"?`}`;
}

/** The schema's words, but where they are its own of what a person sees otherwise. */
function said(issue: Issue, path: DocumentPath): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return `"${String(path.at(-1))}" is missing`;
  if (issue.code !== 'invalid_union' || issue.discriminator === undefined) return issue.message;
  const kinds = [...issue.message.matchAll(/'([^']+)'/g)].map(([, kind]) => String(kind));
  return `unknown "${issue.discriminator}"; write one of ${kinds.join(', ')}`;
}

function codeOf(issue: Issue): string {
  if (issue.code === 'invalid_type') return 'settings/wrong-type';
  if (issue.code === 'invalid_union') return 'settings/unknown-kind';
  return 'settings/bad-value';
}

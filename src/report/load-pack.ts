import type { Plain } from '../rule/document.ts';
import type { Problem, ProblemReporter } from '../rule/problem.ts';
import { compareProblems } from '../rule/problem.ts';
import { type RuleFile, readDocuments } from '../rule/yaml.ts';
import type { JsonValue } from '../shared/json.ts';
import { type ControlPack, parseControlPack, parseProfile } from './control-pack.ts';
import type { Profile } from './pack-schema.ts';

export type Loaded<T> = { readonly value: T | undefined; readonly problems: readonly Problem[] };

/** Reads a control pack from its file; undefined when any problem is an error. Every problem has its place. */
export function loadControlPack(file: RuleFile, profile?: Profile): Loaded<ControlPack> {
  return loadOne(file, 'pack/documents', (value, report) => parseControlPack(value, report, profile));
}

/** Reads a report profile from its file. */
export function loadProfile(file: RuleFile): Loaded<Profile> {
  return loadOne(file, 'profile/documents', parseProfile);
}

function loadOne<T>(file: RuleFile, code: string, parse: (value: JsonValue, report: ProblemReporter) => T | undefined): Loaded<T> {
  const { documents, problems: unread } = readDocuments(file);
  const problems = [...unread];
  const [document] = documents;
  if (document === undefined || documents.length > 1) {
    const message = `expected one document, found ${documents.length}`;
    if (unread.length === 0) {
      problems.push({ place: { file: file.path, line: 1, column: 1 }, severity: 'error', code, path: [], message });
    }
    return { value: undefined, problems };
  }
  const add =
    (severity: Problem['severity']): ProblemReporter['error'] =>
    (path, code, message, at) =>
      void problems.push({ place: document.placeOf(path, 'value', at), severity, code, path, message });
  const value = parse(toJson(document.value), { error: add('error'), warn: add('warn') });
  return { value: unread.some(({ severity }) => severity === 'error') ? undefined : value, problems: problems.sort(compareProblems) };
}

/** Wide integers become text: no key of a pack takes one, so the schema says where it stands. */
function toJson(value: Plain): JsonValue {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member as Plain)]));
}

import { basename } from 'node:path';
import type { Problem, ProblemReporter } from '../rule/problem.ts';
import { compareProblems } from '../rule/problem.ts';
import { toJson } from '../rule/schema-problems.ts';
import { type RuleFile, readDocuments } from '../rule/yaml.ts';
import { isObject, type JsonValue } from '../shared/json.ts';
import { type ControlPack, parseControlPack, parseProfile } from './control-pack.ts';
import { mergePacks, shifted } from './merge-packs.ts';
import { lintProfile } from './pack-lint.ts';
import type { Profile } from './pack-schema.ts';

export type Loaded<T> = { readonly value: T | undefined; readonly problems: readonly Problem[] };

/** Another pack of the same folder by its file name. */
export type ReadSibling = (name: string) => RuleFile | undefined;

/**
 * Reads a control pack from its file; undefined when any problem is an error. Every problem has its place. A pack that
 * `extends` another one is that pack with its own keys on top; what is sealed is the whole.
 */
export function loadControlPack(file: RuleFile, profile?: Profile, sibling?: ReadSibling): Loaded<ControlPack> {
  const further: Problem[] = [];
  const loaded = loadOne(file, 'pack/documents', (value, report) => {
    const whole = extended(value, report, { own: file.path, sibling, further });
    return whole === undefined ? undefined : parseControlPack(whole.value, whole.report, profile);
  });
  return { value: loaded.value, problems: [...loaded.problems, ...further].sort(compareProblems) };
}

/** The document with what it extends below it, and a reporter that leads back to the places of this file. */
function extended(
  value: JsonValue,
  report: ProblemReporter,
  { own, sibling, further }: { readonly own: string; readonly sibling: ReadSibling | undefined; readonly further: Problem[] },
): { readonly value: JsonValue; readonly report: ProblemReporter } | undefined {
  if (!isObject(value) || value['extends'] === undefined) return { value, report };
  const name = value['extends'];
  const fail = (message: string): undefined => void report.error(['extends'], 'pack/extends', message);
  if (typeof name !== 'string' || !/^[\w.-]+\.ya?ml$/.test(name)) return fail('extends takes the name of a pack file in the same folder');
  if (name === basename(own)) return fail('a pack cannot extend itself');
  if (sibling === undefined) return fail('a pack that is extended cannot extend another one itself');
  const file = sibling(name);
  if (file === undefined) return fail(`there is no pack file "${name}" beside this one, and no shipped one of that name`);
  const base = loadControlPack(file);
  further.push(...base.problems);
  if (base.value === undefined) return fail(`"${name}" has errors itself`);
  const { document } = base.value;
  if (isObject(document) && document['baseline'] !== undefined)
    return fail(`"${name}" lists a whole of its own; extend a pack without baseline`);
  return { value: mergePacks(document, value), report: shifted(report, document) };
}

/** Reads a report profile from its file; with a pack, names that the pack does not have are warnings. */
export function loadProfile(file: RuleFile, pack?: ControlPack): Loaded<Profile> {
  return loadOne(file, 'profile/documents', (value, report) => {
    const profile = parseProfile(value, report);
    if (profile !== undefined && pack !== undefined) lintProfile(profile, pack, report);
    return profile;
  });
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
    (path, code, message, at, what = 'value') =>
      void problems.push({ place: document.placeOf(path, what, at), severity, code, path, message });
  const value = parse(toJson(document.value), { error: add('error'), warn: add('warn') });
  return { value: unread.some(({ severity }) => severity === 'error') ? undefined : value, problems: problems.sort(compareProblems) };
}

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { loadSettings } from '../config/load-settings.ts';
import type { Settings } from '../config/settings.ts';
import { type RuleFileReader, readRuleFiles } from '../rule/files.ts';
import type { Ruleset } from '../rule/load.ts';
import { requireDigests, requireSigned } from '../rule/pack-folder.ts';
import { type Problem, problemText } from '../rule/problem.ts';
import type { Update } from '../rule/ruleset-loader.ts';
import type { RuleFile } from '../rule/yaml.ts';
import { type Place, WardlineError } from '../shared/errors.ts';
import type { Io } from './io.ts';

export type LoadedFile = {
  readonly settings: Settings;
  readonly baseDir: string;
  readonly placeOf: (path: readonly (string | number)[]) => Place;
};

/** Folders of rules, and of the context stores that policies ask. */
export const rulePaths = ({ rules, context }: Settings, baseDir: string): readonly string[] =>
  [...rules.map(pathOf), ...(context === undefined ? [] : [context])].map((path) => resolve(baseDir, path));

const pathOf = (rules: Settings['rules'][number]): string => (typeof rules === 'string' ? rules : rules.path);

/** The rule files of the settings. Throws `rules` where a signed folder is not what was signed. */
export function configuredRuleFiles(settings: Settings, baseDir: string, read: RuleFileReader = readRuleFiles): readonly RuleFile[] {
  const signed = settings.rules.flatMap((one) =>
    typeof one === 'string' ? [] : [{ folder: resolve(baseDir, one.path), key: resolve(baseDir, one.key) }],
  );
  const manifests = signed.map(({ folder, key }) => ({ folder, digests: requireSigned(folder, key) }));
  const files = read(rulePaths(settings, baseDir));
  // What is compiled is held against what was signed, whatever happened to the files in between.
  for (const { folder, digests } of manifests) requireDigests(folder, digests, files);
  return files;
}

/** Settings that were read and hold; throws `settings` with every problem, one a line. */
export function settingsOf(file: string, io: Io): LoadedFile {
  const { settings, problems, placeOf } = loadSettings(file, io.environment);
  if (settings === undefined || placeOf === undefined) throw new WardlineError('settings', problems.map(problemText).join('\n'));
  if (problems.length > 0) io.err(`${problems.map(problemText).join('\n')}\n`);
  return { settings, baseDir: dirname(resolve(file)), placeOf };
}

/** Throws `settings` when a file or folder that the engine is to read is not there, with its place in the settings. */
export function requireFiles({ settings, baseDir, placeOf }: LoadedFile): void {
  const missing = pathsOf(settings)
    .filter(({ value }) => !existsSync(resolve(baseDir, value)))
    .map(({ path, value }): Problem => {
      const message = `there is no file or folder ${resolve(baseDir, value)}`;
      return { place: placeOf(path), severity: 'error', code: 'settings/no-file', path, message };
    });
  if (missing.length > 0) throw new WardlineError('settings', missing.map(problemText).join('\n'));
}

/** Throws `settings` when a canary waits for a rule that there is not: it could only ever be missed. */
export function requireCanaryRules({ settings, placeOf }: LoadedFile, ruleset: Ruleset): void {
  const names = new Set([...ruleset.byId.values()].flatMap(({ id, meta }) => [id, meta.name]));
  const missing = settings.canaries.flatMap(({ rule }, i): Problem[] => {
    const path = ['canaries', i, 'rule'];
    const message = `there is no rule with the id or name "${rule}"`;
    return names.has(rule) ? [] : [{ place: placeOf(path), severity: 'error', code: 'settings/bad-value', path, message }];
  });
  if (missing.length > 0) throw new WardlineError('settings', missing.map(problemText).join('\n'));
}

/** Files and folders that must be there before anything starts. A file that is followed may come later. */
function pathsOf(settings: Settings): readonly { readonly path: readonly (string | number)[]; readonly value: string }[] {
  const sources = settings.sources.flatMap((source, i) =>
    source.kind === 'file' && source.mode === 'once' ? [{ path: ['sources', i, 'path'], value: source.path }] : [],
  );
  return [...settings.rules.map((one, i) => ({ path: ['rules', i], value: pathOf(one) })), ...sources];
}

/** Prints the problems of a first reading; an error among them throws unless `skipErrors`. */
export function accept({ ruleset, problems }: Update, files: number, io: Io, skipErrors: boolean): Ruleset {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) io.err(`${errors.map(problemText).join('\n')}\n${problemSummary(problems, files)}\n`);
  if (errors.length > 0 && !skipErrors) {
    throw new WardlineError(
      'rules',
      `${errors.length} errors in the rules; mend them, or start with --skip-broken-rules to run without these rules`,
    );
  }
  return ruleset;
}

export function problemSummary(problems: readonly Problem[], files: number): string {
  const checked = `${files} ${files === 1 ? 'file' : 'files'}`;
  if (problems.length === 0) return `${checked} checked, no problems`;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const touched = new Set(problems.map(({ place }) => place.file)).size;
  const warnings = problems.length - errors;
  return `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'} in ${touched} of ${checked}`;
}

import { dirname, resolve } from 'node:path';
import { loadSettings } from '../config/load-settings.ts';
import type { Settings } from '../config/settings.ts';
import { readRuleFiles } from '../rule/files.ts';
import { loadRules, type Ruleset } from '../rule/load.ts';
import { type Problem, problemText } from '../rule/problem.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Io } from './io.ts';

/** Settings that were read and hold; throws `settings` with every problem, one a line. */
export function settingsOf(file: string, io: Io): { readonly settings: Settings; readonly baseDir: string } {
  const { settings, problems } = loadSettings(file, io.environment);
  if (settings === undefined) throw new WardlineError('settings', problems.map(problemText).join('\n'));
  return { settings, baseDir: dirname(resolve(file)) };
}

/** Rules that were read; the problems are printed, and an error among them throws unless `skipErrors`. */
export function rulesOf(settings: Settings, baseDir: string, io: Io, skipErrors: boolean): Ruleset {
  const files = readRuleFiles(settings.rules.map((path) => resolve(baseDir, path)));
  const { ruleset, problems } = loadRules(files, { placeholders: settings.placeholders });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) io.err(`${errors.map(problemText).join('\n')}\n${problemSummary(problems, files.length)}\n`);
  if (errors.length > 0 && !skipErrors) {
    throw new WardlineError(
      'rules',
      `${errors.length} errors in the rules; mend them, or start with --skip-broken-rules to run without these rules`,
    );
  }
  return ruleset;
}

export function problemSummary(problems: readonly Problem[], files: number): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const touched = new Set(problems.map(({ place }) => place.file)).size;
  const warnings = problems.length - errors;
  return `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'} in ${touched} of ${files} files`;
}

import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isCaseFile } from '../../cases/beside.ts';
import { readRuleFiles } from '../../rule/files.ts';
import type { RuleFile } from '../../rule/yaml.ts';
import { WardlineError } from '../../shared/errors.ts';
import { configuredRuleFiles, type LoadedFile, rulePaths } from '../load.ts';

/** A path as it is printed, so that one file has one name however it was named. */
export const shown = (path: string): string => relative(process.cwd(), resolve(path)) || '.';

export function fileAt(path: string): RuleFile | undefined {
  return existsSync(path) ? { path, text: readFileSync(path, 'utf8') } : undefined;
}

/** What is tested: the paths that were named, else the rules of the settings, else the folder `rules`. */
export const wantedPaths = (named: readonly string[], loaded: LoadedFile | undefined): readonly string[] =>
  named.length > 0 ? named : loaded === undefined ? ['rules'] : rulePaths(loaded.settings, loaded.baseDir).map(shown);

/** Case files below the paths, called as they are `named`; a rule file stands for the cases beside it. */
export function caseFilesOf(paths: readonly string[], named = shown): readonly RuleFile[] {
  const found = paths.map(named).flatMap((path) => {
    if (!existsSync(path)) throw new WardlineError('usage', `there is no file or folder ${path}`);
    if (isCaseFile(path)) return [path];
    if (lstatSync(path).isDirectory())
      return readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter(isCaseFile)
        .map((name) => join(path, name));
    return ['.cases.yml', '.cases.yaml'].map((ending) => path.replace(/\.[^.]+$/, ending)).filter((beside) => existsSync(beside));
  });
  return [...new Set(found)].sort().map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

/**
 * Rules that cases may refer to: those of the paths, and of `--rules`, the settings or the folder `rules`. Those of the
 * settings are verified as a run verifies them.
 */
export function ruleFilesFor(
  paths: readonly string[],
  more: readonly string[] | undefined,
  loaded: LoadedFile | undefined,
): readonly RuleFile[] {
  const own = paths.map(shown).map((path) => (isCaseFile(path) ? path.slice(0, Math.max(0, path.lastIndexOf('/'))) || '.' : path));
  const others = more ?? (loaded === undefined && existsSync('rules') ? ['rules'] : []);
  const verified = more !== undefined || loaded === undefined ? [] : configuredRuleFiles(loaded.settings, loaded.baseDir);
  const files = [...readRuleFiles([...own, ...others.map(shown)]), ...verified.map((file) => ({ ...file, path: shown(file.path) }))];
  // The bytes that were verified stand for a file, not those that were read before.
  return [...new Map(files.map((file) => [file.path, file])).values()].filter(({ path }) => !isCaseFile(path));
}

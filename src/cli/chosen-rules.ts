import { Option } from 'commander';
import { placeholderValues } from '../config/placeholders.ts';
import { readRuleFiles } from '../rule/files.ts';
import type { LoadContext } from '../rule/front-end.ts';
import { type Loaded, loadRules, type Ruleset } from '../rule/load.ts';
import { problemText } from '../rule/problem.ts';
import type { RuleFile } from '../rule/yaml.ts';
import { WardlineError } from '../shared/errors.ts';
import type { Io } from './io.ts';
import { configuredRuleFiles, type LoadedFile, settingsOf } from './load.ts';

/** The flags of every command that reads rules. */
export type RuleFlags = { readonly config?: string; readonly rules?: readonly string[] };

export const rulesOption = (what = 'rule files and folders (default: those of the settings, or rules)'): Option =>
  new Option('-r, --rules <path...>', what);
export const ruleSettingsOption = (what = 'their rules, signed packs and placeholders'): Option =>
  new Option('-c, --config <file>', `settings: ${what}`);

export const DEFAULT_RULES: readonly string[] = ['rules'];

/** The settings that were named; undefined: none were. Throws `settings` with every problem. */
export const namedSettings = ({ config }: RuleFlags, io: Io): LoadedFile | undefined =>
  config === undefined ? undefined : settingsOf(config, io);

/** Files that were named, else those of the settings, verified as a run verifies them, else those of the folder `rules`. */
export const chosenRuleFiles = (named: readonly string[] | undefined, loaded: LoadedFile | undefined): readonly RuleFile[] =>
  named === undefined && loaded !== undefined
    ? configuredRuleFiles(loaded.settings, loaded.baseDir)
    : readRuleFiles(named ?? DEFAULT_RULES);

export const loadContextOf = (loaded: LoadedFile | undefined): LoadContext => ({
  placeholders: loaded === undefined ? {} : placeholderValues(loaded.settings.placeholders, loaded.baseDir),
});

/** The rules that a command is to read, with every problem; throws `rules` where a signed folder is not what was signed. */
export function chosenRules(
  named: readonly string[] | undefined,
  loaded: LoadedFile | undefined,
): Loaded & { readonly files: readonly RuleFile[] } {
  const files = chosenRuleFiles(named, loaded);
  return { files, ...loadRules(files, loadContextOf(loaded)) };
}

/** The same, with no error among them: errors are printed, and one of them throws `rules`. */
export function soundRules(named: readonly string[] | undefined, loaded: LoadedFile | undefined, io: Io): Ruleset {
  const { ruleset, problems } = chosenRules(named, loaded);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return ruleset;
  io.err(`${errors.map(problemText).join('\n')}\n`);
  throw new WardlineError('rules', `${errors.length} errors in the rules; mend them first`);
}

import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { QUIET_RULES, type QuietCount, quietCountsOf } from '../../pipeline/quiet-rules.ts';
import type { Rule } from '../../rule/ir/rule.ts';
import type { Ruleset } from '../../rule/load.ts';
import { withMode } from '../../rule/mode-edit.ts';
import type { RuleFile } from '../../rule/yaml.ts';
import { messageOf, WardlineError } from '../../shared/errors.ts';
import { openStore } from '../../store/store.ts';
import { chosenRules, namedSettings, type RuleFlags } from '../chosen-rules.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Io } from '../io.ts';
import type { LoadedFile } from '../load.ts';
import { ruleNamed } from '../rule-named.ts';
import { nameIn, quietText } from '../run.ts';

export type PromoteFlags = RuleFlags & {
  readonly store: string;
  readonly maxNew?: string;
  readonly keepOld?: boolean;
  readonly dryRun?: boolean;
};

/**
 * `wardline rules promote RULE`: a shadow or canary rule speaks from now on, by a change of its file; the rule that a
 * canary replaces becomes a shadow. A running engine takes it at its next look at the files.
 */
export function promote(name: string, flags: PromoteFlags, io: Io): number {
  const loaded = namedSettings(flags, io);
  const { ruleset, files } = chosenRules(flags.rules, loaded);
  const rule = ruleNamed(ruleset, name);
  const mode = rule.meta.alert?.mode ?? (rule.kind === 'detection' ? rule.policy?.mode : undefined) ?? 'alert';
  if (mode === 'alert') throw new WardlineError('usage', `"${rule.id}" speaks already; shadow and canary rules can be promoted`);
  const count = countOf(rule, flags.store);
  if (count !== undefined) io.out(`${quietText(count, nameIn(ruleset))}\n`);
  if (flags.maxNew !== undefined) requireFew(rule, count, wholeNumber(flags.maxNew, '--max-new', 0));
  const old = rule.meta.alert?.canaryOf;
  const changes = [
    { rule, to: 'alert' as const },
    ...(old === undefined || flags.keepOld ? [] : [{ rule: oldRule(ruleset, old), to: 'shadow' as const }]),
  ];
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  for (const { rule: one, to } of changes) {
    const { file, line } = one.meta.place;
    const next = withMode({ path: file, text: texts.get(file) ?? '' }, line, to);
    if (next === undefined)
      throw new WardlineError('rules', `${file}:${line}: the mode of "${one.id}" cannot be changed here; edit the file`);
    texts.set(file, next);
    io.out(
      `${file}:${line}: ${one.id} ${flags.dryRun ? 'would be' : 'is'} ${to === 'alert' ? `no ${mode} any more: it alerts` : 'a shadow: it is counted and tells nobody'}\n`,
    );
  }
  if (!flags.dryRun) for (const file of files) save(file, texts.get(file.path) ?? file.text);
  const changed = files.filter(({ path, text }) => texts.get(path) !== text).map(({ path }) => resolve(path));
  for (const folder of signedFolders(loaded))
    if (changed.some((path) => path.startsWith(join(folder, sep))))
      io.err(`${folder} is a signed pack and is refused until it is signed anew: wardline pack sign ${folder} --key FILE\n`);
  return EXIT.ok;
}

const signedFolders = (loaded: LoadedFile | undefined): readonly string[] =>
  (loaded?.settings.rules ?? []).flatMap((one) => (typeof one === 'string' ? [] : [resolve(loaded?.baseDir ?? '.', one.path)]));

function oldRule(ruleset: Ruleset, name: string): Rule {
  const old = ruleNamed(ruleset, name);
  if (old.meta.alert?.mode === undefined) return old;
  throw new WardlineError('usage', `"${old.id}", which it replaces, is a ${old.meta.alert.mode} rule already; use --keep-old`);
}

/** What the rule would have alerted, as a run wrote it into its store; undefined: there is no store, or nothing in it. */
function countOf({ id }: Rule, path: string): QuietCount | undefined {
  if (!existsSync(path)) return undefined;
  const store = openStore(path, { readOnly: true });
  const counts = quietCountsOf(store.reducers.load(QUIET_RULES)?.state ?? null);
  store.close();
  return counts.find(({ rule }) => rule === id);
}

function requireFew({ id }: Rule, count: QuietCount | undefined, most: number): void {
  if (count === undefined)
    throw new WardlineError('usage', `--max-new: no run has counted "${id}" yet; name the store of one with --store`);
  const fresh = count.canary?.onlyNew ?? count.alerts;
  if (fresh > most) throw new WardlineError('rules', `"${id}" would have made ${fresh} new alerts; --max-new allows ${most}`);
}

function save({ path, text }: RuleFile, next: string): void {
  if (next === text) return;
  try {
    writeFileSync(path, next);
  } catch (error) {
    throw new WardlineError('usage', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}

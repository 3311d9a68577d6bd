import type { LoadContext } from './front-end.ts';
import { assemble, type FileRules, type Ruleset, readFileRules } from './load.ts';
import type { Problem } from './problem.ts';
import type { RuleFile } from './yaml.ts';

/** What a change of the rule files came to. */
export type Update = {
  readonly ruleset: Ruleset;
  /** Every problem, also of files whose old version was kept. */
  readonly problems: readonly Problem[];
  /** Files that were compiled; all others were taken as they were. */
  readonly compiled: readonly string[];
  /** Files with errors whose version before was kept. */
  readonly kept: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Ids whose logic is another than before: their state starts anew. */
  readonly changed: readonly string[];
};

/** `context`: what rules may refer to from now on; left out, it is as before. */
export type RulesetLoader = { update(files: readonly RuleFile[], context?: LoadContext): Update };

type Known = { readonly text: string; readonly unreadable: string | undefined; readonly rules: FileRules; readonly sound: boolean };

const hasErrors = (problems: readonly Problem[]): boolean => problems.some(({ severity }) => severity === 'error');

/**
 * Keeps what each file compiled to: one changed file is compiled alone. A file that is broken now and was not before keeps
 * its old version, and so does one whose rules no longer fit the others. Pure: files come in, a ruleset goes out.
 */
export function createRulesetLoader(first: LoadContext): RulesetLoader {
  let context = first;
  let known = new Map<string, Known>();
  let current: Ruleset | undefined;

  const read = (file: RuleFile, compiled: string[], anew: boolean): Known => {
    const before = known.get(file.path);
    const unreadable = file.unreadable?.message;
    if (before?.text === file.text && before.unreadable === unreadable && !anew) return before;
    compiled.push(file.path);
    const rules = readFileRules(file, context);
    return { text: file.text, unreadable, rules, sound: !hasErrors(rules.problems) };
  };

  return {
    update(files, given = context) {
      const compiled: string[] = [];
      const anew = JSON.stringify(given.placeholders) !== JSON.stringify(context.placeholders);
      context = given;
      const next = new Map(files.map((file) => [file.path, read(file, compiled, anew)]));
      const used = new Map<string, Known>();
      const kept = new Set<string>();
      const broken: Problem[] = [];
      for (const [path, now] of next) {
        const before = known.get(path);
        if (!now.sound && before?.sound) keep(path, before, now.rules.problems);
        else used.set(path, now);
      }
      function keep(path: string, before: Known, problems: readonly Problem[]): void {
        used.set(path, before);
        kept.add(path);
        broken.push(...problems);
      }
      let loaded = assemble([...used.values()].map(({ rules }) => rules));
      // Sound alone, but not with the others: a reference that went, an id that came twice.
      const misfits = compiled.filter(
        (path) =>
          known.get(path)?.sound &&
          !kept.has(path) &&
          loaded.problems.some(({ severity, place }) => severity === 'error' && place.file === path),
      );
      if (misfits.length > 0) {
        for (const path of misfits)
          keep(
            path,
            known.get(path) as Known,
            loaded.problems.filter(({ place }) => place.file === path),
          );
        loaded = assemble([...used.values()].map(({ rules }) => rules));
      }
      const before = current?.byId ?? new Map();
      const after = loaded.ruleset.byId;
      // What was kept is what is known; the broken text is tried again when it changes.
      known = used;
      for (const path of kept) {
        const entry = used.get(path) as Known;
        const { text, unreadable } = next.get(path) ?? entry;
        known.set(path, { ...entry, text, unreadable });
      }
      current = loaded.ruleset;
      return {
        ruleset: loaded.ruleset,
        problems: [...broken, ...loaded.problems],
        compiled,
        kept: [...kept],
        added: [...after.keys()].filter((id) => !before.has(id)),
        removed: [...before.keys()].filter((id) => !after.has(id)),
        changed: [...after].filter(([id, rule]) => before.has(id) && before.get(id)?.logicDigest !== rule.logicDigest).map(([id]) => id),
      };
    },
  };
}

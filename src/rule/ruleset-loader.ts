import type { Loaded, Ruleset } from './assemble.ts';
import { createAssembler } from './assembler.ts';
import { type FileRules, readFileRules } from './file-rules.ts';
import type { LoadContext } from './front-end.ts';
import type { Problem } from './problem.ts';
import type { RuleFile } from './yaml.ts';

/** What a change of the rule files came to. */
export type Update = {
  readonly ruleset: Ruleset;
  /** Every problem, also of files whose old version is kept. */
  readonly problems: readonly Problem[];
  /** Files that were compiled; all others were taken as they were. */
  readonly compiled: readonly string[];
  /** Files with errors of which the version before runs. */
  readonly kept: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Ids whose logic is another than before: their state starts anew. */
  readonly changed: readonly string[];
};

/** `context`: what rules may refer to from now on; left out, it is as before. */
export type RulesetLoader = { update(files: readonly RuleFile[], context?: LoadContext): Update };

/** By place: the files as they are, what each says, and the version of it that runs; the same object where nothing is kept. */
type Known = { readonly files: readonly RuleFile[]; readonly latest: readonly FileRules[]; readonly running: readonly FileRules[] };

/**
 * Keeps what each file compiled to: one changed file is compiled alone. A file that is broken now and was not before keeps
 * its old version, and so does one whose rules do not fit the others, until they do. Pure: files come in, a ruleset goes out.
 */
export function createRulesetLoader(first: LoadContext): RulesetLoader {
  const assemble = createAssembler();
  let context = first;
  let known: Known = { files: [], latest: [], running: [] };
  let current: Ruleset | undefined;

  return {
    update(files, given = context) {
      const anew = JSON.stringify(given.placeholders) !== JSON.stringify(context.placeholders);
      context = given;
      const before = places(known.files, files);
      const compiled: string[] = [];
      const latest = files.map((file, i) => {
        const place = before(i);
        if (place !== undefined && !anew && sameFile(known.files[place] as RuleFile, file)) return known.latest[place] as FileRules;
        compiled.push(file.path);
        return readFileRules(file, context);
      });
      const old = (i: number): FileRules | undefined => {
        const place = before(i);
        return place === undefined ? undefined : known.running[place];
      };
      const chosen = choose(latest, old, assemble);
      const changes = changesOf(current, chosen.loaded.ruleset);
      known = { files, latest, running: chosen.running };
      current = chosen.loaded.ruleset;
      return { ruleset: current, problems: [...chosen.broken, ...chosen.loaded.problems], compiled, kept: chosen.kept, ...changes };
    },
  };
}

/** Where a file stood before, by its path; undefined: nowhere. */
function places(before: readonly RuleFile[], now: readonly RuleFile[]): (i: number) => number | undefined {
  if (before.length === now.length && now.every((file, i) => file === before[i] || file.path === before[i]?.path)) return (i) => i;
  const byPath = new Map(before.map(({ path }, i) => [path, i]));
  return (i) => byPath.get((now[i] as RuleFile).path);
}

const sameFile = (a: RuleFile, b: RuleFile): boolean =>
  a === b || (a.text === b.text && a.unreadable?.message === b.unreadable?.message && a.unreadable?.offset === b.unreadable?.offset);

type Chosen = {
  readonly running: readonly FileRules[];
  readonly loaded: Loaded;
  readonly kept: readonly string[];
  /** Problems of the versions that do not run. */
  readonly broken: readonly Problem[];
};

/** The newest version of each file that is sound, by itself and together with the others. */
function choose(
  latest: readonly FileRules[],
  old: (i: number) => FileRules | undefined,
  assemble: (files: readonly FileRules[]) => Loaded,
): Chosen {
  const kept: string[] = [];
  const broken: Problem[] = [];
  /** Places whose version is another than the one that ran. */
  const tried: number[] = [];
  const running = latest.map((now, i) => {
    const was = old(i);
    if (was === undefined || was === now || !was.sound) return now;
    if (now.sound) {
      tried.push(i);
      return now;
    }
    kept.push(now.path);
    broken.push(...now.problems);
    return was;
  });
  const loaded = assemble(running);
  // Sound alone, but not with the others: a reference that went, an id that came twice.
  const faults = Map.groupBy(
    loaded.problems.filter(({ severity }) => tried.length > 0 && severity === 'error'),
    ({ place }) => place.file,
  );
  const misfits = tried.filter((i) => faults.has((latest[i] as FileRules).path));
  if (misfits.length === 0) return { running, loaded, kept, broken };
  for (const i of misfits) {
    const { path } = latest[i] as FileRules;
    running[i] = old(i) as FileRules;
    kept.push(path);
    broken.push(...loaded.problems.filter(({ place }) => place.file === path));
  }
  return { running, loaded: assemble(running), kept, broken };
}

function changesOf(before: Ruleset | undefined, { byId }: Ruleset): Pick<Update, 'added' | 'removed' | 'changed'> {
  const old = before?.byId ?? new Map();
  const added: string[] = [];
  const changed: string[] = [];
  for (const [id, rule] of byId) {
    const was = old.get(id);
    if (was === rule) continue;
    if (was === undefined) added.push(id);
    else if (was.logicDigest !== rule.logicDigest) changed.push(id);
  }
  const removed = added.length === 0 && old.size === byId.size ? [] : [...old.keys()].filter((id) => !byId.has(id));
  return { added, removed, changed };
}

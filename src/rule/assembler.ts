import { assembleWhole, digestOf, type Loaded, lineOf, mute, type Whole } from './assemble.ts';
import type { FileRules } from './file-rules.ts';
import type { Draft } from './front-end.ts';
import type { Detection, Rule, RuleId } from './ir/rule.ts';
import { compareProblems, type ProblemReporter } from './problem.ts';

/** More changed files than these are no edit but another set of rules. */
const MOST_CHANGED = 64;

/**
 * Assembles the same files again and again, of which a few changed. What such a file changes is put into the ruleset that
 * there was, without a look at the other files: of thousands, it is the looking that costs. It gives what `assemble` gives:
 * where a change may have effects beyond the rules of its file, all files are assembled.
 */
export function createAssembler(): (files: readonly FileRules[]) => Loaded {
  let before: { readonly files: readonly FileRules[]; readonly whole: Whole } | undefined;
  return (files) => {
    const whole = (before === undefined ? undefined : withChanged(before.whole, before.files, files)) ?? assembleWhole(files);
    before = { files, whole };
    return whole.loaded;
  };
}

type Swap = { readonly draft: Draft; readonly was: Detection | undefined; readonly now: Detection | undefined };

/** Undefined: the files are others, or a change concerns more than the rules of its file. */
function withChanged(whole: Whole, before: readonly FileRules[], files: readonly FileRules[]): Whole | undefined {
  // What does not fit may fit after a change, or be told of otherwise.
  if (before.length !== files.length || whole.misfits) return undefined;
  const changed: FileRules[] = [];
  const swaps: Swap[] = [];
  for (let i = 0; i < files.length; i++) {
    const now = files[i] as FileRules;
    const was = before[i] as FileRules;
    if (now === was) continue;
    const found = changed.length < MOST_CHANGED ? swapsOf(whole, was, now) : undefined;
    if (found === undefined) return undefined;
    changed.push(now);
    swaps.push(...found);
  }
  return swapped(whole, changed, swaps);
}

const silent: ProblemReporter = { error() {}, warn() {} };

function swapsOf(whole: Whole, was: FileRules, now: FileRules): readonly Swap[] | undefined {
  if (was.path !== now.path || !standsAlone(was) || !standsAlone(now) || was.drafts.length !== now.drafts.length) return undefined;
  const swaps: Swap[] = [];
  for (const [i, draft] of now.drafts.entries()) {
    const old = was.drafts[i] as Draft;
    const [id = ''] = draft.names;
    const named = draft.names.length === old.names.length && draft.names.every((name, k) => name === old.names[k]);
    if (!named || !draft.names.every((name) => whole.owners.get(name) === old)) return undefined;
    const swap = { draft, was: detectionOf(whole, id), now: draft.finish(whole.references, silent)[0] as Detection | undefined };
    if (!isQuiet(whole, swap)) return undefined;
    swaps.push(swap);
  }
  return swaps;
}

const standsAlone = ({ drafts, shared, exceptions }: FileRules): boolean =>
  shared.length === 0 && exceptions.length === 0 && drafts.every(({ alone }) => alone === true);

const detectionOf = ({ loaded }: Whole, id: RuleId): Detection | undefined => loaded.ruleset.byId.get(id) as Detection | undefined;

/** Does nothing that other documents ask about a rule change: is it active, its log source (filters), its tags (exceptions)? */
function isQuiet({ loaded: { filters, ruleset } }: Whole, { was, now }: Swap): boolean {
  if (was === undefined || now === undefined) return was === now;
  if (filters.length > 0 && JSON.stringify(was.logsource) !== JSON.stringify(now.logsource)) return false;
  return ruleset.exceptions.length === 0 || JSON.stringify(was.meta.tags) === JSON.stringify(now.meta.tags);
}

function swapped(whole: Whole, changed: readonly FileRules[], swaps: readonly Swap[]): Whole {
  const { ruleset, filters } = whole.loaded;
  const byId = new Map(ruleset.byId);
  const detections = [...ruleset.detections];
  let lines: string[] | undefined;
  for (const { draft, was, now } of swaps) {
    for (const name of draft.names) whole.owners.set(name, draft);
    if (was === undefined || now === undefined) continue;
    const rule = whole.muted.has(now.id) ? (mute(now) as Detection) : now;
    byId.set(rule.id, rule);
    detections[detections.indexOf(was)] = rule;
    if (was.logicDigest !== rule.logicDigest) replaceLine((lines ??= [...whole.lines]), was, rule);
  }
  const paths = new Set(changed.map(({ path }) => path));
  const problems = [...whole.loaded.problems.filter(({ place }) => !paths.has(place.file)), ...changed.flatMap((file) => file.problems)];
  const digest = lines === undefined ? ruleset.digest : digestOf(lines);
  const loaded = { ruleset: { ...ruleset, byId, detections, digest }, problems: problems.sort(compareProblems), filters };
  return { ...whole, loaded, lines: lines ?? whole.lines };
}

function replaceLine(lines: string[], was: Rule, now: Rule): void {
  lines.splice(placeOf(lines, lineOf(was)), 1);
  lines.splice(placeOf(lines, lineOf(now)), 0, lineOf(now));
}

/** Where a line stands among the sorted ones, or would. */
function placeOf(lines: readonly string[], line: string): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] as string) < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

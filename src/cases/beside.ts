import { join } from 'node:path';
import { assemble, type Ruleset } from '../rule/assemble.ts';
import type { Activation, Case, CaseContext, CaseFile } from '../rule/cases/schema.ts';
import { type FileRules, readFileRules } from '../rule/file-rules.ts';
import type { LoadContext } from '../rule/front-end.ts';
import type { Rule, RuleId } from '../rule/ir/rule.ts';
import { loud } from '../rule/loud.ts';
import { problemText } from '../rule/problem.ts';
import type { RuleFile } from '../rule/yaml.ts';
import { WardlineError } from '../shared/errors.ts';
import type { JsonObject, JsonValue } from '../shared/json.ts';
import { merge } from './records.ts';

/** Rule files, and what is known of them once all are read: which rules a case needs besides its own. */
export type Library = {
  /** The ruleset of one case: the rules of its file, those they refer to, what `with` names, and the context of the case. */
  rulesetOf(path: string, cases: CaseFile, one: Case, activated?: readonly Activation[]): Ruleset;
  /** The lines of a file beside a file of cases that are not blank; throws `rules` where there is none. */
  linesOf(path: string, name: string): readonly string[];
  /** The files whose rules a file of cases is about; empty: there are none. */
  filesOf(path: string, cases: CaseFile): readonly FileRules[];
  /** Every id and name of a rule. */
  names(): Iterable<string>;
};

const CASES = /\.cases\.ya?ml$/i;
const RULE_ENDINGS = ['.yml', '.yaml', '.json'];

/** Is it a file of cases, by its name? */
export const isCaseFile = (path: string): boolean => CASES.test(path);

/** `readBeside` gives a file that is not among them; `load`: what rules may refer to besides each other. */
export function createLibrary(files: readonly RuleFile[], readBeside: (path: string) => RuleFile | undefined, load: LoadContext): Library {
  const read = new Map<string, FileRules>(files.map((file) => [file.path, readFileRules(file, load)]));
  const whole = assemble([...read.values()]).ruleset;
  const ownerOf = new Map<string, string>();
  for (const { path, drafts } of read.values()) for (const { names } of drafts) for (const name of names) ownerOf.set(name, path);

  const fileAt = (path: string): FileRules | undefined => {
    const known = read.get(path);
    if (known !== undefined) return known;
    const file = readBeside(path);
    if (file === undefined) return undefined;
    const rules = readFileRules(file, load);
    read.set(path, rules);
    return rules;
  };

  const filesOf: Library['filesOf'] = (path, cases) => {
    if (cases.rule !== undefined) {
      const owner = ownerOf.get(cases.rule);
      return owner === undefined ? [] : [read.get(owner) as FileRules];
    }
    const stem = path.replace(CASES, '');
    return RULE_ENDINGS.flatMap((ending) => fileAt(`${stem}${ending}`) ?? []);
  };

  const memberFiles = ({ drafts }: FileRules): readonly FileRules[] =>
    drafts
      .flatMap(({ names }) => membersOf(whole.byId.get(names[0] as string)))
      .flatMap((member) => read.get(ownerOf.get(member) ?? whole.byId.get(member)?.meta.place.file ?? '') ?? []);
  /** Files of the rules that the rules of these files are about, and of those in turn. */
  const closureOf = (start: readonly FileRules[]): readonly FileRules[] => {
    const taken = new Set(start);
    for (const file of taken) for (const other of memberFiles(file)) taken.add(other);
    return [...taken];
  };

  return {
    filesOf,
    names: () => ownerOf.keys(),
    linesOf(path, name) {
      const file = readBeside(beside(path, name));
      if (file === undefined) throw new WardlineError('rules', `there is no file ${name} beside ${path}`);
      return file.text.split(/\r?\n/).filter((line) => line.trim() !== '');
    },
    rulesetOf(path, cases, one, activated = []) {
      const names = [cases, ...activated].flatMap((part) => part.with ?? []);
      const more = names.map((name) => {
        const file = fileAt(beside(path, name));
        if (file === undefined) throw new WardlineError('rules', `there is no file ${name} beside ${path}`);
        return file;
      });
      const contexts = [cases.base, one, ...activated].map((part) => (part?.context ?? {}) as JsonValue);
      const stores = contextFiles(contexts.reduce(merge) as CaseContext);
      const { ruleset, problems } = assemble([
        ...closureOf([...filesOf(path, cases), ...more]),
        ...stores.map((file) => readFileRules(file, load)),
      ]);
      const errors = problems.filter(({ severity }) => severity === 'error');
      if (errors.length > 0) throw new WardlineError('rules', errors.map(problemText).join('; '));
      return loud(ruleset);
    },
  };
}

/** A name as it is written in a file of cases, from where that file lies. */
const beside = (path: string, name: string): string =>
  join(path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1), name);

const membersOf = (rule: Rule | undefined): readonly RuleId[] => (rule?.kind === 'correlation' ? rule.members : []);

/** The context stores of a case as the files they would be. */
function contextFiles(context: CaseContext): readonly RuleFile[] {
  return Object.entries(context).map(([store, records]) => ({
    path: `context/${store}.json`,
    text: JSON.stringify({
      kind: 'Context',
      store,
      records: Object.entries(records).flatMap(([key, data]) => (data === null ? [] : [recordOf(key, data)])),
    }),
  }));
}

/** `from`, `until` and `reported_at` of a record stand beside its data. */
function recordOf(key: string, { from, until, reported_at, ...data }: JsonObject): object {
  return {
    key,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
    ...(reported_at === undefined ? {} : { reported_at }),
    data,
  };
}

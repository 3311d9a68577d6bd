import { Option } from 'commander';
import { createLibrary, type Library } from '../../cases/beside.ts';
import { createCaseCoverage } from '../../cases/coverage.ts';
import { PROPERTY_LEVELS, type PropertyLevel } from '../../cases/properties.ts';
import { type CaseResult, type RunCasesOptions, runCases } from '../../cases/run.ts';
import { type ReadCases, readCases } from '../../rule/cases/case-file.ts';
import type { LoadContext } from '../../rule/front-end.ts';
import { loadRules } from '../../rule/load.ts';
import { type Problem, problemText } from '../../rule/problem.ts';
import type { RuleFile } from '../../rule/yaml.ts';
import { WardlineError } from '../../shared/errors.ts';
import { nearest } from '../../shared/nearest.ts';
import { printable } from '../../shared/table.ts';
import { loadContextOf, namedSettings, type RuleFlags, ruleSettingsOption, rulesOption } from '../chosen-rules.ts';
import type { Register } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Io } from '../io.ts';
import { junit } from '../junit.ts';
import { caseFilesOf, fileAt, ruleFilesFor, shown, wantedPaths } from './files.ts';
import { failureLines, summaryLine, type TestRun, testJson, testText } from './report.ts';
import { updateCases } from './update.ts';
import { watching } from './watch.ts';

type Flags = RuleFlags & {
  readonly filter?: string;
  readonly minCases: string;
  readonly coverage?: boolean;
  readonly properties: PropertyLevel;
  readonly seed: string;
  readonly verbose?: boolean;
  readonly update?: boolean;
  readonly watch?: boolean;
  readonly output: 'table' | 'json' | 'junit';
};

/** `wardline test`: the cases beside rules through the product's own stages, and what must not change their alerts. */
async function test(paths: readonly string[], flags: Flags, io: Io): Promise<number> {
  if (!flags.watch) return (await testing(paths, flags, io)).code;
  return watching(wantedPaths(paths, namedSettings(flags, io)), () => testing(paths, flags, io), io);
}

type Tested = { readonly code: number; readonly paths: readonly string[] };

/** One run, and with `--update` one more over what was written. */
async function testing(paths: readonly string[], flags: Flags, io: Io): Promise<Tested> {
  const first = await runAll(paths, flags, io);
  const again = first !== undefined && flags.update === true && updateCases(first.files, first.run.results, io) > 0;
  const last = again ? await runAll(paths, flags, io) : first;
  if (last === undefined) return { code: EXIT.interrupted, paths: [] };
  const { results, problems } = last.run;
  write(last.run, flags, io);
  const failed = problems.some(({ severity }) => severity === 'error') || results.some(({ passed }) => !passed);
  return { code: failed ? EXIT.findings : EXIT.ok, paths: last.paths };
}

/** What was run, the files of cases, and every path that a change of would change it. Undefined: a signal came. */
async function runAll(
  paths: readonly string[],
  flags: Flags,
  io: Io,
): Promise<{ readonly run: TestRun; readonly files: readonly RuleFile[]; readonly paths: readonly string[] } | undefined> {
  const began = io.clock.now();
  const loaded = namedSettings(flags, io);
  const context = loadContextOf(loaded);
  const wanted = wantedPaths(paths, loaded);
  const [minCases, seed] = [wholeNumber(flags.minCases, '--min-cases', 0), wholeNumber(flags.seed, '--seed', 0)];
  const files = caseFilesOf(wanted);
  const rules = ruleFilesFor(wanted, flags.rules, loaded);
  if (files.length === 0 && minCases === 0) throw new WardlineError('usage', `there are no cases (*.cases.yml) in ${wanted.join(', ')}`);
  const besides = new Set<string>();
  const library = createLibrary(rules, (path) => (besides.add(path), fileAt(path)), context);
  const coverage = flags.coverage ? createCaseCoverage(context) : undefined;
  const options: RunCasesOptions = {
    properties: flags.properties,
    seed,
    now: io.clock.now,
    ...(coverage === undefined
      ? {}
      : { observe: ({ ruleset, documents, events, outcome }) => coverage.take(ruleset, documents, events, outcome) }),
  };
  const read = files.map(readCases);
  const results: CaseResult[] = [];
  for (const [n, one] of read.entries()) {
    if (io.interactive) io.err(`\r${n + 1} of ${read.length} files, ${results.length} cases`);
    results.push(...runCases(one, library, (name) => named(`${one.path}: ${name}`, flags.filter), options));
    // A long run can be stopped between files.
    await io.clock.sleep(0, io.stop);
    if (io.stop.aborted) return undefined;
  }
  if (io.interactive) io.err('\r\u001b[K');
  const problems = [
    ...read.flatMap((one) => [...one.problems, ...withoutRule(one, library)]),
    ...tooFew(wanted, rules, read, library, minCases, context),
  ];
  // A filter that takes nothing would be passed by any rule.
  if (flags.filter !== undefined && results.length === 0 && problems.length === 0)
    throw new WardlineError(
      'usage',
      `--filter: no case of ${read.length} ${read.length === 1 ? 'file' : 'files'} has "${printable(flags.filter)}" in its file or name`,
    );
  const run: TestRun = {
    results,
    problems,
    files: read.length,
    properties: flags.properties,
    seed,
    ms: io.clock.now() - began,
    coverage: coverage && { parts: coverage.parts(), unexercised: coverage.unexercised() },
  };
  const settings = flags.config === undefined ? [] : [flags.config];
  return { run, files, paths: [...new Set([...wanted, ...settings, ...rules.map(({ path }) => path), ...besides])] };
}

function write(run: TestRun, flags: Flags, io: Io): void {
  if (flags.output === 'json') {
    io.out(`${JSON.stringify(testJson(run))}\n`);
    return;
  }
  if (flags.output === 'junit') {
    const cases = run.results.map((one) => ({
      suite: one.file,
      name: one.name,
      seconds: one.ms / 1000,
      failure: one.passed ? undefined : failureLines(one).join('\n'),
    }));
    const faults = run.problems.map((problem) => ({
      suite: problem.place.file,
      name: problem.code,
      seconds: 0,
      failure: problemText(problem),
    }));
    io.out(junit([...cases, ...faults]));
    return;
  }
  for (const problem of run.problems) io.out(`${problemText(problem)}\n`);
  io.out(testText(run, flags.verbose ?? false));
  io.out(summaryLine(run));
}

/** A text of a name, or a pattern with `*`. */
function named(text: string, filter: string | undefined): boolean {
  if (filter === undefined) return true;
  const parts = filter.toLowerCase().split('*');
  let from = 0;
  return parts.every((part) => {
    const at = text.toLowerCase().indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}

function withoutRule({ path, cases, rulePlace }: ReadCases, library: Library): readonly Problem[] {
  if (cases === undefined || library.filesOf(path, cases).length > 0) return [];
  const problem = { place: rulePlace, severity: 'error', code: 'cases/no-rule' } as const;
  if (cases.rule === undefined) return [{ ...problem, path: [], message: 'there is no rule file of the same name beside it' }];
  const close = nearest(cases.rule, library.names());
  const hint = close === undefined ? '' : ` (did you mean "${close}"?)`;
  return [{ ...problem, path: ['rule'], message: `no rule "${cases.rule}"${hint}` }];
}

/** Rules that alert and have fewer cases than asked for. */
function tooFew(
  paths: readonly string[],
  rules: readonly RuleFile[],
  read: readonly ReadCases[],
  library: Library,
  least: number,
  context: LoadContext,
): readonly Problem[] {
  if (least === 0) return [];
  const counts = new Map<string, number>();
  for (const { path, cases } of read)
    if (cases !== undefined)
      for (const file of library.filesOf(path, cases)) counts.set(file.path, (counts.get(file.path) ?? 0) + cases.cases.length);
  const roots = paths.map(shown);
  const inside = (file: string): boolean => roots.some((root) => root === '.' || file === root || file.startsWith(`${root}/`));
  const found = new Map<string, Problem>();
  for (const { meta, alerts, id } of loadRules(rules, context).ruleset.byId.values()) {
    const count = counts.get(meta.place.file) ?? 0;
    if (!alerts || count >= least || !inside(meta.place.file)) continue;
    const message = `"${id}" has ${count} cases; ${least} are asked for`;
    found.set(meta.place.file, { place: meta.place, severity: 'error', code: 'cases/too-few', path: [], message });
  }
  return [...found.values()];
}

export const registerTest: Register = (program, { io, done }) => {
  program
    .command('test')
    .argument('[path...]', 'rule files, case files and folders (default: the rules of the settings, or rules)')
    .description('run the cases beside rules (*.cases.yml)')
    .addOption(ruleSettingsOption())
    .addOption(rulesOption('rules that cases may refer to besides their own (default: those of the settings, or rules)'))
    .option('--filter <text>', 'only cases whose file and name have this text; * stands for anything')
    .option('--min-cases <n>', 'every rule that alerts needs so many cases', '0')
    .option('--update', 'write what came out as what is expected, and show the difference')
    .option('--watch', 'run again whenever a file changes')
    .option('--coverage', 'name selections, conditions and entries that no case makes true')
    .addOption(
      new Option('--properties <level>', 'what must not change alerts: restarts, crashes, order of arrival, partitions')
        .choices([...PROPERTY_LEVELS])
        .default('fast'),
    )
    .option('--seed <n>', 'seed of the orders tried', '1')
    .option('-v, --verbose', 'name passed cases as well')
    .addOption(new Option('-o, --output <form>', 'form of the output').choices(['table', 'json', 'junit']).default('table'))
    .action(async (paths: string[], flags: Flags) => done(await test(paths, flags, io)));
};

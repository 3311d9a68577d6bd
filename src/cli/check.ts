import { Option } from 'commander';
import { isCaseFile } from '../cases/beside.ts';
import type { Settings } from '../config/settings.ts';
import { fromMs, isoTime, type Nanos } from '../event/time.ts';
import { ecsNames } from '../normalize/field-names.ts';
import { knownLogsources } from '../normalize/known-logsources.ts';
import { readCases } from '../rule/cases/case-file.ts';
import { type LoadedFiles, loadRules, type Ruleset } from '../rule/load.ts';
import { compareProblems, type Problem, problemText } from '../rule/problem.ts';
import type { GovernedFilter } from '../rule/sigma/filter-governance.ts';
import { WardlineError } from '../shared/errors.ts';
import { checkExceptions } from './check-cases.ts';
import { chosenRuleFiles, DEFAULT_RULES, loadContextOf, namedSettings, ruleSettingsOption } from './chosen-rules.ts';
import type { Register } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { feedsOf, logsourceText, starved, unfed } from './feeding.ts';
import type { Io } from './io.ts';
import { problemSummary, rulePaths } from './load.ts';
import { sarif } from './sarif.ts';
import { caseFilesOf } from './test/files.ts';

export type CheckFlags = { readonly config?: string; readonly strict?: boolean; readonly output: 'table' | 'json' | 'sarif' };

/** `wardline check`: every problem of every rule file, and of the shape of its cases, with its place. */
export function check(paths: readonly string[], flags: CheckFlags, io: Io): number {
  const configured = namedSettings(flags, io);
  const named = paths.length > 0 ? paths : undefined;
  const files = chosenRuleFiles(named, configured).filter(({ path }) => !isCaseFile(path));
  const looked = named ?? (configured === undefined ? DEFAULT_RULES : rulePaths(configured.settings, configured.baseDir));
  const caseFiles = caseFilesOf(looked, (path) => path);
  if (files.length + caseFiles.length === 0) throw new WardlineError('usage', `there is no rule file in ${looked.join(', ')}`);
  const context = loadContextOf(configured);
  const configuredSources = configured === undefined ? [] : feedsOf(configured.settings).flatMap(({ labels }) => labels);
  const loaded = loadRules(files, { ...context, fields: ecsNames(), logsources: knownLogsources(configuredSources) });
  const { ruleset } = loaded;
  const unfed = configured === undefined ? [] : unreachable(loaded, configured.settings);
  const now = fromMs(io.clock.now());
  const cases = checkExceptions(files, ruleset, now, context);
  const shapes = caseFiles.flatMap((file) => readCases(file).problems);
  const problems = [
    ...loaded.problems,
    ...shapes,
    ...unfed,
    ...expired(ruleset, now),
    ...expiredFilters(loaded.filters, now),
    ...cases.problems,
  ].sort(compareProblems);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (flags.output === 'sarif') io.out(sarif(problems));
  else if (flags.output === 'json') {
    const rows = problems.map(({ place, severity, code, path, message }) => ({ ...place, severity, code, path, message }));
    io.out(
      `${JSON.stringify({ version: 1, files: files.length, rules: ruleset.byId.size, cases: cases.cases, ruleset: ruleset.digest, problems: rows })}\n`,
    );
  } else {
    for (const problem of problems) io.out(`${problemText(problem)}\n`);
    const held = `${count(ruleset.detections.length, 'detection')} and ${count(ruleset.correlations.length, 'correlation')} hold`;
    const tried = cases.cases > 0 ? `; ${count(cases.cases, 'case')} run under exceptions` : '';
    io.out(`${problemSummary(problems, files.length + caseFiles.length)}; ${held}${tried}\n`);
  }
  return errors > 0 || (flags.strict === true && problems.length > 0) ? EXIT.findings : EXIT.ok;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** Exceptions that are in force no more: to be removed, or decided anew. */
function expired({ exceptions }: Ruleset, now: Nanos): readonly Problem[] {
  return exceptions
    .filter(({ expires }) => expires <= now)
    .map(({ id, owner, expires, place }) => ({
      place,
      severity: 'warn',
      code: 'exception/expired',
      path: ['expires'],
      message: `"${id}" expired at ${isoTime(expires)}; remove it, or ask ${owner} to decide anew`,
    }));
}

/** Filters whose day of review has passed: a filter has no end of its own, it goes on excluding. */
function expiredFilters(filters: readonly GovernedFilter[], now: Nanos): readonly Problem[] {
  return filters.flatMap(({ title, owner, expires, place }) =>
    expires === undefined || expires > now
      ? []
      : [
          {
            place,
            severity: 'warn' as const,
            code: 'filter/expired',
            path: ['wardline', 'expires'],
            message: `"${title}" was to be looked at by ${isoTime(expires)} and goes on excluding; remove it, or ask ${owner ?? 'its author'} to decide anew`,
          },
        ],
  );
}

/** Rules that no configured source can ever feed, by log source, and correlations that need them. */
function unreachable({ ruleset, placeOf }: LoadedFiles, settings: Settings): readonly Problem[] {
  const dead = unfed(ruleset, feedsOf(settings));
  const problem = { severity: 'warn', code: 'logic/no-source' } as const;
  const nameOf = (id: string): string => ruleset.byId.get(id)?.meta.name ?? id;
  return [
    ...dead.map(({ id, logsource, meta }) => ({
      ...problem,
      place: placeOf(id, ['logsource'], 'key') ?? meta.place,
      path: ['logsource'],
      message: `no configured source gives ${logsourceText(logsource ?? {})}; the rule can never fire`,
    })),
    ...starved(
      ruleset,
      dead.map(({ id }) => id),
    ).map(({ rule: { id, meta }, lacks }) => ({
      ...problem,
      place: placeOf(id, ['correlation', 'rules'], 'key') ?? meta.place,
      path: ['correlation', 'rules'],
      message: `no configured source feeds ${lacks.map(nameOf).join(', ')}, which it needs; the rule can never fire`,
    })),
  ];
}

export const registerCheck: Register = (program, { io, done }) => {
  program
    .command('check')
    .argument('[path...]', 'rule files and folders (default: rules)')
    .description('check rules: every problem of every file, with line and column')
    .addOption(ruleSettingsOption('their rules, signed packs and placeholders, and the sources that rules need'))
    .option('--strict', 'warnings fail as well')
    .addOption(new Option('-o, --output <form>', 'form of the output').choices(['table', 'json', 'sarif']).default('table'))
    .action((paths: string[], flags: CheckFlags) => done(check(paths, flags, io)));
};

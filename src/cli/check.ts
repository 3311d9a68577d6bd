import { readRuleFiles } from '../rule/files.ts';
import { loadRules } from '../rule/load.ts';
import { problemText } from '../rule/problem.ts';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { problemSummary, settingsOf } from './load.ts';

export type CheckFlags = { readonly config?: string; readonly strict?: boolean; readonly output: 'table' | 'json' };

/** `wardline check`: every problem of every rule file, with its place. */
export function check(paths: readonly string[], flags: CheckFlags, io: Io): number {
  const placeholders = flags.config === undefined ? {} : settingsOf(flags.config, io).settings.placeholders;
  const files = readRuleFiles(paths.length > 0 ? paths : ['rules']);
  const { ruleset, problems } = loadRules(files, { placeholders });
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (flags.output === 'json') {
    const rows = problems.map(({ place, severity, code, path, message }) => ({ ...place, severity, code, path, message }));
    io.out(`${JSON.stringify({ version: 1, files: files.length, rules: ruleset.byId.size, ruleset: ruleset.digest, problems: rows })}\n`);
  } else {
    for (const problem of problems) io.out(`${problemText(problem)}\n`);
    io.out(
      `${problemSummary(problems, files.length)}; ${ruleset.detections.length} detections and ${ruleset.correlations.length} correlations hold\n`,
    );
  }
  return errors > 0 || (flags.strict === true && problems.length > 0) ? EXIT.findings : EXIT.ok;
}

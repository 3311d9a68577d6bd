import { readRuleFiles } from '../../rule/files.ts';
import { loadRules, type Ruleset } from '../../rule/load.ts';
import { problemText } from '../../rule/problem.ts';
import { WardlineError } from '../../shared/errors.ts';
import type { Io } from '../io.ts';

/** The rules of folders; errors are printed, and one in a policy or a store stops: a judgement by half the policies is none. */
export function policyRules(paths: readonly string[], io: Io): Ruleset {
  const { ruleset, problems } = loadRules(readRuleFiles(paths));
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    io.err(`${errors.map(problemText).join('\n')}\n`);
    throw new WardlineError('rules', `${errors.length} errors in the rules; mend them first`);
  }
  if (!ruleset.detections.some(({ policy }) => policy !== undefined))
    throw new WardlineError('usage', `there is no policy in ${paths.join(', ')}`);
  return ruleset;
}

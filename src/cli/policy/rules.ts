import type { Ruleset } from '../../rule/load.ts';
import { WardlineError } from '../../shared/errors.ts';
import { DEFAULT_RULES, soundRules } from '../chosen-rules.ts';
import type { Io } from '../io.ts';
import { type LoadedFile, rulePaths } from '../load.ts';

/** The rules that were chosen; an error in a policy or a store stops: a judgement by half the policies is none. */
export function policyRules(named: readonly string[] | undefined, loaded: LoadedFile | undefined, io: Io): Ruleset {
  const ruleset = soundRules(named, loaded, io);
  if (ruleset.detections.some(({ policy }) => policy !== undefined)) return ruleset;
  const looked = named ?? (loaded === undefined ? DEFAULT_RULES : rulePaths(loaded.settings, loaded.baseDir));
  throw new WardlineError('usage', `there is no policy in ${looked.join(', ')}`);
}

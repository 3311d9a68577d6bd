import type { Detection } from '../../src/rule/ir/rule.ts';
import { loadRules, type Ruleset } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';

export const TEST_LOGSOURCE = { category: 'test' };

/** A ruleset out of plain documents; throws with the problems if there is an error. */
export function rulesetOf(...documents: readonly object[]): Ruleset {
  const text = documents.map((document) => JSON.stringify(document)).join('\n---\n');
  const { ruleset, problems } = loadRules([{ path: 'test.yml', text }]);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(problemText).join('\n'));
  return ruleset;
}

/** One Sigma detection over the log source of tests. */
export function aDetection(detection: object, more: object = {}): Detection {
  const [rule] = rulesetOf({ title: 'test rule', id: 'test', logsource: TEST_LOGSOURCE, detection, ...more }).detections;
  if (rule === undefined) throw new Error('no detection');
  return rule;
}

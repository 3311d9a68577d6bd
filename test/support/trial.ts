import { createLibrary } from '../../src/cases/beside.ts';
import { deliveriesOf } from '../../src/cases/records.ts';
import { createTrial } from '../../src/cases/trial.ts';
import type { Case, CaseBase } from '../../src/rule/cases/schema.ts';
import type { RuleFile } from '../../src/rule/yaml.ts';
import type { JsonObject } from '../../src/shared/json.ts';
import { at } from '../../src/shared/nested.ts';

/** The alerts that open in a case of the rules of the first file. */
export function openedIn(rules: readonly RuleFile[], one: Case, base: CaseBase = {}): readonly JsonObject[] {
  const library = createLibrary(rules, () => undefined, { placeholders: {} });
  const path = (rules[0]?.path ?? '').replace(/\.(?:yml|json)$/, '.cases.yml');
  const trial = createTrial(library.rulesetOf(path, { base, cases: [one] }, one), base);
  return [...trial.run(deliveriesOf(one, base, () => [])).alerts.values()].filter(
    (alert) => at(alert, 'wardline.alert.stage') === 'opened',
  );
}

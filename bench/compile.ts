import { join } from 'node:path';
import { readRuleFiles } from '../src/rule/files.ts';
import { loadRules } from '../src/rule/load.ts';
import { type RuleFile, readDocuments } from '../src/rule/yaml.ts';
import { dataFolder } from './corpus.ts';
import type { Case } from './sigma.ts';

const files = (): readonly RuleFile[] => readRuleFiles([join(dataFolder, 'sigmahq', 'rules')]);

/** Reading the YAML alone: what compiling is measured against. An "event" is a rule file. */
export function readCase(): Case {
  const list = files();
  return {
    name: 'YAML of the public rules',
    events: list.length,
    run: () => list.reduce((sum, file) => sum + readDocuments(file).documents.length, 0),
  };
}

/** Reading and compiling to the shared tree. */
export function loadCase(): Case {
  const list = files();
  return { name: 'YAML to compiled rules', events: list.length, run: () => loadRules(list).ruleset.detections.length };
}

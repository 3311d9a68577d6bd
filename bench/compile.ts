import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../src/decode/decode.ts';
import { createByteMatcher } from '../src/detect/bytes/byte-matcher.ts';
import { createMatchBuffer } from '../src/detect/matcher.ts';
import { createNormalizer } from '../src/normalize/normalizer.ts';
import { assemble } from '../src/rule/assemble.ts';
import { compileDocuments } from '../src/rule/file-rules.ts';
import { readRuleFiles } from '../src/rule/files.ts';
import { loadRules } from '../src/rule/load.ts';
import { createRulesetLoader } from '../src/rule/ruleset-loader.ts';
import { type RuleFile, readDocuments } from '../src/rule/yaml.ts';
import { dataFolder, publicRules, realLines } from './corpus.ts';
import type { Case } from './sigma.ts';

const files = (): readonly RuleFile[] => readRuleFiles([join(dataFolder, 'sigmahq', 'rules')]);
const WHOLE = 'set of rules';

/** Reading the YAML alone: what compiling is measured against. */
export function readCase(): Case {
  const list = files();
  return {
    name: 'YAML of the public rules',
    unit: WHOLE,
    events: 1,
    run: () => list.reduce((sum, file) => sum + readDocuments(file).documents.length, 0),
  };
}

/** Reading and compiling to the shared tree. */
export function loadCase(): Case {
  const list = files();
  return { name: 'YAML to compiled rules', unit: WHOLE, events: 1, run: () => loadRules(list).ruleset.detections.length };
}

/** Compiling what is parsed already. */
export function compileCase(): Case {
  const parsed = files().map((file) => [file.path, readDocuments(file)] as const);
  const run = (): number =>
    assemble(parsed.map(([path, documents]) => compileDocuments(path, documents, { placeholders: {} }))).ruleset.detections.length;
  return { name: 'parsed rules to compiled rules', unit: WHOLE, events: 1, run };
}

/** One of all the files changes, as when rules are read again while the engine runs. */
export function replaceCase(): Case {
  const originals = files();
  const list = [...originals];
  const loader = createRulesetLoader({ placeholders: {} });
  loader.update(list);
  let edits = 0;
  const run = (): number => {
    let compiled = 0;
    for (let i = 0; i < 10; i++) {
      const at = (edits * 97) % list.length;
      const file = originals[at] as RuleFile;
      // What decides when two matches are one alert is of the logic of a rule.
      list[at] = { ...file, text: `${file.text}\nwardline: {alert: {dedup: {by: [field${edits++}]}}}\n` };
      compiled += loader.update(list).compiled.length;
    }
    return compiled;
  };
  return { name: 'one changed file among them', unit: 'change', events: 10, run };
}

/** The groups of rules of every route of the corpus, each compiled by its first event. */
export function groupsCase(every: number): Case {
  const rules = publicRules();
  const byRoute = new Map<string, Buffer>();
  for (const line of realLines(every)) {
    const { Channel, EventID } = JSON.parse(line.toString()) as { Channel?: string; EventID?: number };
    byRoute.set(`${Channel} ${EventID}`, line);
  }
  const lines = [...byRoute.values()];
  const run = (): number => {
    const matcher = createByteMatcher(rules, DEFAULT_LIMITS);
    const { decisions } = createNormalizer({});
    const found = createMatchBuffer();
    for (const line of lines) matcher.match(line, decisions, found);
    return lines.length;
  };
  return { name: `groups of all ${lines.length} routes of the corpus`, unit: WHOLE, events: 1, run };
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLibrary, isCaseFile } from '../../src/cases/beside.ts';
import { runCases } from '../../src/cases/run.ts';
import { readCases } from '../../src/rule/cases/case-file.ts';
import { readRuleFiles } from '../../src/rule/files.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';

const root = resolve(import.meta.dirname, '../../rules');
const caseFiles = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(isCaseFile).sort();
const library = createLibrary(readRuleFiles([root]), () => undefined, { placeholders: {} });

// `wardline test rules` runs the same with more variations.
describe('cases beside the shipped rules', () => {
  test.each(caseFiles)('%s', (name) => {
    const path = join(root, name);
    const read = readCases({ path, text: readFileSync(path, 'utf8') });
    expect(read.problems.map(problemText)).toEqual([]);
    const results = runCases(read, library, () => true, { properties: 'off', seed: 1, now: () => 0 });
    expect(results.length).toBeGreaterThan(1);
    expect(results.filter(({ passed }) => !passed).map(({ name, misfits }) => ({ name, misfits }))).toEqual([]);
    expect(read.cases?.cases.some(({ expect }) => (expect ?? []).length > 0)).toBe(true);
    expect(read.cases?.cases.some(({ expect }) => expect?.length === 0)).toBe(true);
  });
});

const { ruleset } = loadRules(readRuleFiles([root]));
/** Files with a rule that alerts, or a rule of one event that counts are made of; events of anomalies alone are cases of those. */
const ruleFiles = [...new Set([...ruleset.byId.values()].map(({ meta }) => meta.place.file))].filter(
  (path) => !path.endsWith(join('anomaly', 'events.yml')),
);
const stemOf = (path: string): string => path.replace(/\.(?:ya?ml|json)$/, '');

test('there are at least sixty shipped rules, over every kind', () => {
  expect(ruleFiles.length).toBeGreaterThanOrEqual(60);
  const kinds = new Set([...ruleset.byId.values()].map((rule) => (rule.kind === 'correlation' ? 'correlation' : rule.language)));
  expect([...kinds].sort()).toEqual(['correlation', 'json-rules', 'policy', 'sigma']);
});

describe('every shipped rule', () => {
  test('has cases beside it', () => {
    expect(
      ruleFiles.filter((path) => !caseFiles.includes(`${relative(root, stemOf(path))}.cases.yml`)).map((path) => relative(root, path)),
    ).toEqual([]);
  });

  test('has a runbook beside it that says what it means, where to look, what to do and what may be harmless', () => {
    const lacking = ruleFiles.flatMap((path) => {
      const runbook = `${stemOf(path)}.md`;
      if (!existsSync(runbook)) return [`${relative(root, runbook)}: not there`];
      const text = readFileSync(runbook, 'utf8');
      return ['What it means', 'Look first', 'If it is true', 'Known false alarms']
        .filter((title) => !new RegExp(`^## ${title}\n\n\\S.{5,}`, 'm').test(text))
        .map((title) => `${relative(root, runbook)}: says nothing under "${title}"`);
    });
    expect(lacking).toEqual([]);
  });

  test('has no runbook that belongs to no rule', () => {
    const runbooks = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    const stems = new Set(ruleFiles.map((path) => relative(root, stemOf(path))));
    expect(runbooks.filter((name) => !stems.has(name.slice(0, -'.md'.length)))).toEqual([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLibrary, isCaseFile } from '../../src/cases/beside.ts';
import { runCases } from '../../src/cases/run.ts';
import { readCases } from '../../src/rule/cases/case-file.ts';
import { readRuleFiles } from '../../src/rule/files.ts';
import { problemText } from '../../src/rule/problem.ts';

const root = resolve(import.meta.dirname, '../../rules');
const caseFiles = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(isCaseFile).sort();
const library = createLibrary(readRuleFiles([root]), () => undefined);

// `wardline test rules` runs the same with more variations.
describe('cases beside the shipped rules', () => {
  test.each(caseFiles)('%s', (name) => {
    const path = join(root, name);
    const read = readCases({ path, text: readFileSync(path, 'utf8') });
    expect(read.problems.map(problemText)).toEqual([]);
    const results = runCases(read, library, () => true, { properties: 'off', seed: 1, now: () => 0 });
    expect(results.length).toBeGreaterThan(1);
    expect(results.filter(({ passed }) => !passed).map(({ name, misfits }) => ({ name, misfits }))).toEqual([]);
    expect(read.cases?.cases.some(({ expect }) => expect.length > 0)).toBe(true);
    expect(read.cases?.cases.some(({ expect }) => expect.length === 0)).toBe(true);
  });
});

test('every policy, json rule and anomaly has cases beside it', () => {
  const without = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?:^|[\\/])(?:policy|json-rules|anomaly)[\\/].*\.(?:yml|json)$/.test(name) && !isCaseFile(name))
    // Events that only feed the anomalies beside them are cases of those.
    .filter((name) => !name.endsWith(join('anomaly', 'events.yml')))
    .filter((name) => /^\s*"?(?:scope|event|match|anomaly)"?\s*:/m.test(readFileSync(join(root, name), 'utf8')))
    .filter((name) => !caseFiles.includes(name.replace(/\.(?:yml|json)$/, '.cases.yml')));
  expect(without.map((path) => relative(root, path))).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { get } from '../../src/normalize/materialize.ts';
import { alertsOf, type CaseFile, misfits, type RuleText } from '../support/run-cases.ts';

const root = resolve(import.meta.dirname, '../../rules');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name));
const caseFiles = files.filter((path) => path.endsWith('.cases.yml')).sort();
const textOf = (path: string): RuleText => ({ path: relative(root, path), text: readFileSync(path, 'utf8') });

/** The rule file beside its cases, and the names of other files it uses. */
function rulesFor(path: string, cases: CaseFile): readonly RuleText[] {
  const stem = path.slice(0, -'.cases.yml'.length);
  const own = files.filter((file) => file === `${stem}.yml` || file === `${stem}.json`);
  if (own.length !== 1) throw new Error(`no rule file beside ${path}`);
  return [...own, ...(cases.with ?? []).map((name) => join(dirname(path), name))].map(textOf);
}

describe('cases beside the shipped rules', () => {
  for (const path of caseFiles) {
    const cases = parse(readFileSync(path, 'utf8')) as CaseFile;
    const rules = rulesFor(path, cases);
    describe(relative(root, path), () => {
      test.each(cases.cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
        const alerts = alertsOf(rules, cases, one);
        expect(misfits(alerts, one)).toEqual([]);
        // A restart after every record changes nothing.
        const ids = (documents: typeof alerts) => documents.map((alert) => get(alert, 'event.id')).sort();
        expect(ids(alertsOf(rules, cases, one, true))).toEqual(ids(alerts));
      });
      test('has a case that alerts and one that does not', () => {
        expect(cases.cases.some((one) => one.expect.length > 0)).toBe(true);
        expect(cases.cases.some((one) => one.expect.length === 0)).toBe(true);
      });
    });
  }
});

test('every policy, json rule and anomaly has cases beside it', () => {
  const without = files
    .filter((path) => /[\\/](?:policy|json-rules|anomaly)[\\/].*\.(?:yml|json)$/.test(path) && !path.endsWith('.cases.yml'))
    // Events that only feed the anomalies beside them are cases of those.
    .filter((path) => !path.endsWith(join('anomaly', 'events.yml')))
    .filter((path) => /^\s*"?(?:scope|event|match|anomaly)"?\s*:/m.test(readFileSync(path, 'utf8')))
    .filter((path) => !caseFiles.includes(path.replace(/\.(?:yml|json)$/, '.cases.yml')));
  expect(without.map((path) => relative(root, path))).toEqual([]);
});

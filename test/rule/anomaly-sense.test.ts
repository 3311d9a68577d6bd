import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { meaningOf } from '../../src/rule/anomaly/meanings.ts';
import { ANOMALY_TYPES } from '../../src/rule/anomaly/types.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';

const MEMBER = 'title: a\nname: a\nlogsource: {product: x}\ndetection: {s: {f: 1}, condition: s}\n---\ntitle: t\n';
/** What is said of an anomaly over one detection, in groups of `g` where the rest says nothing else; the rule stands on line 7. */
function saidOf(type: string, rest: string): readonly string[] {
  const groups = rest.includes('group-by') ? '' : ', group-by: [g]';
  const text = `${MEMBER}anomaly: {type: ${type}, rules: [a]${rest === '' ? '' : `, ${rest}`}${groups}}\n`;
  return loadRules([{ path: 'r.yml', text }]).problems.map(problemText);
}

type Case = { readonly type: string; readonly rest: string; readonly problems: readonly string[] };
const cases = JSON.parse(readFileSync(new URL('../golden/rules/anomaly-sense.json', import.meta.url), 'utf8')) as readonly Case[];

describe('parameters of an anomaly that make no sense together', () => {
  test.each(cases)('$type: $rest', ({ type, rest, problems }) => {
    expect(saidOf(type, rest)).toEqual(problems);
  });
});

/** What each type needs beside its defaults. */
const NEEDED: Readonly<Record<string, string>> = {
  new_value: 'field: f',
  rare: 'field: f',
  peer_group: 'field: f, peers: p',
  beacon: 'group-by: [host.name, destination.ip]',
};

const FIELDS = new Set(['location', 'accuracy', 'address', 'host', 'destination', 'field', 'peers']);

const PAGE = readFileSync(new URL('../../docs/reference/anomalies.md', import.meta.url), 'utf8');

describe.each(Object.entries(ANOMALY_TYPES))('%s', (name, { parameters, timespan }) => {
  const needed = NEEDED[name] ?? '';
  test('says what each parameter means, in docs/reference and to editors', () => {
    const section = PAGE.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? '';
    for (const parameter of [...Object.keys(parameters), ...(timespan === undefined ? [] : ['timespan'])]) {
      const meaning = meaningOf(name, parameter);
      expect(meaning, parameter).toMatch(/^[A-Z].{15,}\.$/);
      expect(section).toContain(`| \`${parameter}\` `);
      expect(PAGE).toContain(meaning);
    }
  });

  test('has defaults that go together', () => {
    expect(saidOf(name, needed)).toEqual([]);
  });

  test.each(Object.keys(parameters))('%s is refused where it is nonsense, at its place', (parameter) => {
    const others = (parameter === 'field' && needed === '' ? 'metric: sum' : needed)
      .split(', ')
      .filter((one) => one !== '' && !one.startsWith(`${parameter}:`));
    for (const value of ['-1', '-5m', '[]', '{}', 'true', '.inf', '""']) {
      const [first] = saidOf(name, [`${parameter}: ${value}`, ...others].join(', ')).filter((line) =>
        line.includes(` anomaly.${parameter}`),
      );
      const column = `anomaly: {type: ${name}, rules: [a], ${parameter}: `.length + 1;
      // A field may have any name.
      if (FIELDS.has(parameter) && (value === '-5m' || value === '.inf')) continue;
      expect(first, value).toMatch(new RegExp(`^r\\.yml:7:${column}: error anomaly/parameter anomaly\\.${parameter}: "${parameter}" is `));
    }
  });
});

test('fields that are nearly those of a format are told of, with their place', () => {
  const fields = new Set(['user.name', 'process.name', 'source.ip']);
  const text = `${MEMBER}anomaly: {type: peer_group, rules: [a], group-by: [user.nam], field: [process.name, process.nam], peers: own.group}\n`;
  expect(loadRules([{ path: 'r.yml', text }], { placeholders: {}, fields }).problems.map(problemText)).toEqual([
    'r.yml:7:52: warn correlation/unknown-field anomaly.group-by[0]: no log format gives a field "user.nam"; did you mean "user.name"?',
    'r.yml:7:85: warn correlation/unknown-field anomaly.field[1]: no log format gives a field "process.nam"; did you mean "process.name"?',
  ]);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import type { Io } from '../../src/cli/io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-cases-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const RULE = 'title: Seen\nid: seen\nlogsource: {category: test}\ndetection: {s: {user.name: root}, condition: s}\n';
const CASES = `base: { logsource: { category: test }, ecs: { user.name: root, host.name: h1 } }
cases:
  - name: root was seen
    events: [{ at: 0s }]
    expect: [{ rule.id: seen, user.name: root }]
  - name: somebody else
    events: [{ at: 0s, ecs: { user.name: alice } }]
    expect: []
`;
const exception = (more: string): string =>
  `kind: Exception\nid: quiet\nrules: [seen]\nowner: o\nreason: r\nstarts: 2026-12-01\nexpires: 2027-03-01\n${more}\n`;

function checked(
  files: Readonly<Record<string, string>>,
  now = '2026-12-15T00:00:00Z',
): { problems: string[]; cases: number; code: number } {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  let out = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    environment: {},
    clock: { now: () => Date.parse(now), sleep: async () => undefined },
    interactive: false,
    stop: new AbortController().signal,
  };
  const code = check([folder], { output: 'json' }, io);
  const { problems, cases } = JSON.parse(out) as {
    problems: { file: string; line: number; severity: string; code: string; message: string }[];
    cases: number;
  };
  return {
    problems: problems.map(
      ({ file, line, severity, code: what, message }) => `${file.slice(folder.length + 1)}:${line} ${severity} ${what} ${message}`,
    ),
    cases,
    code,
  };
}

describe('wardline check runs the cases beside rules under the exceptions', () => {
  test('without an exception there is nothing to run', () => {
    expect(checked({ 'seen.yml': RULE, 'seen.cases.yml': CASES })).toEqual({ problems: [], cases: 0, code: 0 });
  });

  test('an exception that hides an alert which a case needs is an error, whatever the time of the case', () => {
    const { problems, code } = checked({ 'seen.yml': RULE, 'seen.cases.yml': CASES, 'quiet.yml': exception('when: {host.name: h1}') });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^quiet\.yml:1 error exception\/hides-case "quiet" hides an alert that the case "root was seen" of .*seen\.cases\.yml needs/,
    );
    expect(code).toBe(1);
  });

  test.each([
    ['it names the case', 'when: {host.name: h1}\naccepts: [root was seen]', '2026-12-15T00:00:00Z', []],
    ['it hides something else', 'when: {host.name: h2}', '2026-12-15T00:00:00Z', []],
    ['it does not suppress', 'when: {host.name: h1}\neffect: tag', '2026-12-15T00:00:00Z', []],
    ['it is over', 'when: {host.name: h1}', '2027-06-01T00:00:00Z', ['exception/expired']],
    [
      'it names a case that it does not hide',
      'when: {host.name: h2}\naccepts: [root was seen]',
      '2026-12-15T00:00:00Z',
      ['exception/accepts'],
    ],
  ])('it is none where %s', (_name, more, now, codes) => {
    const { problems, code } = checked({ 'seen.yml': RULE, 'seen.cases.yml': CASES, 'quiet.yml': exception(more) }, now);
    expect(problems.map((line) => line.split(' ')[2])).toEqual(codes);
    expect(code).toBe(0);
  });

  test('a case that does not hold without the exception says nothing about it; one that cannot be read is a problem', () => {
    const quiet = exception('when: {host.name: h1}');
    expect(
      checked({ 'seen.yml': RULE, 'quiet.yml': quiet, 'seen.cases.yml': CASES.replace('user.name: root }]', 'user.name: toor }]') })
        .problems,
    ).toEqual([]);
    const { problems } = checked({ 'seen.cases.yml': 'cases: [{ name: a, events: [{ at: soon }], expect: [] }]' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^seen\.cases\.yml:1 error cases\/shape/);
  });
});

describe('filters are governed as exceptions are', () => {
  const filter = (more: string): string =>
    `title: Not this host\nid: f\nlogsource: {category: test}\nfilter: {rules: [seen], s: {host.name: h1}, condition: not s}\n${more}\n`;
  test.each([
    ['', ['warn filter/no-expiry', 'warn filter/no-owner']],
    ['wardline: {owner: soc}', ['warn filter/no-expiry']],
    ['wardline: {owner: soc, expires: 2027-01-01}', []],
    ['wardline: {owner: soc, expires: 2026-12-01}', ['warn filter/expired']],
    ['wardline: {owner: soc, expires: soon}', ['error filter/expires']],
  ])('%s', (more, wanted) => {
    const { problems } = checked({ 'seen.yml': RULE, 'filter.yml': filter(more) });
    expect(problems.map((line) => line.split(' ').slice(1, 3).join(' ')).sort()).toEqual(wanted);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { knownLogsources } from '../../src/normalize/known-logsources.ts';
import { loadRules } from '../../src/rule/load.ts';
import { problemText } from '../../src/rule/problem.ts';

/** `logsources`: names are held against those that are known. A case without problems has none. */
type Case = { name: string; text: string; logsources?: boolean; problems: string[] };
const cases = JSON.parse(readFileSync(new URL('../golden/rules/problems.json', import.meta.url), 'utf8')) as Case[];

describe('problems in rule files', () => {
  const logsources = knownLogsources([]);
  test.each(cases)('$name', ({ text, problems, ...known }) => {
    const found = loadRules([{ path: 'r.yml', text }], known.logsources === true ? { logsources } : {}).problems.map(problemText);
    if (problems.length === 0) expect(found).toEqual([]);
    expect(found.length, found.join('\n')).toBeGreaterThanOrEqual(problems.length);
    // A case may give only the start of a line.
    for (const wanted of problems)
      expect(
        found.some((line) => line.startsWith(wanted)),
        `${wanted}\nnot in\n${found.join('\n')}`,
      ).toBe(true);
  });

  test('a broken document does not take the sound ones with it', () => {
    const sound = 'title: ok\nid: ok\nlogsource: {product: x}\ndetection: {s: {a: 1}, condition: s}\n';
    const { ruleset, problems } = loadRules([
      { path: 'a.yml', text: sound },
      { path: 'b.yml', text: 'title: broken\nlogsource: {product: x}\ndetection: {s: {a|no: 1}, condition: s}\n' },
    ]);
    expect(ruleset.detections.map(({ id }) => id)).toEqual(['ok']);
    expect(problems.map(({ place }) => place.file)).toEqual(['b.yml']);
  });

  test('the digest covers logic and not prose', () => {
    const rule = (title: string, value: number) =>
      loadRules([
        { path: 'a.yml', text: `title: ${title}\nid: ok\nlogsource: {product: x}\ndetection: {s: {a: ${value}}, condition: s}\n` },
      ]).ruleset.digest;
    expect(rule('one', 1)).toBe(rule('two', 1));
    expect(rule('one', 1)).not.toBe(rule('one', 2));
  });
});

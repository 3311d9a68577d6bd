import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { home, wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-test-'));
const wardline = wardlineIn(folder);
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  mkdirSync(join(folder, 'rules'));
  const write = (name: string, text: string) => writeFileSync(join(folder, 'rules', name), text);
  write(
    'seen.yml',
    'title: Seen\nid: seen\nlogsource: {category: test}\ndetection: {s: {event.action: seen}, t: {event.action: never}, condition: s or t}\n',
  );
  write(
    'seen.cases.yml',
    `base: { logsource: { category: test } }
cases:
  - { name: it is seen, events: [{ at: 0s, ecs: { event.action: seen } }], expect: [{ at: 0s, kind: match }] }
  - { name: "it is <not> seen", events: [{ at: 0s, ecs: { event.action: other } }], expect: [{ at: 0s, severity: high }] }
`,
  );
  write('bare.yml', 'title: Bare\nid: bare\nlogsource: {category: test}\ndetection: {s: {event.action: bare}, condition: s}\n');
});

describe('wardline test', () => {
  test('prints expected and got of what failed, with its place, and exits 1', async () => {
    const { code, out } = await wardline('test', '--coverage');
    expect(code).toBe(1);
    expect(out).toContain('FAIL  rules/seen.cases.yml:4:5: it is <not> seen\n');
    expect(out).toContain('an alert was expected, and none is there:\n          - at: "0s"\n          - severity: "high"');
    expect(out).toContain('no case makes true: seen: t\n1 of 2 selections, conditions and entries are exercised');
    expect(out).toContain('1 of 2 cases of 1 files passed');
    expect(out).toContain('(properties fast, seed 1)');
  });

  test('runs the cases of one rule file that a filter takes', async () => {
    const { code, out } = await wardline('test', 'rules/seen.yml', '--filter', 'it is seen', '--properties', 'full', '-v');
    expect(code).toBe(0);
    expect(out).toContain('ok    rules/seen.cases.yml:3:5: it is seen\n1 of 1 cases of 1 files passed');
  });

  test('a filter that takes no case is an error: in a script it would pass for ever', async () => {
    expect(await wardline('test', 'rules/seen.yml', '--filter', 'it is sen')).toMatchObject({
      code: 2,
      err: 'wardline: --filter: no case of 1 file has "it is sen" in its file or name\n',
    });
  });

  test('a rule that alerts and has too few cases fails', async () => {
    const { code, out } = await wardline('test', '--min-cases', '1', '--filter', 'it is seen');
    expect(code).toBe(1);
    expect(out).toContain('rules/bare.yml:1:1: error cases/too-few: "bare" has 0 cases; 1 are asked for');
  });

  test('gives JSON and JUnit for programs', async () => {
    const json = JSON.parse((await wardline('test', '-o', 'json')).out);
    expect(json).toMatchObject({ version: 1, cases: 2, failed: 1, seed: 1 });
    expect(json.results[1]).toMatchObject({ file: 'rules/seen.cases.yml', line: 4, passed: false, misfits: [{ kind: 'missing' }] });
    const { out } = await wardline('test', '-o', 'junit');
    expect(out).toContain('<testsuites name="wardline" tests="2" failures="1">');
    expect(out).toContain('name="it is &lt;not&gt; seen"');
  });

  test('--update writes what came out, shows the difference, and runs again', async () => {
    const path = join(folder, 'rules', 'update.cases.yml');
    writeFileSync(
      path,
      'rule: seen\nbase: { logsource: { category: test }, ecs: { event.action: seen } }\ncases:\n  - { name: later, events: [{ at: 5s }], expect: [{ at: 0s, severity: low }] } # mine\n',
    );
    const { code, out } = await wardline('test', path, '--update');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('1 of 1 cases of 1 files passed') });
    expect(out).toContain(
      'UPDATED  rules/update.cases.yml:4:5: later: expect\n        - [{ at: 0s, severity: low }]\n        + [{ at: 5s, severity: medium }]\n',
    );
    expect(readFileSync(path, 'utf8')).toContain('expect: [{ at: 5s, severity: medium }] } # mine\n');
    rmSync(path);
  });

  test('--watch runs again when a file changed, goes on after a mistake, and ends with the last result', async () => {
    const path = join(folder, 'rules', 'watched.cases.yml');
    const cases = (at: string) =>
      `rule: seen\nbase: { logsource: { category: test }, ecs: { event.action: seen } }\ncases: [{ name: a, events: [{ at: 0s }], expect: [{ at: ${at} }] }]\n`;
    writeFileSync(path, cases('1s'));
    const stop = new AbortController();
    const steps = [() => writeFileSync(path, 'cases: ['), () => writeFileSync(path, cases('0s')), () => stop.abort()];
    // Each look at the files is a step; nothing waits for a clock.
    const clock = { now: () => 0, sleep: async (ms: number) => void (ms > 0 && steps.shift()?.()) };
    const { code, out, err } = await wardlineIn(folder, { clock, stop: stop.signal })('test', path, '--watch');
    expect({ code, steps }).toEqual({ code: 0, steps: [] });
    expect(out.match(/\d of \d cases of 1 files passed/g)).toEqual([
      '0 of 1 cases of 1 files passed',
      '0 of 0 cases of 1 files passed',
      '1 of 1 cases of 1 files passed',
    ]);
    expect(err).toContain('changed: rules/watched.cases.yml');
    rmSync(path);
  });

  test('says what is wrong with the call, and with a file of cases', async () => {
    expect(await wardline('test', 'nowhere')).toMatchObject({ code: 2, err: 'wardline: there is no file or folder nowhere\n' });
    writeFileSync(join(folder, 'lost.cases.yml'), 'cases: [{name: a, events: [], expect: []}]\n');
    expect(await wardline('test', 'lost.cases.yml')).toMatchObject({
      code: 1,
      out: expect.stringContaining('lost.cases.yml:1:1: error cases/no-rule'),
    });
    const about = async (text: string): Promise<string> => {
      writeFileSync(join(folder, 'rules/lost.cases.yml'), text);
      return (await wardline('test', 'rules/lost.cases.yml')).out;
    };
    expect(await about('cases: [{name: a, events: [], expect: []}]\nrule: seeen\n')).toContain(
      'lost.cases.yml:2:7: error cases/no-rule rule: no rule "seeen" (did you mean "seen"?)',
    );
    expect(await about('rule: seen\ncases: [{name: a, rule: seen, event: [], events: [], expect: []}]\n')).toContain(
      'lost.cases.yml:2:19: error cases/shape cases[0].rule: unknown key "rule"; "rule" stands at the top of the file, for all its cases',
    );
    expect(await about('rule: seen\ncases: [{name: a, events: [], expect: [{rule: seen}]}]\n')).toContain(
      'lost.cases.yml:2:47: error cases/shape cases[0].expect[0].rule: an alert has no field "rule"; write rule.id or rule.name',
    );
  });
});

test('every case beside the shipped rules passes, with everything that must not change an alert', async () => {
  const { code, out } = await wardlineIn(home)('test', 'rules', '--properties', 'fast', '--coverage', '-o', 'json');
  const { cases, failed, coverage } = JSON.parse(out) as { cases: number; failed: number; coverage: object };
  expect({ code, failed }).toEqual({ code: 0, failed: 0 });
  expect(cases).toBeGreaterThan(100);
  // Every selection, condition and entry of a shipped rule is true in some case.
  expect(coverage).toMatchObject({ unexercised: [] });
});

test('the shipped rules and cases are in the form that fmt writes', async () => {
  expect(await wardlineIn(home)('fmt', '--check', 'rules')).toMatchObject({ code: 0, out: '' });
});

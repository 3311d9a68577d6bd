import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES, leavesOf } from '../../src/cli/examples.ts';
import { formatted } from '../../src/cli/fmt.ts';
import { ANOMALY_TYPE_NAMES, METRICS } from '../../src/cli/new/anomaly.ts';
import { TEMPLATE_KINDS } from '../../src/cli/new/templates.ts';
import { createProgram } from '../../src/cli/program.ts';
import { ANOMALY_TYPES } from '../../src/rule/anomaly/types.ts';
import { wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-authoring-'));
afterAll(() => rmSync(folder, { recursive: true }));
const wardline = wardlineIn(join(folder, 'demo'), { environment: { SOC_URL: 'https://soc.example.org/T0P-S3CRET' } });
beforeAll(async () => {
  expect((await wardlineIn(folder)('init', 'demo')).code).toBe(0);
});

describe('init', () => {
  test('writes a folder that runs, passes check and test, and is in form', async () => {
    const { code, out } = await wardline('run', '--once');
    expect(code).toBe(0);
    expect(out).toMatch(/high +Okta brute force +user\.name=alice/);
    expect(out).toContain('66 records, 66 events, 2 alerts (1 high, 1 medium)');
    expect((await wardline('check', '--strict', '-c', 'wardline.yaml')).code).toBe(0);
    expect((await wardline('test', '--min-cases', '2')).code).toBe(0);
    expect(await wardline('fmt', '--check', 'rules', 'wardline.yaml')).toMatchObject({ code: 0, out: '' });
  });

  test('replaces nothing unless told', async () => {
    expect(await wardline('init')).toMatchObject({ code: 2, err: expect.stringContaining('--force replaces') });
  });
});

describe('new', () => {
  test.each(TEMPLATE_KINDS)('%s: a file that holds, with cases that pass', async (kind) => {
    const today = new Date().toISOString().slice(0, 10);
    const name = `my_${kind.replaceAll('-', '_')}`;
    const { code, out } = await wardline('new', kind, name, '--title', 'Mine: "all" of it');
    expect(code).toBe(0);
    const paths = [...out.matchAll(/^wrote (.+)$/gm)].map((match) => match[1] as string);
    const checked = await wardline('check', paths[0] as string);
    expect(checked.out).toMatch(/0 errors|no problems/);
    const dates = [...readFileSync(join(folder, 'demo', paths[0] as string), 'utf8').matchAll(/^date: (.+)/gm)].map(([, date]) => date);
    for (const date of dates) expect([today, new Date().toISOString().slice(0, 10)]).toContain(date);
    if (kind === 'sigma') expect(dates).toHaveLength(1);
    if (paths.length > 1) expect(await wardline('test', paths[0] as string, '--min-cases', '2')).toMatchObject({ code: 0 });
    expect((await wardline('fmt', '--check', ...paths)).code).toBe(0);
  });

  test('refuses a name that is none', async () => {
    expect((await wardline('new', 'sigma', '../x')).code).toBe(2);
  });

  describe('anomaly --type', () => {
    const forms = [
      ...ANOMALY_TYPE_NAMES.map((type) => [type] as const),
      ...['spike', 'seasonal', 'change'].flatMap((type) =>
        METRICS.filter((metric) => metric !== 'count' && (metric !== 'avg' || type !== 'spike')).map((metric) => [type, metric] as const),
      ),
    ];
    test('has every type there is', () => {
      expect([...ANOMALY_TYPE_NAMES].sort()).toEqual(Object.keys(ANOMALY_TYPES).sort());
    });

    test('each type and metric is a rule without problems, in form, with cases that pass: some fire, some do not', async () => {
      for (const [type, metric] of forms) {
        const more = metric === undefined ? [] : ['--metric', metric];
        const name = `${type}_${metric ?? 'plain'}`;
        expect(await wardline('new', 'anomaly', name, '--type', type, ...more, '--dir', 'types')).toMatchObject({ code: 0, err: '' });
        const text = readFileSync(join(folder, 'demo/types', `${name}.yml`), 'utf8');
        expect(text).toContain(`\n  type: ${type}\n`);
        if (metric !== undefined) expect(text).toContain(`\n  metric: ${metric}\n`);
        const cases = readFileSync(join(folder, 'demo/types', `${name}.cases.yml`), 'utf8');
        expect(cases).toMatch(/expect: \[\{/);
        expect(cases).toContain('expect: []');
      }
      expect((await wardline('check', '--strict', 'types')).out).toContain('no problems');
      const { code, out } = await wardline('test', 'types', '--min-cases', '2', '--properties', 'off');
      expect([code, out]).toEqual([0, expect.stringContaining(`of ${forms.length} files passed`)]);
      expect(await wardline('fmt', '--check', 'types')).toMatchObject({ code: 0 });
    }, 120_000);

    test.each([
      [['sigma', 'x', '--type', 'spike'], '--type goes with kind anomaly, not sigma'],
      [['policy', 'x', '--metric', 'sum'], '--metric goes with kind anomaly, not policy'],
      [
        ['anomaly', 'x', '--type', 'rare', '--metric', 'sum'],
        '--metric is for the types spike, seasonal and change; rare measures nothing',
      ],
      [['anomaly', 'x', '--type', 'spike', '--metric', 'avg'], 'the metric of spike is one of count, distinct, sum'],
      [['anomaly', 'x', '--type', 'spikes'], 'Allowed choices are spike, seasonal'],
    ])('%j is refused', async (words, message) => {
      expect(await wardline('new', ...words)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
    });
  });
});

describe('fmt', () => {
  test('keeps comments and what was written', () => {
    const text =
      '# top\ntitle:   A   # why\ncode: 0777\nversion: 4.10\nanswer: yes\nlist: [ a,b ]\n\n\nlong: >-\n  one\n  two\n---\nb: "x"\n';
    const next = formatted('a.yml', text) as string;
    for (const kept of ['# top', '# why', 'code: 0777', 'version: 4.10', 'answer: yes', '---', 'b: "x"']) expect(next).toContain(kept);
    expect(next).toContain('title: A # why');
    expect(formatted('a.yml', next)).toBe(next);
  });

  test('writes files that have another form, and leaves those that cannot be read', async () => {
    mkdirSync(join(folder, 'odd'));
    writeFileSync(join(folder, 'odd/a.yml'), 'a:    1\n');
    writeFileSync(join(folder, 'odd/b.yml'), 'a: [1\n');
    const run = wardlineIn(folder);
    expect(await run('fmt', '--check', 'odd/a.yml')).toMatchObject({ code: 1, out: 'odd/a.yml\n' });
    expect(await run('fmt', 'odd')).toMatchObject({ code: 1, err: expect.stringContaining('odd/b.yml: left as it is') });
    expect(readFileSync(join(folder, 'odd/a.yml'), 'utf8')).toBe('a: 1\n');
    expect(readFileSync(join(folder, 'odd/b.yml'), 'utf8')).toBe('a: [1\n');
  });
});

describe('config show', () => {
  test('says where each setting comes from, and never a secret', async () => {
    writeFileSync(
      join(folder, 'demo/secret.yaml'),
      'sources:\n  - { name: okta, kind: file, path: events/okta.ndjson }\nsinks:\n  - { kind: webhook, name: soc, url: "${env:SOC_URL}" }\n',
    );
    const { code, out } = await wardline('config', 'show', '-c', 'secret.yaml', '-o', 'json');
    expect(code).toBe(0);
    expect(out).not.toContain('T0P-S3CRET');
    const rows = JSON.parse(out).settings as { setting: string; value: string; origin: string }[];
    const of = (name: string) => rows.find(({ setting }) => setting === name);
    expect(of('sources[0].path')).toEqual({ setting: 'sources[0].path', value: '"events/okta.ndjson"', origin: 'secret.yaml:2' });
    expect(of('sources[0].mode')).toMatchObject({ value: '"once"', origin: 'default' });
    expect(of('sinks[0].url')).toEqual({ setting: 'sinks[0].url', value: '[redacted]', origin: 'secret.yaml:4 ${env:SOC_URL}' });
  });
});

describe('doctor', () => {
  test('finds nothing wrong with a folder that runs', async () => {
    expect(await wardline('doctor')).toMatchObject({ code: 0, out: expect.stringContaining('0 failed') });
  });

  test('names what is wrong, each with a hint, and shows no secret', async () => {
    writeFileSync(
      join(folder, 'demo/sick.yaml'),
      'sources:\n  - { name: lost, kind: file, path: nowhere.log }\n  - { name: topic, kind: kafka, brokers: ["127.0.0.1:1"], topics: [logs] }\nsinks:\n  - { kind: elasticsearch, name: es, node: "http://127.0.0.1:1", insecure: true }\n  - { kind: webhook, name: soc, url: "${env:SOC_URL}" }\nenrich: { assets: [gone.csv] }\n',
    );
    const { code, out } = await wardline('doctor', '-c', 'sick.yaml', '-o', 'json');
    expect(code).toBe(1);
    expect(out).not.toContain('T0P-S3CRET');
    const { findings } = JSON.parse(out) as { findings: { check: string; status: string; hint?: string }[] };
    const failed = findings.filter(({ status }) => status === 'fail');
    expect(failed.map(({ check }) => check)).toEqual(expect.arrayContaining(['source lost', 'source topic', 'sink es', 'table']));
    expect(failed.every(({ hint }) => (hint ?? '').length > 10)).toBe(true);
  }, 60_000);
});

describe('rules', () => {
  test('list, show and diff', async () => {
    expect((await wardline('rules', 'list', '--id', 'okta_*', '--level', 'high')).out).toMatch(
      /okta_brute_force +event_count +high[^\n]*\n1 of /,
    );
    expect((await wardline('rules', 'show', 'okta_brute_force')).out).toContain('timespan: 5m');
    writeFileSync(
      join(folder, 'demo/rules/sigma/okta/shouting.yml'),
      'title: Loud\nname: loud\nlevel: low # \u001b]0;pwned\u0007\nlogsource: { product: okta }\ndetection: { s: { a: b }, condition: s }\n',
    );
    const shown = (await wardline('rules', 'show', 'loud')).out;
    rmSync(join(folder, 'demo/rules/sigma/okta/shouting.yml'));
    expect(shown).toContain('level: low');
    expect(shown).not.toContain('\u001b');
    const other = join(folder, 'demo/rules/correlation/mr_okta_brute_force.yml');
    mkdirSync(join(folder, 'before'));
    writeFileSync(join(folder, 'before/a.yml'), readFileSync(other, 'utf8').replace('5m', '9m'));
    writeFileSync(
      join(folder, 'before/b.yml'),
      readFileSync(join(folder, 'demo/rules/sigma/okta/okta_failed_sign_in.yml'), 'utf8').replace('level: low', 'level: medium'),
    );
    const { code, out } = await wardline('rules', 'diff', '../before');
    expect(code).toBe(1);
    expect(out).toContain('~ okta_brute_force: timespan; its state starts anew\n');
    expect(out).toContain('~ okta_failed_sign_in: level; its state is kept\n');
    expect((await wardline('rules', 'diff', 'rules', 'rules')).code).toBe(0);
  });
});

describe('help', () => {
  const program = createProgram({ out: () => undefined, err: () => undefined } as never, undefined as never, () => undefined);
  const leaves = leavesOf(program);

  test('every command has examples, and no example is of a command that is gone', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(leaves.map(({ path }) => path).sort());
  });

  test.each(leaves)('$path: its examples name flags that it has', ({ path, command }) => {
    const flags = new Set(command.options.flatMap(({ long, short }) => [long, short]));
    for (const example of EXAMPLES[path] ?? []) {
      const words =
        example
          .replace(/"[^"]*"/g, 'x')
          .split(' > ')[0]
          ?.split(' ') ?? [];
      expect(words[0]).toBe('wardline');
      expect(words.filter((word) => word.startsWith('-') && !flags.has(word))).toEqual([]);
    }
  });
});

test.each(['bash', 'zsh', 'fish'])('completion for %s names every command', async (shell) => {
  const { out } = await wardline('completion', shell);
  for (const word of ['replay', 'coverage', 'doctor', 'min-cases']) expect(out).toContain(word);
  if (shell !== 'bash') return;
  const offered = (line: string): string => {
    const words = line.split(' ');
    const script = `${out}\nCOMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}; _wardline; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' });
  };
  expect(offered('wardline cov').trim()).toBe('coverage');
  expect(offered('wardline rules d').trim()).toBe('diff');
  expect(offered('wardline test rules --min').trim()).toBe('--min-cases');
});

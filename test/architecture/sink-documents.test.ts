import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseSettings } from '../../src/config/load-settings.ts';
import { problemText } from '../../src/rule/problem.ts';
import { httpSettings } from '../../src/sink/http/settings.ts';
import { sinkSettings } from '../../src/sink/settings.ts';
import { payloadSetting } from '../../src/sink/webhook/payloads/settings.ts';
import { sign, signingKey } from '../../src/sink/webhook/signature.ts';

const read = (page: string): string => readFileSync(resolve(import.meta.dirname, '../../docs', page), 'utf8');
const sinks = read('sinks.md');
const receivers = read('receivers.md');

type Schema = {
  readonly properties?: Record<string, Schema & { const?: string }>;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
};
const schema = z.toJSONSchema(sinkSettings, { io: 'input', unrepresentable: 'any' }) as Schema;
const kinds = new Map(
  (schema.oneOf ?? []).map(({ properties = {} }) => [
    properties['kind']?.const ?? '',
    Object.keys(properties).filter((key) => key !== 'kind'),
  ]),
);

/** The names in the first column of the tables of one section. */
function listed(heading: string): readonly string[] {
  const start = sinks.indexOf(`\n## ${heading}\n`);
  const section = sinks.slice(start, sinks.indexOf('\n## ', start + 5) + 1 || undefined).split('\n### ')[0] ?? '';
  const own = [...section.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1] ?? '');
  return section.includes('(#http-settings)') ? [...own, ...Object.keys(httpSettings)] : own;
}

describe('docs/sinks.md', () => {
  test.each([...kinds])('lists the settings of %s, all of them and no other', (kind, keys) => {
    expect([...listed(`\`${kind}\``)].sort()).toEqual([...keys].sort());
  });

  test('lists the HTTP settings', () => expect([...listed('HTTP settings')].sort()).toEqual(Object.keys(httpSettings).sort()));

  test('lists every payload with its settings', () => {
    const payloads = (z.toJSONSchema(payloadSetting, { io: 'input', unrepresentable: 'any' }) as Schema).anyOf ?? [];
    const names = payloads.flatMap(
      (one) =>
        one.enum ??
        (one.oneOf ?? []).map(
          ({ properties = {} }) =>
            `{${['kind', ...Object.keys(properties).filter((key) => key !== 'kind')].join(', ').replace('kind', `kind: ${properties['kind']?.const}`)}}`,
        ),
    );
    const shown = [...sinks.matchAll(/^\| `(\{kind: [^`]*\}|[a-z]+)` +\|/gm)].map((match) => match[1] ?? '');
    expect(names.filter((name) => !shown.some((one) => sameWords(one, name)))).toEqual([]);
  });

  test('its examples, and those of docs/receivers.md, are valid settings', () => {
    const environment = Object.fromEntries(
      ['ELASTIC_API_KEY', 'PAGERDUTY_KEY', 'TICKET_TOKEN', 'SOC_WEBHOOK_SECRET', 'WARDLINE_WEBHOOK_SECRET'].map((name) => [name, 'x']),
    );
    const examples = [...`${sinks}${receivers}`.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');
    expect(examples.length).toBeGreaterThan(2);
    for (const text of examples) {
      const { problems } = parseSettings({ path: 'example', text: `sources: [{kind: stdin, name: s}]\n${text}` }, environment);
      expect(problems.map(problemText)).toEqual([]);
    }
  });
});

const sameWords = (one: string, other: string): boolean => one.split(/\W+/).sort().join() === other.split(/\W+/).sort().join();

describe('docs/receivers.md', () => {
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
  const body = JSON.stringify({ type: 'alert.opened', data: { title: 'Ü \u{1F512}' } });
  const key = signingKey(secret, 'x');
  const other = signingKey(`whsec_${Buffer.alloc(32, 6).toString('base64')}`, 'x');
  const now = 1_795_162_472;
  const call = (signature: string, timestamp = now, id = 'abc') => ({
    headers: { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature },
    body,
  });
  /** Calls, and whether a receiver must take them. */
  const cases: readonly (readonly [string, ReturnType<typeof call>, boolean])[] = [
    ['genuine', call(sign(key, 'abc', now, body)), true],
    ['two signatures, the second right', call(`${sign(other, 'abc', now, body)} ${sign(key, 'abc', now, body)}`), true],
    ['another key', call(sign(other, 'abc', now, body)), false],
    ['another body', call(sign(key, 'abc', now, `${body} `)), false],
    ['another id', call(sign(key, 'abd', now, body)), false],
    ['too old', call(sign(key, 'abc', now - 301, body), now - 301), false],
    ['too new', call(sign(key, 'abc', now + 301, body), now + 301), false],
    ['another version', call(sign(key, 'abc', now, body).replace('v1', 'v2')), false],
    ['no signature', call(''), false],
    ['no id', call(sign(key, '', now, body), now, ''), false],
  ];
  const block = (language: string): string => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(receivers)?.[1] ?? '';

  test('the program for Node takes what is genuine and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wardline-receiver-'));
    writeFileSync(join(folder, 'verify.mjs'), block('js'));
    const { verify } = (await import(pathToFileURL(join(folder, 'verify.mjs')).href)) as {
      verify: (secret: string, headers: object, body: string, now: number) => unknown;
    };
    for (const [what, { headers, body: text }, good] of cases) {
      if (good) expect([what, verify(secret, headers, text, now)]).toEqual([what, JSON.parse(body)]);
      else expect(() => verify(secret, headers, text, now), what).toThrow();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test.skipIf(!hasPython())(
    `the program for Python takes what is genuine and nothing else${hasPython() ? '' : ' (skipped: python3 is not installed)'}`,
    () => {
      const program = `${block('python')}
import sys
for case in json.load(sys.stdin)["cases"]:
    try:
        verify("${secret}", case["headers"], case["body"].encode(), ${now})
        print("taken")
    except ValueError:
        print("refused")
`;
      const said = execFileSync('python3', ['-c', program], {
        input: JSON.stringify({ cases: cases.map(([, one]) => one) }),
        encoding: 'utf8',
      });
      expect(said.trim().split('\n')).toEqual(cases.map(([, , good]) => (good ? 'taken' : 'refused')));
    },
  );
});

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

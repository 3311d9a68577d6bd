import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEMPLATES } from '../../src/cli/new/templates.ts';
import { home } from '../support/wardline.ts';

// The server that editors run, as a process of its own: it compiles schemas to code, which these tests may not.
let server: ChildProcess;
let next = 1;
const waiting = new Map<number, (result: unknown) => void>();
const diagnostics = new Map<
  string,
  (list: readonly { readonly message: string; readonly range: { readonly start: { readonly line: number } } }[]) => void
>();

function send(message: object): void {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  server.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
const ask = (method: string, params: object): Promise<unknown> =>
  new Promise((done) => {
    waiting.set(next, done);
    send({ id: next++, method, params });
  });

function take(message: { id?: number; method?: string; params?: { uri: string; diagnostics: never }; result?: unknown }): void {
  if (message.method === 'textDocument/publishDiagnostics' && message.params !== undefined)
    diagnostics.get(message.params.uri)?.(message.params.diagnostics);
  else if (message.method !== undefined && message.id !== undefined)
    send({
      id: message.id,
      result: message.method === 'workspace/configuration' ? [{ validate: true, completion: true, hover: true }, {}, {}, {}, {}] : null,
    });
  else if (message.id !== undefined) waiting.get(message.id)?.(message.result);
}

beforeAll(async () => {
  server = spawn(process.execPath, [join(home, 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let buffer = Buffer.alloc(0);
  server.stdout?.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const end = buffer.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, Math.max(0, end)).toString())?.[1]);
      if (end < 0 || buffer.length < end + 4 + length) return;
      take(JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString()));
      buffer = buffer.subarray(end + 4 + length);
    }
  });
  await ask('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(home).href,
    capabilities: { workspace: { configuration: true } },
  });
  send({ method: 'initialized', params: {} });
});
afterAll(() => server.kill());

let files = 0;
function open(kind: string, text: string) {
  const uri = `file:///tmp/wardline-${files++}.yml`;
  const schema = pathToFileURL(join(home, `schemas/${kind}.schema.json`)).href;
  const found = new Promise<readonly { message: string; line: number }[]>((done) => {
    diagnostics.set(uri, (list) => done(list.map(({ message, range }) => ({ message, line: range.start.line }))));
  });
  send({
    method: 'textDocument/didOpen',
    params: { textDocument: { uri, languageId: 'yaml', version: 1, text: `# yaml-language-server: $schema=${schema}\n${text}` } },
  });
  return { uri, found };
}

const shipped = (path: string): string => readFileSync(join(home, path), 'utf8');
/** The profile that the documentation gives, which is where users take theirs from. */
const PROFILE = (/^ {4}organization:[\s\S]*?(?=\n\n)/m.exec(shipped('docs/evidence.md'))?.[0] ?? '').replace(/^ {4}/gm, '');
const SOURCES: Readonly<Record<string, string>> = {
  anomaly: shipped('rules/anomaly/process_rare_on_host.yml'),
  'json-rules': shipped('rules/json-rules/failed-open.yml'),
  policy: shipped('rules/policy/admin-access.yml'),
  exception: TEMPLATES.exception.rule,
  controls: shipped('rules/controls/nist-800-137.yml'),
  profile: PROFILE,
};

describe('yaml-language-server with the schemas', () => {
  test.each<[string, string, string, number]>([
    ['config', 'sources:\n  - { kind: file, name: a, path: b }\n', 'sources:\n  - { kind: file, name: a, path: b }\nsinkz: []\n', 3],
    [
      'sigma',
      'title: a\nlogsource: { product: windows }\ndetection: { s: { a: b }, condition: s }\n',
      'title: a\nlogsource: { product: windows }\ndetection: { s: { a: b }, condition: s }\nlevel: loud\n',
      4,
    ],
    [
      'correlation',
      'title: a\ncorrelation: { type: event_count, rules: [b], timespan: 5m }\n',
      'title: a\ncorrelation: { type: event_cont, rules: [b], timespan: 5m }\n',
      2,
    ],
    ['cases', 'cases: [{ name: a, events: [], expect: [] }]\n', 'cases: [{ name: a, events: [], expects: [] }]\n', 1],
    ['expectations', 'expect: [{ rule: a, exactly: 1 }]\n', 'expect: [{ rule: a, exactly: one }]\n', 1],
  ])('%s: a right file has no diagnostic, a mistake has one at its line', async (kind, right, wrong, line) => {
    expect(await open(kind, right).found).toEqual([]);
    const found = await open(kind, wrong).found;
    expect(found.map((one) => one.line)).toContain(line);
  });

  test('completes the keys of a rule', async () => {
    const { uri, found } = open('sigma', 'title: a\nlev');
    await found;
    const result = (await ask('textDocument/completion', { textDocument: { uri }, position: { line: 2, character: 3 } })) as {
      items: { label: string }[];
    };
    expect(result.items.map(({ label }) => label)).toContain('level');
  });
});

describe('yaml-language-server on what Wardline ships', () => {
  test.each<[string, string, string]>([
    ['anomaly', '  type: rare', '  type: rarely'],
    ['anomaly', '  field: process.name', '  feild: process.name'],
    ['anomaly', 'level: low', 'level: loud'],
    ['json-rules', 'level: high', 'level: loud'],
    ['json-rules', '    - { fact: event.outcome, operator: notEqual,', '    - { fact: event.outcome, oprator: notEqual,'],
    ['json-rules', 'event: { type: failed-open,', 'event: { typ: failed-open,'],
    ['policy', 'mode: alert', 'mode: loud'],
    ['policy', '      mfa: { strength: phishing-resistant,', '      mfa: { strength: strongish,'],
    ['policy', '      device: { managed: true,', '      device: { manged: true,'],
    ['policy', '    require:', '    requires:'],
    ['exception', 'effect: tag', 'effect: hide'],
    ['exception', 'owner: me', 'ownr: me'],
    ['controls', 'version: 1.0.0', 'version: one'],
    ['controls', '  - { id: presence, kind: presence, source: all,', '  - { id: presence, kind: presense, source: all,'],
    ['controls', '      quantile: 1,', '      quantil: 1,'],
    ['profile', 'system: Shop', 'sytem: Shop'],
    ['profile', '  all: { from: [okta, windows], heartbeat', '  all: { form: [okta, windows], heartbeat'],
  ])('%s: "%s" is right, "%s" has a diagnostic at its place', async (kind, right, wrong) => {
    const text = SOURCES[kind] ?? '';
    expect(text).toContain(right);
    const line = 1 + text.slice(0, text.indexOf(right)).split('\n').length - 1;
    const found = await open(kind, text.replace(right, wrong)).found;
    // A key that is lacking for it is told at the head of its map besides.
    expect(found.map((one) => one.line)).toContain(line);
    expect(found.filter((one) => one.line !== line && !one.message.startsWith('Missing property'))).toEqual([]);
  });

  const files = (kind: string, folder: string): readonly (readonly [string, string])[] =>
    readdirSync(join(home, 'rules', folder))
      .filter((name) => name.endsWith('.yml') && !/\.cases\.yml$|^events\.yml$/.test(name))
      .map((name) => [kind, `rules/${folder}/${name}`]);
  test.each([
    ...files('anomaly', 'anomaly'),
    ...files('json-rules', 'json-rules'),
    ['json-rules', 'rules/anomaly/events.yml'] as const,
    ...files('policy', 'policy'),
    ...files('policy', 'policy/reconcile'),
    ...files('controls', 'controls'),
  ])('%s: %s has no diagnostic', async (kind, path) => {
    expect(await open(kind, shipped(path)).found).toEqual([]);
  });
  test.each(['exception', 'profile'])('%s: what new files start from has no diagnostic', async (kind) => {
    expect(SOURCES[kind]).not.toBe('');
    expect(await open(kind, SOURCES[kind] ?? '').found).toEqual([]);
  });

  test.each<[string, string, string[]]>([
    ['anomaly', 'title: a\nanomaly:\n  type: ', ['rare', 'spike']],
    ['anomaly', 'title: a\nanomaly:\n  type: rare\n  fie', ['field']],
    ['json-rules', 'title: a\nlevel: ', ['high']],
    ['json-rules', 'title: a\ncondi', ['conditions']],
    ['policy', 'kind: ', ['ZeroTrustPolicy', 'Context', 'TraceRule', 'Reconciliation']],
    ['policy', 'kind: ZeroTrustPolicy\non_missing_context: ', ['violation', 'undecided']],
    ['exception', 'kind: Exception\neffect: ', ['suppress', 'lower', 'tag']],
    ['controls', 'kind: ControlPack\nmeasures:\n  - id: a\n    kind: ', ['presence', 'canary']],
    ['profile', 'organization: a\nover', ['overlays']],
    ['profile', 'overlays:\n  - id: a\n    kind: ', ['waiver']],
  ])('%s completes %j', async (kind, text, expected) => {
    const { uri, found } = open(kind, text);
    await found;
    const lines = text.split('\n');
    const result = (await ask('textDocument/completion', {
      textDocument: { uri },
      position: { line: lines.length, character: lines.at(-1)?.length ?? 0 },
    })) as { items: { label: string }[] };
    expect(result.items.map(({ label }) => label)).toEqual(expect.arrayContaining(expected));
  });
});

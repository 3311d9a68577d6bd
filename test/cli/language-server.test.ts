import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

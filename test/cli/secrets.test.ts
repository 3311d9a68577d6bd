import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formsOf } from '../support/planted.ts';
import { type SmallHttp, smallHttp } from '../support/small-http.ts';

const home = resolve(import.meta.dirname, '../..');
const FLAGS = ['--disallow-code-generation-from-strings', '--disable-proto=delete', '--report-on-signal', '--report-signal=SIGUSR2'];

/** Twenty secrets, each with a mark of its own, by the variable that holds it. */
const MARKS = Array.from({ length: 20 }, (_, i) => `planted-${String(i).padStart(2, '0')}-7c9e6679f1d24a3bb0c8`);
const mark = (i: number): string => MARKS[i] ?? '';
const key = (i: number): string => `whsec_${Buffer.from(mark(i)).toString('base64')}`;
const pem = (i: number): string => `-----BEGIN PRIVATE KEY-----\n${mark(i)}\n-----END PRIVATE KEY-----\n`;

let folder: string;
let echo: SmallHttp;
let smtp: { readonly port: number; close(): void };
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-secrets-'));
  // Receivers that refuse everything and say back all they were given.
  echo = await smallHttp(({ request, body }, response) => {
    const everything = `${request.url} ${JSON.stringify(request.headers)} ${body}`;
    const status = request.url?.includes('422') ? 422 : 401;
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-elastic-product': 'Elasticsearch',
      'x-echo': encodeURI(everything).slice(0, 4000),
    });
    response.end(JSON.stringify({ error: { type: 'security_exception', reason: everything }, status }));
  });
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 echo\r\n');
    socket.on('data', (data) =>
      socket.write(/^EHLO/i.test(String(data)) ? '250-echo\r\n250 AUTH PLAIN LOGIN\r\n' : `535 no ${String(data).trim()}\r\n`),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  smtp = { port: (server.address() as { port: number }).port, close: () => void server.close() };
});
afterEach(async () => {
  await echo.close();
  smtp.close();
  rmSync(folder, { recursive: true, force: true });
});

async function wardline(args: readonly string[], environment: Record<string, string>, whenSaid?: string): Promise<string> {
  const child = spawn(process.execPath, [...FLAGS, `--report-directory=${folder}`, join(home, 'src/main.ts'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let asked = false;
  const take = (chunk: Buffer): void => {
    said += chunk.toString();
    if (!asked && whenSaid !== undefined && said.includes(whenSaid)) {
      asked = true;
      child.kill('SIGUSR2');
      for (const ms of [500, 700]) setTimeout(() => child.kill('SIGTERM'), ms).unref();
    }
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  await new Promise((done) => child.once('close', done));
  return said;
}

/** Every file of the folder as it lies there: store, its journal, bundles, reports of all kinds. */
function filesBelow(path: string): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(path).flatMap((name) => {
    const file = join(path, name);
    return statSync(file).isDirectory() ? filesBelow(file) : [{ name, text: readFileSync(file, 'latin1') }];
  });
}

const found = (text: string): readonly string[] => MARKS.filter((one) => formsOf(one).some((form) => text.includes(form)));

const RULE =
  'title: Seen\nid: seen\nlogsource: {category: test}\ndetection: {s: {word: seen}, condition: s}\nlevel: high\nwardline: {alert: {dedup: each}}\n';

describe('twenty planted secrets', () => {
  test('appear in no log, alert, error, report or file, whatever receivers answer and commands show', { timeout: 240_000 }, async () => {
    const port = Number(new URL(echo.url).port);
    const open = { insecure: true, allowPrivate: true };
    const environment: Record<string, string> = {};
    const secret = (i: number, value = mark(i)): string => {
      environment[`S${i}`] = value;
      return `\${env:S${i}}`;
    };
    const sinks = [
      {
        kind: 'webhook',
        name: 'signed',
        url: secret(0, `${echo.url}/${mark(0)}`),
        secret: secret(1, key(1)),
        previousSecret: secret(2, key(2)),
        ...open,
      },
      {
        kind: 'webhook',
        name: 'refused',
        url: secret(3, `${echo.url}/422/${mark(3)}`),
        headers: { authorization: secret(4, `Bearer ${mark(4)}`) },
        ...open,
      },
      { kind: 'webhook', name: 'mutual', url: `https://127.0.0.1:${port}/`, cert: 'none', key: secret(5, pem(5)), allowPrivate: true },
      { kind: 'webhook', name: 'pager', url: echo.url, payload: { kind: 'pagerduty', routingKey: secret(6) }, ...open },
      { kind: 'webhook', name: 'slack', url: secret(7, `${echo.url}/services/${mark(7)}`), payload: 'slack', ...open },
      { kind: 'elasticsearch', name: 'es-key', node: echo.url, apiKey: secret(8), insecure: true },
      { kind: 'elasticsearch', name: 'es-password', node: echo.url, username: 'elastic', password: secret(9), insecure: true },
      {
        kind: 'kafka',
        name: 'bus',
        brokers: [`127.0.0.1:${port}`],
        topic: 't',
        sasl: { mechanism: 'scram-sha-512', username: 'u', password: secret(10) },
      },
      { kind: 'syslog', name: 'siem', host: '127.0.0.1', port, cert: 'none', key: secret(11, pem(11)) },
      { kind: 'loki', name: 'loki', url: `${echo.url}/loki/api/v1/push`, headers: { authorization: secret(12) }, ...open },
      { kind: 'otlp', name: 'otlp', url: secret(13, `${echo.url}/v1/logs?key=${mark(13)}`), headers: { 'api-key': secret(14) }, ...open },
      { kind: 'snmp', name: 'noc', host: '127.0.0.1', port, version: { number: '2c', community: secret(15) } },
      {
        kind: 'snmp',
        name: 'noc3',
        host: '127.0.0.1',
        port,
        version: { number: '3', user: 'u', authKey: secret(16), privKey: secret(17) },
      },
      {
        kind: 'email',
        name: 'mail',
        host: 'localhost',
        port: smtp.port,
        username: 'u',
        password: secret(18),
        from: 'a@example.org',
        to: ['b@example.org'],
      },
    ];
    mkdirSync(join(folder, 'rules'));
    writeFileSync(join(folder, 'rules/seen.yml'), RULE);
    writeFileSync(join(folder, 'events.ndjson'), `${JSON.stringify({ word: 'seen', '@timestamp': '2026-01-01T00:00:00Z' })}\n`);
    const settings = {
      sources: [{ kind: 'file', name: 'events', logsource: { category: 'test' }, path: 'events.ndjson', mode: 'follow' }],
      sinks,
      log: { level: 'debug' },
    };
    writeFileSync(join(folder, 'wardline.yaml'), JSON.stringify(settings));
    // The twentieth: a password of a source, which then cannot be reached.
    const kafka = {
      kind: 'kafka',
      name: 'in',
      brokers: ['127.0.0.1:1'],
      topics: ['t'],
      sasl: { mechanism: 'scram-sha-256', username: 'u', password: secret(19) },
    };
    writeFileSync(join(folder, 'kafka.yaml'), JSON.stringify({ sources: [kafka], state: { path: 'kafka.db' }, log: { level: 'debug' } }));
    // Each secret where it is refused: as a key that is none, as a URL that is none, where a number stands.
    const wrong = {
      ...settings,
      sinks: [
        { ...sinks[0], url: '${env:S1}', secret: '${env:S4}' },
        { kind: 'loki', name: 'l', url: echo.url, labels: '${env:S6}' },
      ],
    };
    writeFileSync(join(folder, 'wrong.yaml'), JSON.stringify(wrong));

    const store = ['--store', 'wardline.db'];
    const said: Record<string, string> = {
      run: await wardline(['run'], environment, '"sink":"mail"'),
      kafka: await wardline(['run', '--config', 'kafka.yaml'], environment, 'ECONNREFUSED'),
      wrong: await wardline(['run', '--config', 'wrong.yaml'], environment),
    };
    for (const command of [
      ['deliver', 'status', ...store],
      ['deliver', 'status', ...store, '-o', 'json'],
      ['deliver', 'list', '--state', 'dead', ...store],
      ['deliver', 'list', '--state', 'waiting', ...store, '-o', 'json'],
      ['alerts', 'list', ...store, '-o', 'json'],
      ['check', 'rules', '--config', 'wardline.yaml'],
      ['report', 'compliance', ...store, '--as', 'html', '--out', 'report'],
      ['evidence', 'keygen', '--out', 'mine'],
      ['evidence', 'export', ...store, '--key', 'mine.key'],
    ]) {
      said[command.slice(0, 2).join(' ')] = `${said[command.slice(0, 2).join(' ')] ?? ''}${await wardline(command, environment)}`;
    }

    // What the run was for has happened: every receiver was called, refused, and is listed with its reason.
    expect(said['deliver status']).toMatch(/refused +ok +0 +0 +1/);
    for (const name of ['signed', 'pager', 'slack', 'es-key', 'es-password', 'loki', 'otlp'])
      expect(said['deliver status']).toMatch(new RegExp(`${name} +resting .*(?:401|security)`));
    expect(said['kafka']).toContain('ECONNREFUSED');
    expect(said['wrong']).toMatch(/wrong\.yaml:1:\d+: error/);
    const files = filesBelow(folder);
    expect(files.some(({ name }) => /^report\..*\.json$/.test(name))).toBe(true);
    expect(files.some(({ name }) => name === 'bundle.tar')).toBe(true);

    for (const [command, text] of Object.entries(said)) expect([command, found(text)]).toEqual([command, []]);
    for (const { name, text } of files) expect([name, found(text)]).toEqual([name, []]);
  });

  test('the search finds a mark in every form it could have', () => {
    for (const one of MARKS) {
      for (const text of [
        one,
        `Basic ${Buffer.from(`user:${one}`).toString('base64')}`,
        Buffer.from(`ab${one}c`).toString('base64'),
        Buffer.from(one).toString('hex'),
      ])
        expect(found(text)).toEqual([one]);
    }
  });
});

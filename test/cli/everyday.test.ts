import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { wardlineIn } from '../support/wardline.ts';

let folder: string;
let wardline: ReturnType<typeof wardlineIn>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-everyday-'));
  wardline = wardlineIn(folder);
  for (const name of ['rules', 'other', 'elsewhere']) mkdirSync(join(folder, name));
  const seen = (word: string): string =>
    `title: Seen\nid: seen\nlogsource: {category: test}\ndetection: {s: {word: ${word}}, condition: s}\n`;
  writeFileSync(join(folder, 'rules/seen.yml'), seen('seen'));
  writeFileSync(
    join(folder, 'rules/often.yml'),
    'title: Often\nid: often\ncorrelation:\n  type: event_count\n  rules: [seen]\n  group-by: [host.name]\n  timespan: 5m\n  condition: {gte: 2}\n',
  );
  writeFileSync(join(folder, 'rules/seen.cases.yml'), 'cases:\n  - name: one\n    evnts: []\n    expect: []\n');
  writeFileSync(join(folder, 'other/seen.yml'), seen('other'));
  writeFileSync(join(folder, 'events.ndjson'), '{"word":"seen","host.name":"a","@timestamp":"2026-01-01T00:00:00Z"}\n');
  writeFileSync(
    join(folder, 'elsewhere/n.yaml'),
    JSON.stringify({ sources: [{ kind: 'stdin', name: 'in' }], state: { path: 'n.db' }, sinks: [{ kind: 'console', name: 'console' }] }),
  );
  for (const path of ['elsewhere/n.db', 'named.db']) openStore(join(folder, path)).close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the store of a command', () => {
  test.each([['silence', 'list'], ['risk']])('is that of the settings that are named: %j', async (...command) => {
    expect((await wardline(...command)).err).toContain('no store at wardline.db');
    expect(await wardline(...command, '-c', 'elsewhere/n.yaml')).toMatchObject({ code: 0, err: '' });
    expect(await wardline(...command, '-c', 'elsewhere/n.yaml', '--store', 'named.db')).toMatchObject({ code: 0 });
    expect((await wardline(...command, '-c', 'elsewhere/n.yaml', '--store', 'no.db')).err).toContain('no store at no.db');
  });
});

test('check tells what is wrong with the shape of cases, beside rules and by their name', async () => {
  for (const path of ['rules', 'rules/seen.yml', 'rules/seen.cases.yml']) {
    const { code, out } = await wardline('check', path);
    expect(out.match(/seen\.cases\.yml:3:5: error cases\/shape/g)?.length).toBe(1);
    expect(code).toBe(1);
  }
});

describe('explain --group', () => {
  const explain = (rule: string, group: string) => wardline('explain', rule, '--events', 'events.ndjson', '--group', group);
  test.each([
    ['seen', 'host.name=a', 'seen is over one'],
    ['seen', 'foo', 'seen is over one'],
    ['often', 'foo', '--group takes field=value'],
    ['often', 'nofield=x', 'often does not group by "nofield"; it groups by host.name'],
  ])('%s %s is refused', async (rule, group, text) => {
    expect(await explain(rule, group)).toMatchObject({ code: 2, err: expect.stringContaining(text) });
  });
  test('takes a field that the rule groups by', async () => {
    expect((await explain('often', 'host.name=a')).code).toBe(0);
  });
});

describe('replay', () => {
  test('refuses a time that ends before it begins', async () => {
    const { code, err } = await wardline('replay', 'events.ndjson', '--since', '2026-11-21', '--until', '2026-11-20');
    expect([code, err]).toEqual([2, expect.stringContaining('--until must be later than --since')]);
  });
  test('names the flag of a format that there is not, and those there are', async () => {
    const { code, err } = await wardline('replay', 'events.ndjson', '--format', 'nosuch');
    expect([code, err]).toEqual([2, expect.stringMatching(/--format: there is no format "nosuch"; known: .*ecs/)]);
  });
  test('compares in tables of one form', async () => {
    writeFileSync(
      join(folder, 'replayed.ndjson'),
      [1, 2, 3].map((n) => `${JSON.stringify({ 'host.name': 'a', word: 'seen', '@timestamp': `2026-01-01T00:00:0${n}Z` })}\n`).join(''),
    );
    writeFileSync(
      join(folder, 'replay.yaml'),
      JSON.stringify({
        sources: [{ kind: 'file', name: 'in', path: 'replayed.ndjson', logsource: { category: 'test' } }],
        rules: ['rules'],
      }),
    );
    const { out } = await wardline('replay', 'source:in', '-c', 'replay.yaml', '--compare', 'other');
    const rows = out.split('\n').filter((line) => line.includes('host.name=a'));
    expect(rows.length).toBeGreaterThan(1);
    expect(new Set(rows).size).toBe(1);
  });
});

test('deliver status says of a receiver that is well that it is', async () => {
  const store = openStore(join(folder, 'delivered.db'));
  store.outbox.register(['well', 'tired']);
  store.outbox.setReceiver('tired', { ...store.outbox.receiver('tired'), state: 'open' });
  store.close();
  const { out } = await wardline('deliver', 'status', '--store', 'delivered.db');
  expect(out).toMatch(/^tired +resting /m);
  expect(out).toMatch(/^well +ok /m);
  expect((await wardline('deliver', 'status', '--store', 'delivered.db', '-o', 'json')).out).toContain('"state":"closed"');
});

test('what to type next is called as this was', async () => {
  const next = async (environment: Record<string, string>, name: string): Promise<string> =>
    (await wardlineIn(folder, { environment })('init', name)).out;
  expect(await next({}, 'a')).toContain('npx wardline run --once');
  writeFileSync(join(folder, 'wardline'), '');
  expect(await next({ PATH: folder }, 'b')).toContain('&& wardline run --once');
  expect(await next({ PATH: folder, npm_command: 'exec' }, 'c')).toContain('npx wardline run --once');
  expect((await wardline('init', 'a')).err).toMatch(/^wardline: (?:\S+, ){2}\S+ and \d+ more are there already; --force replaces\n$/);
});

describe('doctor', () => {
  const doctor = async (settings: object): Promise<string> => {
    writeFileSync(join(folder, 'doctor.yaml'), JSON.stringify({ sources: [{ kind: 'stdin', name: 'in' }], rules: ['other'], ...settings }));
    return (await wardline('doctor', '-c', 'doctor.yaml')).out;
  };
  test.skipIf(!existsSync('/proc/self'))('fails where the store cannot be written', async () => {
    expect(await doctor({ state: { path: '/proc/wardline.db' } })).toMatch(/^fail {2}store: this user cannot write \/proc\/wardline\.db/m);
    expect(await doctor({ state: { path: 'fresh.db' } })).toMatch(/^ok {4}store: /m);
    expect(readdirSync(folder).filter((name) => name.includes('doctor-'))).toEqual([]);
  });
  test('says how the errors of these rules are seen', async () => {
    mkdirSync(join(folder, 'wrong'), { recursive: true });
    writeFileSync(join(folder, 'wrong/a.yml'), 'title: A\n');
    expect(await doctor({ rules: ['wrong'] })).toMatch(/^fail {2}rules: \d+ errors?\n +-> run: wardline check -c doctor\.yaml$/m);
  });
  test('says of the admin port whether it is free, an engine has it, or something else', async () => {
    const server = createServer((_request, response) => response.end('ok'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const admin = { listen: `127.0.0.1:${port}` };
    expect(await doctor({ admin })).toMatch(/^fail {2}admin: 127\.0\.0\.1:\d+ is taken by another program/m);
    server.removeAllListeners('request');
    server.on('request', (_request, response) =>
      response.writeHead(401, { 'content-security-policy': "require-trusted-types-for 'script'" }).end(),
    );
    expect(await doctor({ admin })).toMatch(/^ok {4}admin: .*an engine answers there/m);
    await new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
    expect(await doctor({ admin })).toMatch(/^ok {4}admin: .* is free/m);
    expect(await doctor({ admin: { listen: '127.0.0.1:1' } })).toMatch(/admin: 127\.0\.0\.1:1/);
  });
  test('says of a file that is followed that it is waited for', async () => {
    const sources = [{ kind: 'file', name: 'in', path: 'later.log', mode: 'follow' }];
    expect(await doctor({ sources })).toMatch(/^warn {2}source in: there is no file or folder .*later\.log yet; it is waited for/m);
  });
});

test('completion of bash offers the values of a flag', async () => {
  const { out } = await wardline('completion', 'bash');
  writeFileSync(join(folder, 'completion.bash'), out);
  const offered = (...words: readonly string[]): string =>
    spawnSync(
      'bash',
      [
        '-c',
        `. ./completion.bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _wardline; echo "\${COMPREPLY[*]}"`,
      ],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    ).stdout.trim();
  expect(offered('wardline', 'run', '--fail-on', '')).toBe('informational low medium high critical');
  expect(offered('wardline', 'run', '--once', '--fail-on', 'h')).toBe('high');
  expect(offered('wardline', 'run', '--fail-on', 'high', '--on')).toBe('--once');
});

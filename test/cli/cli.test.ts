import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';

const home = resolve(import.meta.dirname, '../..');
const flags = ['--disallow-code-generation-from-strings', '--disable-proto=delete'];

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wardline-cli-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

function start(args: readonly string[], nodeFlags: readonly string[] = flags) {
  const child = spawn(process.execPath, [...nodeFlags, join(home, 'src/main.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, out, err })));
  const said = async (text: string): Promise<void> => {
    while (!(out + err).includes(text) && child.exitCode === null) await new Promise((done) => setTimeout(done, 20));
  };
  return { child, ended, said };
}
const wardline = (...args: string[]): Promise<Ended> => start(args).ended;

const RULE =
  'title: Seen\nid: seen\nlogsource: {category: test}\ndetection: {s: {word: seen}, condition: s}\nwardline: {alert: {dedup: each}}\n';
const event = (n: number): string =>
  `${JSON.stringify({ word: 'seen', n, '@timestamp': new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString() })}\n`;

function project(source: object): void {
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules/seen.yml'), RULE);
  const settings = {
    sources: [{ name: 'events', logsource: { category: 'test' }, path: 'events.ndjson', ...source }],
    log: { level: 'silent' },
    engine: { checkpointEvery: 50 },
  };
  writeFileSync(join(folder, 'wardline.yaml'), JSON.stringify(settings));
}

function storedIds(): string[] {
  const store = openStore(join(folder, 'wardline.db'), { readOnly: true });
  const ids = store.alerts
    .newest(100_000)
    .filter(({ document }) => (document['event'] as { action: string }).action === 'alert-opened')
    .map(({ id }) => id);
  store.close();
  return ids.sort();
}

describe('the command line', () => {
  test('a reader that has seen enough ends the output, and nothing is said of it', async () => {
    writeFileSync(join(folder, 'a.log'), 'a line\n'.repeat(5000));
    const { child, ended } = start(['parse', 'a.log', '--limit', '5000']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });

  test('parse reads pipes and standard input, and says when there was nothing', async () => {
    const program = `${process.execPath} ${flags.join(' ')} ${join(home, 'src/main.ts')} parse`;
    const shell = (line: string) => spawnSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8' });
    expect(shell(`echo one | ${program} - ; ${program} <(echo two); ${program} - < /dev/null`)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/message: one\n.*message: two\n/s),
      stderr: 'no lines in standard input\n',
    });
  });

  test('demo shows real alerts from the shipped samples, and every webhook signature was right', async () => {
    const { code, out } = await wardline('demo', '--out', 'out');
    expect(code).toBe(0);
    expect(out).toContain('PsExec service, then LSA secrets saved');
    expect(out).toContain('SSH brute force');
    expect(out).toContain('found every signature right');
    const shown = await wardline('alerts', '--store', 'out/wardline.db');
    expect(shown.out).toContain('critical  PsExec service, then LSA secrets saved');
    const report = await wardline(
      'report',
      'compliance',
      '--store',
      'out/wardline.db',
      '--from',
      '2020-10-19',
      '--to',
      '2020-10-24',
      '--as',
      'json',
    );
    expect(JSON.parse(report.out)).toMatchObject({ schema: 'wardline.report.v1' });
    // The same store as a sealed bundle: verified with the right key, refused after one changed byte.
    await wardline('evidence', 'keygen', '--out', 'mine');
    await wardline('evidence', 'export', '--store', 'out/wardline.db', '--key', 'mine.key', '--from', '2020-10-19', '--to', '2020-10-24');
    const verified = await wardline('evidence', 'verify', 'bundle.tar', '--key', 'mine.pub');
    expect([verified.code, verified.out.split(':')[0]]).toEqual([0, 'verified']);
    const bundle = readFileSync(join(folder, 'bundle.tar'));
    bundle[1000] = (bundle[1000] ?? 0) ^ 1;
    writeFileSync(join(folder, 'bundle.tar'), bundle);
    expect((await wardline('evidence', 'verify', 'bundle.tar', '--key', 'mine.pub')).code).toBe(1);
  });

  test('the demo replaces the store of a demo and no other', async () => {
    mkdirSync(join(folder, 'mine'));
    openStore(join(folder, 'mine/wardline.db')).close();
    const before = readFileSync(join(folder, 'mine/wardline.db'));
    const refused = await wardline('demo', '--out', 'mine');
    expect([refused.code, refused.err.includes('is not the store of a demo')]).toEqual([2, true]);
    expect(readFileSync(join(folder, 'mine/wardline.db')).equals(before)).toBe(true);

    writeFileSync(join(folder, 'mine/.wardline-demo'), '');
    const inUse = openStore(join(folder, 'mine/wardline.db'));
    const second = await wardline('demo', '--out', 'mine');
    expect([second.code, second.err.includes('is in use by another process')]).toEqual([3, true]);
    inUse.close();
    expect((await wardline('demo', '--out', 'mine')).code).toBe(0);
  });

  test('a folder that cannot be made is an error, not a wait', async () => {
    const { code, err } = await wardline('demo', '--out', '/proc/wardline');
    expect([code, err.includes('cannot write to /proc/wardline')]).toEqual([2, true]);
  });

  test('files and folders that are not there are named with their place in the settings, before anything starts', async () => {
    writeFileSync(join(folder, 'wardline.yaml'), 'rules: [none]\nsources:\n  - {kind: file, name: a, path: gone.log}\n');
    const { code, err, out } = await wardline('run', '--once');
    expect(code).toBe(2);
    expect(err).toMatch(/wardline\.yaml:1:9: error settings\/no-file rules\[0\]: there is no file or folder .*none\n/);
    expect(err).toMatch(/wardline\.yaml:3:33: error settings\/no-file sources\[0\]\.path: .*gone\.log/);
    expect(out).toBe('');
  });

  test('a process that could make code from text does not start', async () => {
    const { code, err } = await start(['--version'], []).ended;
    expect(code).toBe(2);
    expect(err).toContain('npx wardline');
  });

  test.each([
    [['nonsense'], 2],
    [['run', '--config', 'none.yaml'], 2],
    [['alerts', '--store', 'none.db'], 2],
    [['report', 'compliance', '--as', 'docx'], 2],
    [['schema', 'nothing'], 2],
    [['check', 'none'], 2],
    [['check', '.'], 2],
    [['run', '--fail-on', 'nonsense'], 2],
    [['--help'], 0],
    [['--version'], 0],
  ])('wardline %j ends with %i', async (args, code) => {
    const ended = await wardline(...args);
    expect([ended.code, /\n\s+at /.test(ended.err)]).toEqual([code, false]);
  });

  test('parse shows what a line becomes and which rules it matches', async () => {
    writeFileSync(
      join(folder, 'auth.log'),
      'Feb 22 16:46:44 web1 sshd[2766]: Failed password for root from 202.196.224.106 port 1166 ssh2\n{"broken\n',
    );
    const { code, out } = await wardline('parse', 'auth.log', '--rules', join(home, 'rules/sigma/linux'));
    expect(code).toBe(1);
    expect(out).toContain('byte 0: linux.auth   linux/sshd, linux/auth');
    expect(out).toContain('  source.ip: 202.196.224.106');
    expect(out).toContain('  matches: Failed SSH password');
    expect(out).toMatch(/byte \d+: invalid-json at byte \d+/);
  });

  test('parse takes tables and redaction from the settings, and tells the fields that rules did not find', async () => {
    writeFileSync(
      join(folder, 'auth.log'),
      'Feb 22 16:46:44 web1 sshd[2766]: Failed password for mallory from 203.0.113.9 port 1166 ssh2\n{"mallory\n',
    );
    writeFileSync(join(folder, 'iocs.csv'), 'value,provider\n203.0.113.0/24,feed\n');
    writeFileSync(
      join(folder, 'rule.yml'),
      'title: Shell\nid: r1\nlogsource: {product: linux, service: sshd}\ndetection: {s: {LoginShell: x}, condition: s}\n',
    );
    const settings = {
      sources: [{ kind: 'file', name: 'auth', path: 'auth.log', format: 'linux.auth', timezone: 'UTC' }],
      rules: ['rule.yml'],
      enrich: { indicators: ['iocs.csv'] },
      redact: { fields: [{ field: 'user.name' }] },
    };
    writeFileSync(join(folder, 'parse.yaml'), JSON.stringify(settings));
    const { out } = await wardline('parse', 'auth.log', '--config', 'parse.yaml', '--source', 'auth', '--rules', 'rule.yml');
    expect(out).not.toContain('mallory');
    expect(out).toContain('user.name: [redacted]');
    expect(out).toContain('"provider":"feed"');
    expect(out).toMatch(/linux\.auth +LoginShell +1 +1 +Shell/);
    const json = await wardline('parse', 'auth.log', '--config', 'parse.yaml', '-o', 'json');
    expect(JSON.parse(json.out)).toMatchObject({
      user: { name: '[redacted]' },
      threat: { enrichments: [{ matched: { field: 'source.ip' } }] },
    });
    expect(json.err).toContain('invalid-json');
    expect(json.err).not.toContain('mallory');
    expect((await wardline('parse', 'auth.log', '--config', 'parse.yaml', '--source', 'nope')).err).toContain('the settings have auth');
  });

  test('check prints every problem with its place and ends with 1', async () => {
    project({ kind: 'file' });
    writeFileSync(join(folder, 'rules/bad.yml'), 'title: x\nlogsource: {product: y}\ndetection: {s: {a|containz: 1}, condition: t}\n');
    const { code, out } = await wardline('check', 'rules');
    expect(code).toBe(1);
    expect(out).toContain('rules/bad.yml:3:17: error sigma/modifier');
    expect(out).toContain('rules/bad.yml:3:44: error sigma/identifier');
    expect(out).toContain('2 errors, 0 warnings in 1 of 2 files');
  });

  test('check says what was checked where nothing is wrong, and tells of group fields that no format gives', async () => {
    project({ kind: 'file' });
    const clean = await wardline('check', 'rules');
    expect(clean).toMatchObject({ code: 0, out: '1 file checked, no problems; 1 detection and 0 correlations hold\n' });
    const correlation = (fields: string) =>
      `title: c\ncorrelation: {type: event_count, rules: [own], group-by: [${fields}], timespan: 5m, condition: {gte: 2}}\n---\n`;
    const own = 'title: o\nname: own\nlogsource: {product: y}\ndetection: {s: {a: 1}, condition: s}\n';
    writeFileSync(join(folder, 'rules/count.yml'), `${correlation('source.ip, sourceip, my.field, source.ipp')}${own}`);
    const { out } = await wardline('check', 'rules');
    expect(out.split('\n')[0]).toMatch(
      /^rules\/count\.yml:2:90: warn correlation\/unknown-field correlation\.group-by\[3\]: no log format gives a field "source\.ipp"; did you mean "source\.ip"\?$/,
    );
    expect(out).toContain('0 errors, 1 warning in 1 of 2 files; 2 detections and 1 correlation hold');
  });

  test('check with settings names the rules that no configured source can feed', async () => {
    project({ kind: 'file' });
    writeFileSync(
      join(folder, 'rules/win.yml'),
      'title: x\nid: w\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {a: 1}, condition: s}\n',
    );
    const { code, out } = await wardline('check', '--config', 'wardline.yaml');
    expect(code).toBe(0);
    expect(out).toContain(
      'win.yml:3:1: warn logic/no-source logsource: no configured source gives category process_creation, product windows; the rule can never fire',
    );
    expect(out).not.toContain('seen.yml');
    const correlation = (name: string, type: string, rules: string) =>
      `title: ${name}\nname: ${name}\ncorrelation: {type: ${type}, rules: [${rules}], group-by: [u], timespan: 5m${type === 'temporal' ? '' : ', condition: {gte: 2}'}}\n`;
    writeFileSync(
      join(folder, 'rules/over.yml'),
      [
        correlation('both', 'temporal', 'w, seen'),
        correlation('any', 'event_count', 'w, seen'),
        correlation('above', 'event_count', 'both'),
      ].join('---\n'),
    );
    const over = (await wardline('check', '--config', 'wardline.yaml')).out.split('\n').flatMap((line) => line.split('/rules/')[1] ?? []);
    expect(over.filter((line) => line.startsWith('over.yml'))).toEqual([
      'over.yml:3:31: warn logic/no-source correlation.rules: no configured source feeds w, which it needs; the rule can never fire',
      'over.yml:11:34: warn logic/no-source correlation.rules: no configured source feeds both, which it needs; the rule can never fire',
    ]);
    rmSync(join(folder, 'rules/over.yml'));
    appendFileSync(join(folder, 'wardline.yaml'), '\nlogsource: {unknown: all}\n');
    expect((await wardline('check', '--config', 'wardline.yaml')).out).not.toContain('no-source');
  });

  test('run refuses broken rules, and runs without them when told to', async () => {
    project({ kind: 'file' });
    writeFileSync(join(folder, 'rules/bad.yml'), 'title: x\n');
    writeFileSync(join(folder, 'events.ndjson'), event(1));
    expect((await wardline('run', '--once')).code).toBe(1);
    const skipped = await wardline('run', '--once', '--skip-broken-rules', '-o', 'json');
    expect(skipped.code).toBe(0);
    expect(JSON.parse(skipped.out)).toMatchObject({ records: 1, alerts: 1 });
    expect((await wardline('run', '--once', '--skip-broken-rules', '--fail-on', 'low')).code).toBe(0);
  });

  test('what was read once is not read again, and a bad record is a dead letter with its place', async () => {
    project({ kind: 'file' });
    writeFileSync(join(folder, 'events.ndjson'), `${event(1)}{"broken": \n${event(2)}`);
    const first = JSON.parse((await wardline('run', '--once', '-o', 'json')).out);
    expect(first).toMatchObject({ records: 3, events: 2, alerts: 2, deadLetters: 1 });
    appendFileSync(join(folder, 'events.ndjson'), event(3));
    const second = JSON.parse((await wardline('run', '--once', '-o', 'json')).out);
    expect(second).toMatchObject({ records: 1, alerts: 1, resumed: true });
    const letters = await wardline('dead-letters');
    expect(letters.out).toContain('invalid-json');
    expect(letters.out).toContain('1 dead letters');
  });

  test('SIGTERM finishes what is in hand: everything read is stored, and the next start goes on behind it', async () => {
    project({ kind: 'file', mode: 'follow' });
    writeFileSync(join(folder, 'events.ndjson'), Array.from({ length: 500 }, (_, n) => event(n)).join(''));
    const { child, ended } = start(['run', '-o', 'json']);
    await untilStored(500);
    appendFileSync(join(folder, 'events.ndjson'), event(500));
    await untilStored(501);
    child.kill('SIGTERM');
    const { code, out } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ records: 501, alerts: 501 });
    appendFileSync(join(folder, 'events.ndjson'), event(501));
    writeFileSync(
      join(folder, 'wardline.yaml'),
      JSON.stringify({
        sources: [{ kind: 'file', name: 'events', logsource: { category: 'test' }, path: 'events.ndjson' }],
        log: { level: 'silent' },
      }),
    );
    expect(JSON.parse((await wardline('run', '--once', '-o', 'json')).out)).toMatchObject({ records: 1, alerts: 1 });
    expect(new Set(storedIds()).size).toBe(502);
  });

  test('rules are read again while it runs: a changed one takes over, a broken one keeps its old version and says so', async () => {
    project({ kind: 'file', mode: 'follow' });
    const settings = JSON.parse(readFileSync(join(folder, 'wardline.yaml'), 'utf8')) as object;
    writeFileSync(join(folder, 'wardline.yaml'), JSON.stringify({ ...settings, log: { level: 'info' } }));
    writeFileSync(join(folder, 'events.ndjson'), event(1));
    const { child, ended, said } = start(['run', '-o', 'json']);
    await untilStored(1);
    writeFileSync(join(folder, 'rules/seen.yml'), 'title: [');
    await said('keep their old version');
    appendFileSync(join(folder, 'events.ndjson'), event(2));
    await untilStored(2);
    writeFileSync(join(folder, 'rules/seen.yml'), RULE.replace('word: seen', 'word: other'));
    await said('"changed":["seen"]');
    appendFileSync(join(folder, 'events.ndjson'), `${event(3)}${event(4).replace('seen', 'other')}`);
    await untilStored(3);
    child.kill('SIGTERM');
    expect(JSON.parse((await ended).out)).toMatchObject({ records: 4, alerts: 3 });
  });

  test('killed at any moment and started again, the alerts are those of an undisturbed run', async () => {
    project({ kind: 'file' });
    writeFileSync(join(folder, 'events.ndjson'), Array.from({ length: 4000 }, (_, n) => event(n)).join(''));
    for (const enough of [1, 900, 2500]) {
      const { child, ended } = start(['run', '--once']);
      await untilStored(enough);
      child.kill('SIGKILL');
      await ended;
    }
    expect((await wardline('run', '--once')).code).toBe(0);
    const disturbed = storedIds();
    rmSync(join(folder, 'wardline.db'));
    await wardline('run', '--once');
    expect(disturbed).toEqual(storedIds());
    expect(disturbed).toHaveLength(4000);
  });
});

/** Waits until the store holds so many alerts; bounded by the test's own time-out. */
async function untilStored(count: number): Promise<void> {
  for (;;) {
    try {
      if (storedIds().length >= count) return;
    } catch {
      // Not there yet, or just being made.
    }
    await new Promise((done) => setTimeout(done, 5));
  }
}

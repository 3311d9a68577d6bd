import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rulesetReloader } from '../../src/cli/reload.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import type { Ruleset } from '../../src/rule/load.ts';
import { home, wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-packs-'));
const wardline = wardlineIn(folder);
afterAll(() => rmSync(folder, { recursive: true }));
const rule = (id: string, more = ''): string =>
  `title: Seen ${id}\nid: ${id}\nlogsource: {category: test}\ndetection: {s: {event.action: seen}, condition: s}\nwardline: {alert: {dedup: each}${more}}\n`;
const event = (n: number): string =>
  `${JSON.stringify({ '@timestamp': new Date(Date.UTC(2026, 10, 20 + n)).toISOString(), event: { action: n % 2 === 0 ? 'seen' : 'looked' } })}\n`;
const source = { kind: 'file', name: 'day', path: 'day.ndjson', logsource: { category: 'test' } };

beforeAll(async () => {
  for (const name of ['pack', 'quiet']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'pack/seen.yml'), rule('seen'));
  writeFileSync(join(folder, 'day.ndjson'), [0, 1, 2, 3].map(event).join(''));
  writeFileSync(
    join(folder, 'wardline.yaml'),
    JSON.stringify({ rules: [{ path: 'pack', key: 'mine.pub' }], sources: [source], log: { level: 'silent' } }),
  );
  expect((await wardline('evidence', 'keygen', '--out', 'mine')).code).toBe(0);
  expect((await wardline('evidence', 'keygen', '--out', 'other')).code).toBe(0);
});

describe('a signed rule pack', () => {
  test('is refused before it is signed, and taken as it was signed', async () => {
    expect(await wardline('check', '-c', 'wardline.yaml')).toMatchObject({
      code: 1,
      err: expect.stringContaining('the rules are not signed'),
    });
    expect((await wardline('pack', 'sign', 'pack', '--key', 'mine.key')).code).toBe(0);
    expect((await wardline('pack', 'verify', 'pack', '--key', 'mine.pub')).code).toBe(0);
    expect(await wardline('run', '--once')).toMatchObject({ code: 0, out: expect.stringContaining('2 alerts') });
  });

  test.each<[string, () => void, RegExp]>([
    ['a changed rule', () => writeFileSync(join(folder, 'pack/seen.yml'), rule('seen2')), /seen\.yml was changed/],
    ['a rule that was added', () => writeFileSync(join(folder, 'pack/more.yml'), rule('more')), /more\.yml was added/],
    ['a rule that is gone', () => rmSync(join(folder, 'pack/seen.yml')), /seen\.yml is missing/],
    ['a manifest of another key', () => undefined, /signature is of another key/],
    ['a link', () => symlinkSync('/etc/hostname', join(folder, 'pack/link.yml')), /neither file nor folder/],
  ])('%s is refused', async (name, change, message) => {
    for (const file of ['more.yml', 'link.yml']) rmSync(join(folder, 'pack', file), { force: true });
    writeFileSync(join(folder, 'pack/seen.yml'), rule('seen'));
    await wardline('pack', 'sign', 'pack', '--key', name.includes('another') ? 'other.key' : 'mine.key');
    change();
    const { code, err } = await wardline('run', '--once');
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(message) });
  });
});

describe('every command that reads the rules of the settings', () => {
  const settings = ['-c', 'wardline.yaml'];
  beforeAll(() => {
    writeFileSync(
      join(folder, 'pack/seen.cases.yml'),
      'cases: [{ name: it is seen, events: [{ at: 0s, ecs: { event.action: seen } }], expect: [{ at: 0s }] }]\nbase: { logsource: { category: test } }\n',
    );
    writeFileSync(
      join(folder, 'pack/odd.yml'),
      'title: Odd\nid: odd\nanomaly: { type: time_of_day, rules: [seen], group-by: [user.name] }\n',
    );
    writeFileSync(
      join(folder, 'pack/policy.yml'),
      'kind: ZeroTrustPolicy\nschema: 1\nid: p\ntitle: P\nowner: me\nseverity: high\nscope: { wardline.access.resource.service: x }\nallow: [{ id: a, when: { service.name: api } }]\n',
    );
  });
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['check', ['check', ...settings]],
    ['coverage', ['coverage', ...settings]],
    ['replay', ['replay', 'day.ndjson', ...settings]],
    ['rules list', ['rules', 'list', ...settings]],
    ['rules show', ['rules', 'show', 'seen', ...settings]],
    ['rules diff', ['rules', 'diff', 'pack', ...settings]],
    ['explain', ['explain', 'seen', ...settings]],
    ['run', ['run', '--once', ...settings]],
    ['test', ['test', ...settings]],
    ['test of a file', ['test', 'pack/seen.yml', ...settings]],
    ['parse', ['parse', 'day.ndjson', ...settings]],
    ['policy explain', ['policy', 'explain', 'day.ndjson', ...settings]],
    ['policy replay', ['policy', 'replay', 'day.ndjson', ...settings]],
    ['anomaly explain', ['anomaly', 'explain', 'odd', 'day.ndjson', ...settings]],
  ];
  test.each(commands)('%s takes what was signed, and nothing that was changed since', async (_name, command) => {
    writeFileSync(join(folder, 'pack/seen.yml'), rule('seen'));
    rmSync(join(folder, 'pack/link.yml'), { force: true });
    expect((await wardline('pack', 'sign', 'pack', '--key', 'mine.key')).code).toBe(0);
    expect(await wardline(...command)).toMatchObject({ code: 0, err: expect.not.stringContaining('was changed') });
    writeFileSync(join(folder, 'pack/seen.yml'), `${rule('seen')}# touched\n`);
    expect(await wardline(...command)).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/seen\.yml was changed/) });
  });

  test('policy learn reads the context stores of the settings, as they were signed', async () => {
    writeFileSync(join(folder, 'pack/seen.yml'), `${rule('seen')}# touched\n`);
    expect(await wardline('policy', 'learn', 'day.ndjson', ...settings)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/seen\.yml was changed/),
    });
  });

  test('placeholders of the settings reach cases, their coverage, and what a file matches', async () => {
    mkdirSync(join(folder, 'expand'));
    writeFileSync(
      join(folder, 'expand/admin.yml'),
      'title: By an admin\nid: admin\nlogsource: {category: test}\ndetection: {s: {user.name|expand: "%admins%"}, condition: s}\n',
    );
    writeFileSync(
      join(folder, 'expand/admin.cases.yml'),
      'base: { logsource: { category: test } }\ncases: [{ name: root, events: [{ at: 0s, ecs: { user.name: root } }], expect: [{ at: 0s }] }]\n',
    );
    writeFileSync(join(folder, 'root.ndjson'), `${JSON.stringify({ '@timestamp': '2026-11-20T08:00:00Z', user: { name: 'root' } })}\n`);
    const about = { rules: ['expand'], placeholders: { admins: ['root'] }, sources: [{ ...source, path: 'root.ndjson' }] };
    writeFileSync(join(folder, 'expand.yaml'), JSON.stringify(about));
    const { code, out } = await wardline('test', '-c', 'expand.yaml', '--coverage', '--min-cases', '1');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('1 of 1 selections, conditions and entries are exercised') });
    expect((await wardline('test', 'expand')).code).toBe(1);
    expect((await wardline('parse', 'root.ndjson', '--source', 'day', '-c', 'expand.yaml')).out).toContain('matches: By an admin');
  });

  test('doctor finds it', async () => {
    writeFileSync(join(folder, 'pack/seen.yml'), `${rule('seen')}# touched\n`);
    expect((await wardline('doctor', ...settings)).out).toMatch(/seen\.yml was changed/);
  });
});

describe('quiet rules', () => {
  test('are counted and tell nobody; a canary is held against the rule it is to replace', async () => {
    writeFileSync(join(folder, 'quiet/old.yml'), rule('old'));
    writeFileSync(join(folder, 'quiet/shadow.yml'), rule('shadow', ', mode: shadow'));
    writeFileSync(
      join(folder, 'quiet/new.yml'),
      rule('new', ', mode: canary, of: old').replace('event.action: seen', 'event.action: [seen, looked]'),
    );
    writeFileSync(
      join(folder, 'quiet.yaml'),
      JSON.stringify({ rules: ['quiet'], sources: [source], state: { path: 'quiet.db' }, log: { level: 'silent' } }),
    );
    const { out } = await wardline('run', '--once', '-c', 'quiet.yaml');
    expect(out).toContain('2 alerts');
    expect(out).toContain('shadow: shadow would have alerted 2 times');
    expect(out).toContain('canary: new would have alerted 4 times in place of old: 2 of both, 2 of it alone, 0 of old alone');
    const live = JSON.parse((await wardline('rules', 'diff', '--live', '--store', 'quiet.db', '-o', 'json')).out);
    expect(live.rules).toContainEqual({ rule: 'new', mode: 'canary', alerts: 4, canary: { of: 'old', both: 2, onlyNew: 2, onlyOld: 0 } });
    // In a replay nobody is told anyway: there they speak.
    expect(JSON.parse((await wardline('replay', 'source:day', '-c', 'quiet.yaml', '-o', 'json')).out).alerts).toBe(8);
  });

  test('are promoted by a change of their file; the rule that a canary replaces becomes a shadow', async () => {
    const promote = (...more: string[]) => wardline('rules', 'promote', 'new', '-r', 'quiet', '--store', 'quiet.db', ...more);
    expect(await promote('--max-new', '1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('"new" would have made 2 new alerts; --max-new allows 1'),
    });
    expect((await promote('--dry-run')).out).toContain('quiet/new.yml:1: new would be no canary any more: it alerts');
    expect(readFileSync(join(folder, 'quiet/new.yml'), 'utf8')).toContain('mode: canary');
    expect(await promote('--max-new', '2')).toMatchObject({
      code: 0,
      out: expect.stringContaining('old is a shadow: it is counted and tells nobody'),
    });
    expect(readFileSync(join(folder, 'quiet/new.yml'), 'utf8')).not.toMatch(/mode|of: old/);
    expect(readFileSync(join(folder, 'quiet/old.yml'), 'utf8')).toContain('mode: shadow, alert: {dedup: each}');
    expect(await promote()).toMatchObject({ code: 2, err: expect.stringContaining('"new" speaks already') });
  });

  test('one that is promoted in a signed pack leaves a pack that must be signed anew, and it says so', async () => {
    mkdirSync(join(folder, 'sealed'));
    writeFileSync(join(folder, 'sealed/calm.yml'), rule('calm', ', mode: shadow'));
    writeFileSync(join(folder, 'sealed.yaml'), JSON.stringify({ rules: [{ path: 'sealed', key: 'mine.pub' }], sources: [source] }));
    expect((await wardline('pack', 'sign', 'sealed', '--key', 'mine.key')).code).toBe(0);
    expect((await wardline('rules', 'promote', 'calm', '-c', 'sealed.yaml')).err).toContain('is refused until it is signed anew');
    expect((await wardline('rules', 'list', '-c', 'sealed.yaml')).err).toContain('calm.yml was changed');
    expect((await wardline('pack', 'sign', 'sealed', '--key', 'mine.key')).code).toBe(0);
    expect((await wardline('rules', 'list', '-c', 'sealed.yaml')).code).toBe(0);
  });

  test('a mode that is none, and a canary of nothing, are errors', async () => {
    writeFileSync(join(folder, 'bad.yml'), rule('bad', ', mode: canary'));
    expect((await wardline('check', 'bad.yml')).out).toContain('error value/mode');
  });
});

test('a reload says what changed and whose state is kept', () => {
  const settings = settingsSchema.parse({ rules: ['reload'], sources: [{ kind: 'stdin', name: 'in' }] });
  mkdirSync(join(folder, 'reload'));
  writeFileSync(join(folder, 'reload/a.yml'), rule('a'));
  writeFileSync(join(folder, 'reload/b.yml'), rule('b'));
  const said: string[] = [];
  const log = (_fields: object, text: string): void => void said.push(text);
  const { next } = rulesetReloader(settings, folder, { debug: log, info: log, warn: log, error: log });
  writeFileSync(join(folder, 'reload/a.yml'), rule('a').replace('seen,', 'other,').replace('event.action: seen', 'event.action: other'));
  writeFileSync(join(folder, 'reload/c.yml'), rule('c'));
  expect(next()?.byId.size).toBe(3);
  expect(said).toEqual(['rules were read again: +1 ~1 -0 rules, state kept for 1, reset for 1 (a: detection)']);
});

test('a reload with a broken, an emptied or a vanished file says so once, and goes on with what ran', () => {
  const settings = settingsSchema.parse({ rules: ['broken'], sources: [{ kind: 'stdin', name: 'in' }] });
  const of = (name: string): string => join(folder, 'broken', name);
  mkdirSync(join(folder, 'broken'));
  writeFileSync(of('a.yml'), rule('a'));
  writeFileSync(of('b.yml'), rule('b'));
  const said: string[] = [];
  const log = (_fields: object, text: string): void => void said.push(text);
  const reloader = rulesetReloader(settings, folder, { debug: log, info: log, warn: log, error: log });
  const { next, broken } = reloader;
  expect(broken()).toEqual([]);
  writeFileSync(of('a.yml'), '');
  writeFileSync(of('b.yml'), 'title: [');
  expect(next()?.byId.size).toBe(2);
  expect(broken()).toEqual(['broken/a.yml', 'broken/b.yml']);
  expect(said.at(-1)).toBe('rules were read again, without 2 files that have errors: +0 ~0 -0 rules, state kept for 2');
  renameSync(join(folder, 'broken'), join(folder, 'away'));
  said.length = 0;
  for (let i = 0; i < 3; i++) expect(next()).toBeUndefined();
  expect(broken().length).toBe(3);
  renameSync(join(folder, 'away'), join(folder, 'broken'));
  for (let i = 0; i < 3; i++) expect(next()).toBeUndefined();
  expect(said).toEqual(['the rules cannot be read; going on with those that run', 'the rules can be read again']);
  for (const name of ['a.yml', 'b.yml']) rmSync(of(name));
  expect(next()?.byId.size).toBe(0);
  expect([broken(), said.at(-1)]).toEqual([[], 'there is no rule any more: nothing can alert']);
});

describe('a look at the rules that somebody asked for', () => {
  const folderOf = 'hangup';
  const write = (more: object, broken = '') => {
    mkdirSync(join(folder, folderOf), { recursive: true });
    writeFileSync(
      join(folder, folderOf, 'rules.yml'),
      'title: a\nid: a\nlogsource: {category: test}\ndetection: {s: {user.name|expand: "%who%"}, condition: s}\n',
    );
    writeFileSync(
      join(folder, 'hangup.yaml'),
      `${JSON.stringify({ rules: [folderOf], placeholders: { who: { file: 'who.txt' } }, sources: [source], ...more })}${broken}`,
    );
  };
  const begin = () => {
    const said: string[] = [];
    const log = (fields: object, text: string): void => void said.push(`${text} ${JSON.stringify(fields)}`);
    let asked = false;
    const settings = () => {
      const found = loadSettings(join(folder, 'hangup.yaml'), {});
      if (found.settings === undefined) throw new Error(found.problems.map(({ message }) => message).join());
      return found.settings;
    };
    const reloader = rulesetReloader(
      settings(),
      folder,
      { debug: log, info: log, warn: log, error: log },
      {
        take: () => asked && !(asked = false),
        settings,
      },
    );
    return {
      said,
      reloader,
      ask: () => {
        asked = true;
      },
    };
  };
  const usersOf = (ruleset: Ruleset | undefined): string => JSON.stringify(ruleset?.detections[0]?.expr);

  test('takes rules, placeholders and their files anew, and names the settings that count from the next start on', () => {
    writeFileSync(join(folder, 'who.txt'), 'alice\n');
    write({});
    const { said, reloader, ask } = begin();
    writeFileSync(join(folder, 'who.txt'), 'bob\n');
    expect(reloader.next()).toBeUndefined();
    ask();
    expect(usersOf(reloader.next())).toContain('bob');
    expect(said.join('\n')).toContain('rules were read again: +0 ~1 -0 rules');
    ask();
    expect(reloader.next()).toBeUndefined();
    expect(said.at(-1)).toContain('nothing changed');
    write({ placeholders: { who: ['carol'] }, tenant: 'other' });
    ask();
    expect(usersOf(reloader.next())).toContain('carol');
    expect(said.join('\n')).toContain('these settings changed and count from the next start on {"settings":["tenant"]}');
    expect(reloader.bundle()).toMatchObject({ files: [{ path: 'hangup/rules.yml' }], placeholders: { who: ['carol'] } });
  });

  test('goes on with what runs where the settings, or what they name, cannot be read', () => {
    writeFileSync(join(folder, 'who.txt'), 'alice\n');
    write({});
    const { said, reloader, ask } = begin();
    write({}, '}');
    ask();
    expect(reloader.next()).toBeUndefined();
    expect(said.join('\n')).toContain('the settings have errors; going on with those that run');
    write({ rules: ['nowhere'] });
    ask();
    expect(reloader.next()).toBeUndefined();
    expect(said.join('\n')).toContain('the rules cannot be read; going on with those that run');
    writeFileSync(join(folder, folderOf, 'more.yml'), rule('more'));
    expect(reloader.next()?.byId.size).toBe(2);
    rmSync(join(folder, folderOf, 'more.yml'));
  });

  test.skipIf(process.platform === 'win32')('SIGHUP asks a running engine, and does not end it', async () => {
    writeFileSync(join(folder, 'who.txt'), 'alice\n');
    write({ sources: [{ ...source, mode: 'follow' }], log: { level: 'info' } });
    const engine = spawn(
      process.execPath,
      ['--disallow-code-generation-from-strings', '--disable-proto=delete', join(home, 'bin/wardline.js'), 'run', '-c', 'hangup.yaml'],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const heard = createInterface({ input: engine.stderr });
    let ended = false;
    for await (const line of heard) {
      if (line.includes('"starting"')) {
        writeFileSync(join(folder, 'who.txt'), 'bob\n');
        engine.kill('SIGHUP');
      }
      if (line.includes('rules were read again')) {
        expect(line).toContain('+0 ~1 -0 rules');
        ended = engine.kill('SIGTERM');
      }
    }
    expect({ ended, code: engine.exitCode ?? (await once(engine, 'exit'))[0] }).toEqual({ ended: true, code: 0 });
  });
});

test('check gives SARIF with the place of each problem', async () => {
  writeFileSync(join(folder, 'a b.yml'), 'title: x\nid: x\nlogsource: {category: test}\ndetection: {s: {a|nonsense: b}, condition: s}\n');
  const { code, out } = await wardline('check', 'a b.yml', '-o', 'sarif');
  expect(code).toBe(1);
  const { version, runs } = JSON.parse(out);
  expect(version).toBe('2.1.0');
  expect(runs[0].tool.driver.rules[runs[0].results[0].ruleIndex].id).toBe('sigma/modifier');
  expect(runs[0].results[0]).toMatchObject({
    ruleId: 'sigma/modifier',
    level: 'error',
    locations: [{ physicalLocation: { artifactLocation: { uri: 'a%20b.yml' }, region: { startLine: 4, startColumn: 17 } } }],
  });
});

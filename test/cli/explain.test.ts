import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { home, wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-explain-'));
const wardline = wardlineIn(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const event = (seconds: number, user: string, address: string): string =>
  JSON.stringify({
    '@timestamp': new Date(Date.UTC(2026, 10, 20, 8, 0, seconds)).toISOString(),
    ecs: { version: '9.4.0' },
    event: { category: ['authentication'], outcome: 'failure' },
    user: { name: user },
    source: { ip: address },
  });

beforeAll(() => {
  mkdirSync(join(folder, 'rules'));
  writeFileSync(
    join(folder, 'rules/failed.json'),
    JSON.stringify({
      id: 'failed',
      title: 'Failed',
      conditions: { all: [{ fact: 'event.outcome', operator: 'equal', value: 'failure' }] },
      event: { type: 'failed' },
    }),
  );
  writeFileSync(
    join(folder, 'rules/many.yml'),
    'title: Many\nid: many-id\nname: many\ncorrelation: {type: event_count, rules: [failed], group-by: [user.name], timespan: 5m, condition: {gte: 5}}\n',
  );
  writeFileSync(
    join(folder, 'rules/vpn.yml'),
    'kind: Exception\nid: exc-vpn\nrules: [failed]\nwhen: {source.ip: 198.51.100.7}\nowner: netsec\nreason: egress\nstarts: 2026-11-01\nexpires: 2027-02-01\n',
  );
  const lines = [
    ...[0, 28, 57, 89].map((at) => event(at, 'alice', '203.0.113.9')),
    event(121, 'alice', '198.51.100.7'),
    ...[0, 1, 2, 3, 4].map((at) => event(at, 'bob', '203.0.113.9')),
  ];
  writeFileSync(join(folder, 'day.ndjson'), `${lines.join('\n')}\n`);
  writeFileSync(
    join(folder, 'one.ndjson'),
    `${JSON.stringify({ '@timestamp': '2026-11-20T08:00:00Z', ecs: { version: '9' }, event: { outcome: null } })}\n`,
  );
});

describe('wardline explain', () => {
  test('without events shows what the rule became', async () => {
    const { code, out } = await wardline('explain', 'many');
    expect(code).toBe(0);
    expect(out).toMatch(/kind +correlation: event_count/);
    expect(out).toMatch(/members +failed/);
    expect(out).toMatch(/decides +at once/);
    expect(JSON.parse((await wardline('explain', 'failed', '-o', 'json')).out)).toMatchObject({
      version: 1,
      id: 'failed',
      tree: expect.any(Array),
    });
  });

  test('says how near a count came, which events counted, and which an exception hid', async () => {
    const { out } = await wardline('explain', 'many', '--events', 'day.ndjson', '--group', 'user.name=alice');
    expect(out.split('\n').map((line) => line.replace(/day\.ndjson\/0\/\d+/, 'P'))).toEqual([
      'NOT FIRED  nearest miss 2026-11-20T08:01:29.000Z  user.name=alice: 4 of 5 in 5m',
      '  2026-11-20T08:00:00.000Z  P  counted (failed)',
      '  2026-11-20T08:00:28.000Z  P  counted (failed)',
      '  2026-11-20T08:00:57.000Z  P  counted (failed)',
      '  2026-11-20T08:01:29.000Z  P  counted (failed)',
      '  2026-11-20T08:02:01.000Z  P  hidden by exception exc-vpn (owner netsec, expires 2027-02-01) (failed)',
      '  2026-11-20T08:05:00.000Z  the window moves past P',
      '10 records, 9 matches of its members, 2 groups, 1 shown',
      '',
    ]);
  });

  test('shows the groups that fired first', async () => {
    const { out } = await wardline('explain', 'many.yml'.replace('.yml', ''), '--events', 'day.ndjson', '-o', 'json');
    const [bob, alice] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(bob).toMatchObject({ group: { 'user.name': 'bob' }, fired: [{ time: '2026-11-20T08:00:04.000Z' }] });
    expect(alice).toMatchObject({ group: { 'user.name': 'alice' }, fired: [], nearest: { missing: 1 } });
  });

  test('shows the truth table of one event', async () => {
    const { out } = await wardline('explain', 'failed', '--event', 'one.ndjson');
    expect(out).toContain('NOT FIRED  event 1');
    expect(out).toContain('no   event.outcome equal "failure"   the field is null');
  });

  test('says that there is no event', async () => {
    writeFileSync(join(folder, 'empty.ndjson'), '');
    for (const flag of ['--event', '--events'])
      expect(await wardline('explain', 'failed', flag, 'empty.ndjson')).toMatchObject({
        code: 0,
        err: 'there is no event in empty.ndjson\n',
      });
  });

  test('says that no event is of a log source of the rule, and what the events are', async () => {
    const rules = join(folder, 'windows.yml');
    writeFileSync(
      rules,
      [
        'title: P\nname: proc\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image: x}, condition: s}\n',
        'title: C\nname: procs\ncorrelation: {type: event_count, rules: [proc], group-by: [User], timespan: 5m, condition: {gte: 2}}\n',
      ].join('---\n'),
    );
    const hint = 'no event has a log source of the rule (category process_creation, product windows); the events are 10 ecs.';
    for (const rule of ['proc', 'procs']) {
      const { code, err } = await wardline('explain', rule, '--rules', rules, '--events', 'day.ndjson');
      expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(hint) });
    }
    expect((await wardline('explain', 'many', '--events', 'day.ndjson')).err).toBe('');
  });

  test('a rule that is not there: the nearest name', async () => {
    expect(await wardline('explain', 'mani')).toMatchObject({ code: 2, err: 'wardline: there is no rule "mani"; did you mean "many"?\n' });
  });
});

test('every shipped rule has a compiled form', async () => {
  const { loadRules } = await import('../../src/rule/load.ts');
  const { readRuleFiles } = await import('../../src/rule/files.ts');
  const { compiledOf } = await import('../../src/explain/compiled.ts');
  const { ruleset } = loadRules(readRuleFiles([join(home, 'rules')]));
  for (const rule of ruleset.byId.values()) expect(compiledOf(rule, ruleset).facts.every(([, text]) => text.length > 0)).toBe(true);
});

test('events are seen by the log sources of the settings, and as the file source there that reads them', async () => {
  const own = mkdtempSync(join(tmpdir(), 'wardline-explain-seen-'));
  const inOwn = wardlineIn(own);
  const sigma = 'title: Own\nname: own\nid: own\nlevel: low\nlogsource: {product: billing}\ndetection: {s: {kind: fail}, condition: s}\n';
  mkdirSync(join(own, 'rules'));
  writeFileSync(join(own, 'rules/own.yml'), sigma);
  writeFileSync(join(own, 'log.ndjson'), '{"@timestamp":"2026-11-20T08:00:00Z","app":"b","kind":"fail"}\n');
  const source = { kind: 'file', name: 's', path: 'log.ndjson' };
  for (const [name, settings] of [
    ['mapped', { logsources: [{ when: { app: 'b' }, logsource: { product: 'billing' } }], sources: [source] }],
    ['source', { sources: [{ ...source, logsource: { product: 'billing' } }] }],
  ] as const) {
    writeFileSync(join(own, `${name}.yaml`), JSON.stringify(settings));
    expect((await inOwn('explain', 'own', '--events', 'log.ndjson', '-c', `${name}.yaml`)).out).toMatch(/^FIRED/m);
  }
  expect((await inOwn('explain', 'own', '--events', 'log.ndjson')).out).not.toMatch(/^FIRED/m);
  rmSync(own, { recursive: true });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { home, wardlineIn } from '../support/wardline.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardline-anomaly-'));
const wardline = wardlineIn(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const golden = join(home, 'test/golden/anomaly');
const explain = (rule: string, kind: string, ...more: string[]) =>
  wardline(
    'anomaly',
    'explain',
    rule,
    join(golden, kind, 'events.ndjson'),
    '-r',
    join(golden, 'member.json'),
    join(golden, kind, 'rule.yml'),
    ...more,
  );

describe('anomaly explain', () => {
  test('draws the groups that fired first, and ends with 1 for them', async () => {
    const { code, out } = await explain('judged', 'beacon', '--groups', '1');
    expect(code).toBe(1);
    expect(out).toContain('destination.ip=203.0.113.66: 14 matches, 14 points, fired in 5');
    expect(out).toContain('38 records, 38 matches, 9 groups, 1 shown; fired in 5 points');
  });

  test('draws what fired before the last points, and says when it fired besides', async () => {
    const { out } = await explain('judged', 'beacon', '--groups', '1', '--panes', '2');
    expect(out).toContain('destination.ip=203.0.113.66: 14 matches, 14 points, fired in 5');
    expect(out).toContain('... 12 points that are not drawn');
    expect(out).toMatch(/^not drawn, fired at 2026-09-28T08:19:05\.000Z, .*Z; --panes draws more$/m);
  });

  test('draws an empty chart over an empty file, and says so', async () => {
    writeFileSync(join(folder, 'empty.ndjson'), '');
    const rules = ['-r', join(golden, 'member.json'), join(golden, 'rare', 'rule.yml')];
    const { code, out, err } = await wardline('anomaly', 'explain', 'judged', 'empty.ndjson', ...rules, '--as', 'svg');
    expect([code, err]).toEqual([0, 'there is no event in these files\n']);
    expect(out).toMatch(/^<svg .*nothing to draw.*<\/svg>\n$/s);
  });

  test('an option that took the file as a further rule is said to have', async () => {
    const { code, err } = await wardline('anomaly', 'explain', 'judged', '-r', join(golden, 'member.json'), 'empty.ndjson');
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("missing required argument 'file'\n-r takes every name behind it: put it last, or --"),
    ]);
    const { err: without } = await wardline('anomaly', 'explain', 'judged');
    expect(without).not.toContain('takes every name');
  });

  test.each([
    ['jugded', 'there is no anomaly rule "jugded"; did you mean "judged"?'],
    ['zzz', 'there is no anomaly rule "zzz"; there are judged'],
    ['member', '"member" is no anomaly rule'],
  ])('names what there is instead of %s', async (rule, message) => {
    const { code, err } = await explain(rule, 'rare');
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('what a run leaves out is left out, and told', () => {
  const member =
    'id: ev\ntitle: ev\nlevel: informational\nconditions: { all: [{ fact: event.category, operator: contains, value: network }] }\nevent: { type: x }\n';
  const at = (hour: number, more: object): string =>
    JSON.stringify({
      '@timestamp': `2026-03-02T0${hour}:00:00Z`,
      ecs: { version: '9' },
      event: { category: ['network'] },
      user: { name: 'u' },
      ...more,
    });
  const write = (anomaly: string, lines: readonly string[]): void => {
    writeFileSync(
      join(folder, 'r.yml'),
      `${member}---\ntitle: t\nname: t\nlevel: low\nanomaly: { rules: [ev], group-by: [user.name], ${anomaly} }\n`,
    );
    writeFileSync(join(folder, 'x.ndjson'), `${lines.join('\n')}\n`);
  };
  const named = (name: string) => ({ process: { name } });
  const late = () =>
    write('type: new_value, field: process.name', [at(0, named('a')), at(5, named('a')), at(2, named('b')), at(6, named('a'))]);
  const said = '1 of 4 matches came more than 5m (engine.allowedLateness) behind the newest event of their file';

  test('late events, by the default lateness', async () => {
    late();
    const { code, out } = await wardline('anomaly', 'explain', 't', 'x.ndjson', '-r', 'r.yml');
    expect([code, out]).toEqual([0, expect.stringContaining(`${said} and were left out as late, as in a run: 2026-03-02T02:00:00.000Z`)]);
    const told = await wardline('explain', 't', '--events', 'x.ndjson', '-r', 'r.yml');
    expect(told.out).toContain('NOT FIRED');
    expect(told.out).toMatch(/2026-03-02T02:00:00.000Z {2}x.ndjson\S+ {2}late, left out \(ev\)/);
  });

  test('as a run has it, also where a rule takes late ones', async () => {
    late();
    writeFileSync(
      join(folder, 'count.yml'),
      `${member}---\ntitle: c\nname: c\nlevel: low\ncorrelation: { type: event_count, rules: [ev], group-by: [user.name], timespan: 1d, condition: { gte: 4 } }\n`,
    );
    for (const [rule, file, fires] of [
      ['t', 'r.yml', false],
      ['c', 'count.yml', true],
    ] as const) {
      writeFileSync(
        join(folder, `${rule}.yaml`),
        `rules: [${file}]\nsources: [{ kind: file, name: x, path: x.ndjson }]\nstate: { path: ${rule}.db }\n`,
      );
      const run = await wardline('run', '--once', '-c', `${rule}.yaml`);
      expect(`${run.out}${run.err}`).toContain(fires ? ', 1 alert' : ', 0 alerts');
      const { out } = await wardline('explain', rule, '--events', 'x.ndjson', '-c', `${rule}.yaml`);
      expect([/^FIRED/m.test(out), out.includes('late')]).toEqual([fires, !fires]);
    }
  });

  test('not those that are in time by the settings', async () => {
    late();
    writeFileSync(
      join(folder, 's.yaml'),
      'rules: [r.yml]\nsources: [{ kind: file, name: x, path: x.ndjson }]\nengine: { allowedLateness: 4h }\n',
    );
    const { code, out } = await wardline('anomaly', 'explain', 't', 'x.ndjson', '-c', 's.yaml');
    expect([code, out]).toEqual([1, expect.not.stringContaining('late')]);
    expect((await wardline('explain', 't', '--events', 'x.ndjson', '-c', 's.yaml')).out).toMatch(/^FIRED/m);
  });

  test('values that are no numbers, and matches without a place', async () => {
    const bytes = (value: unknown) => ({ source: { bytes: value } });
    const lines = [at(0, bytes('NaN')), at(1, bytes('abc')), at(2, bytes(5)), at(3, {})];
    write('type: spike, metric: sum, field: source.bytes', lines);
    const { out } = await wardline('anomaly', 'explain', 't', 'x.ndjson', '-r', 'r.yml');
    expect(out).toContain('1 of 4 matches have no source.bytes');
    expect(out).toContain('2 of 4 matches have no number in source.bytes and were left out');
    write('type: impossible_travel', lines);
    const travel = await wardline('anomaly', 'explain', 't', 'x.ndjson', '-r', 'r.yml');
    expect(travel.out).toContain('4 of 4 matches have no place (source.geo.location');
  });

  test('the group of an empty value has its name', async () => {
    write('type: new_value, field: process.name', [at(0, { user: { name: '' }, ...named('a') })]);
    const { out } = await wardline('anomaly', 'explain', 't', 'x.ndjson', '-r', 'r.yml');
    expect(out).toContain('user.name="": 1 matches');
    expect((await wardline('explain', 't', '--events', 'x.ndjson', '-r', 'r.yml')).out).toContain('user.name=""');
  });
});

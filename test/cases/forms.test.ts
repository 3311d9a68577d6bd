import { describe, expect, test } from 'vitest';
import { createLibrary } from '../../src/cases/beside.ts';
import { type CaseResult, runCases } from '../../src/cases/run.ts';
import { readCases } from '../../src/rule/cases/case-file.ts';
import { rewritten } from '../../src/rule/cases/rewrite.ts';
import { problemText } from '../../src/rule/problem.ts';

const FILES: Readonly<Record<string, string>> = {
  'seen.yml': 'title: seen\nid: seen\nname: seen_name\nlogsource: {category: test}\ndetection: {s: {event.action: seen}, condition: s}\n',
  'many.yml':
    'title: many\nid: many\ncorrelation: {type: event_count, rules: [seen], group-by: [user.name], timespan: 5m, condition: {gte: 3}}\n',
  'access.yml':
    'kind: ZeroTrustPolicy\nschema: 1\nid: pay\ntitle: Pay\nowner: me\nseverity: high\nscope: { wardline.access.resource.service: pay }\nallow: [{ id: known, when: { wardline.access.action: read }, require: { zone: [prod-core] } }]\n',
  'vpn.yml':
    'kind: Exception\nid: vpn\ntitle: Vpn\ntags: [exception.vpn]\nrules: [many]\nwhen: { user.name: alice }\nowner: me\nticket: S-1\nreason: known to be harmless\nstarts: 2026-11-01T00:00:00Z\nexpires: 2026-12-31T00:00:00Z\neffect: suppress\n',
  'day.ndjson':
    '{"@timestamp":"2026-11-20T09:00:00Z","ecs":{"version":"9.4.0"},"event":{"action":"seen"},"user":{"name":"alice"}}\n\n{"@timestamp":"2026-11-20T07:00:00Z","ecs":{"version":"9.4.0"},"event":{"action":"seen"},"user":{"name":"bob"}}\n',
  'stamped.ndjson':
    '{"@timestamp":"${at}","ecs":{"version":"9.4.0"},"event":{"action":"seen"},"user":{"name":"alice"}}\n{"@timestamp":"${at}","ecs":{"version":"9.4.0"},"event":{"action":"seen"},"user":{"name":"alice"}}\n{"@timestamp":"${at}","ecs":{"version":"9.4.0"},"event":{"action":"seen"},"user":{"name":"alice"}}\n',
};
const fileAt = (path: string) => (FILES[path] === undefined ? undefined : { path, text: FILES[path] });
const rules = Object.keys(FILES)
  .filter((path) => path.endsWith('.yml') && path !== 'vpn.yml')
  .flatMap((path) => fileAt(path) ?? []);
const library = createLibrary(rules, fileAt, { placeholders: {} });
const BASE = 'base: { logsource: { category: test }, ecs: { event.action: seen, user.name: alice } }\n';

function run(rule: string, cases: string): readonly CaseResult[] {
  const read = readCases({ path: `${rule}.cases.yml`, text: `${BASE}cases:\n${cases}` });
  expect(read.problems.map(problemText)).toEqual([]);
  return runCases(read, library, () => true, { properties: 'full', seed: 5, now: () => 0 });
}
const wrongOf = (results: readonly CaseResult[]) => results.flatMap(({ misfits, broken }) => [...misfits, ...broken]);

describe('events of a case', () => {
  test('come from a file, at times of their own or so far apart', () => {
    const results = run(
      'seen',
      `  - name: own times
    events: [{ file: day.ndjson }]
    matches: [{ at: 1h, user.name: alice }, { at: 2026-11-20T07:00:00Z, rule: seen_name, user.name: bob }]
  - name: every minute
    events: [{ file: stamped.ndjson, at: 1m, every: 1m }]
    matches: [{ at: 1m, rule: seen }, { at: 2m }, { at: 3m }]
`,
    );
    expect(wrongOf(results)).toEqual([]);
    expect(
      wrongOf(run('many', '  - { name: counted, events: [{ file: stamped.ndjson, every: 2m }], expect: [{ at: 4m, count: 3 }] }\n')),
    ).toEqual([]);
  });

  test('a file that is not there, a step that is none, and a case that expects nothing are told', () => {
    expect(wrongOf(run('seen', '  - { name: x, events: [{ file: gone.ndjson }], expect: [] }\n'))).toEqual([
      { kind: 'fault', message: 'there is no file gone.ndjson beside seen.cases.yml' },
    ]);
    const read = readCases({ path: 'seen.cases.yml', text: 'cases: [{ name: x, events: [{ at: 0s }] }]\n' });
    expect(read.problems.map(problemText)).toEqual([expect.stringContaining('say expect, matches or verdicts')]);
  });

  test('may be late: they come after what arrives before them', () => {
    const results = run(
      'seen',
      `  - name: late
    events:
      - { at: 1m, late: 10m, ecs: { user.name: first } }
      - { at: 2m, ecs: { user.name: second } }
      - { at: 20m, ecs: { user.name: third } }
    expect: [{ user.name: second, at: 2m }, { user.name: first, at: 1m }, { user.name: third }]
`,
    );
    expect(wrongOf(results)).toEqual([]);
    const order = run(
      'seen',
      '  - { name: x, events: [{ at: 1m, late: 10m, ecs: { user.name: a } }, { at: 2m, ecs: { user.name: b } }], matches: [] }\n',
    );
    expect(order[0]?.updates[0]?.items).toEqual([
      { at: '2m', rule: 'seen_name' },
      { at: '1m', rule: 'seen_name' },
    ]);
  });

  test('exceptions change in the middle', () => {
    const late = run(
      'many',
      `  - name: the exception comes too late for the first three
    events:
      - { at: 0s, repeat: { count: 3, every: 1m } }
      - { activate: { with: [vpn.yml] } }
      - { at: 1h, repeat: { count: 3, every: 1m } }
    expect: [{ at: 2m }]
`,
    );
    expect(wrongOf(late)).toEqual([]);
    const without = run(
      'many',
      '  - { name: x, events: [{ at: 0s, repeat: { count: 3, every: 1m } }, { at: 1h, repeat: { count: 3, every: 1m } }], expect: [{ at: 2m }, { at: 1h2m }] }\n',
    );
    expect(wrongOf(without)).toEqual([]);
  });
});

const ACCESS =
  'ecs: { event.type: [allowed], event.action: other, source.ip: 10.1.2.3, wardline.access: { action: read, resource: { service: pay } } }';

describe('verdicts', () => {
  test('of every access, with what the context says at that time', () => {
    const results = run(
      'access',
      `  - name: the zone is known later
    events:
      - { at: 0s, ${ACCESS} }
      - { activate: { context: { zone: { 10.1.0.0/16: { id: prod-core } } } } }
      - { at: 1m, ${ACCESS} }
      - { at: 2m, ecs: { event.action: other } }
    verdicts:
      - { at: 0s, policy: pay, verdict: missing, outcome: violation }
      - { at: 1m, verdict: allow, entry: known, outcome: conform }
`,
    );
    expect(wrongOf(results)).toEqual([]);
    const other = run('access', `  - { name: x, events: [{ at: 0s, ${ACCESS} }], verdicts: [{ at: 0s, verdict: allow }] }\n`);
    expect(wrongOf(other)).toEqual([
      { kind: 'missing', list: 'verdicts', expected: { at: '0s', verdict: 'allow' }, got: { at: '0s', verdict: 'missing' } },
    ]);
  });
});

describe('what came out, as what is expected', () => {
  test('is written in place of what differs; names that were asked for, texts and comments stay', () => {
    const text = `base: { logsource: { category: test }, ecs: { event.action: seen, user.name: alice } }
cases:
  - name: one # kept
    events: [{ at: 0s, repeat: { count: 3, every: 1m } }]
    # kept too
    expect:
      - { at: 2m, count: 4 } # goes
  - { name: "none", events: [{ at: 0s, repeat: { count: 4, every: 1m } }], expect: [] }
  - { name: right, events: [{ at: 0s }], expect: [] }
`;
    const read = readCases({ path: 'many.cases.yml', text });
    const updates = runCases(read, library, () => true, { properties: 'off', seed: 1, now: () => 0 }).flatMap((one) => one.updates);
    const { text: next, changes } = rewritten(text, updates);
    expect(changes.map(({ before, after }) => [before, after])).toEqual([
      ['- { at: 2m, count: 4 }', '- { at: 2m, count: 3 }'],
      ['[]', '[{ at: 2m, kind: correlation, severity: medium, group: { user.name: alice }, count: 3 }]'],
    ]);
    expect(next).toBe(
      text
        .replace('{ at: 2m, count: 4 }', '{ at: 2m, count: 3 }')
        .replace(
          'every: 1m } }], expect: []',
          'every: 1m } }], expect: [{ at: 2m, kind: correlation, severity: medium, group: { user.name: alice }, count: 3 }]',
        ),
    );
    const again = readCases({ path: 'many.cases.yml', text: next });
    expect(wrongOf(runCases(again, library, () => true, { properties: 'off', seed: 1, now: () => 0 }))).toEqual([]);
  });

  test('is nothing where an event cannot be read', () => {
    const [one] = run('seen', '  - { name: x, events: [{ at: 0s, raw: "{" }], expect: [{ at: 0s }] }\n');
    expect(one).toMatchObject({ passed: false, updates: [] });
  });
});

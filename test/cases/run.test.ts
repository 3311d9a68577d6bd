import { describe, expect, test } from 'vitest';
import { createLibrary } from '../../src/cases/beside.ts';
import { createCaseCoverage } from '../../src/cases/coverage.ts';
import { brokenProperties } from '../../src/cases/properties.ts';
import { deliveriesOf } from '../../src/cases/records.ts';
import { type CaseResult, runCases } from '../../src/cases/run.ts';
import { createTrial, type Trial } from '../../src/cases/trial.ts';
import { readCases } from '../../src/rule/cases/case-file.ts';
import type { Case } from '../../src/rule/cases/schema.ts';
import { problemText } from '../../src/rule/problem.ts';

const files = [
  {
    path: 'failed.yml',
    text: 'title: failed\nid: failed\nlogsource: {category: test}\ndetection: {bad: {event.outcome: failure}, odd: {event.outcome: odd}, condition: bad or odd}\n',
  },
  {
    path: 'many.yml',
    text: 'title: many\nid: many\ncorrelation: {type: event_count, rules: [failed], group-by: [user.name], timespan: 5m, condition: {gte: 3}}\nlevel: high\n',
  },
  {
    path: 'quiet.yml',
    text: 'title: quiet\nid: quiet\nanomaly: {type: absence, rules: [failed], group-by: [user.name], timespan: 10m}\n',
  },
];
const library = createLibrary(files, () => undefined, { placeholders: {} });
const BASE = 'base: {logsource: {category: test}, ecs: {event.outcome: failure, user.name: alice}}\n';

function run(cases: string, path = 'many.cases.yml', coverage?: ReturnType<typeof createCaseCoverage>): readonly CaseResult[] {
  const read = readCases({ path, text: `${BASE}${cases}` });
  expect(read.problems.map(problemText)).toEqual([]);
  return runCases(read, library, () => true, {
    properties: 'full',
    seed: 3,
    now: () => 0,
    ...(coverage === undefined ? {} : { observe: (seen) => coverage.take(seen.ruleset, seen.documents, seen.events, seen.outcome) }),
  });
}
const misfitsOf = (results: readonly CaseResult[]) => results.flatMap(({ misfits, broken }) => [...misfits, ...broken]);

describe('a case', () => {
  test('passes when exactly the expected alerts open, with the rules that its rule is about found by themselves', () => {
    expect(
      misfitsOf(
        run(`cases:
  - name: three
    events: [{ at: 0s, repeat: { count: 3, every: 1m } }]
    expect: [{ at: 120s, count: 3, severity: high, group: { user.name: alice }, stages: [opened, closed] }]
  - { name: two, events: [{ at: 0s, repeat: { count: 2, every: 1m } }], expect: [], near: { missing: 1 } }
`),
      ),
    ).toEqual([]);
  });

  test('shows an alert that is missing beside the nearest one, and one that was not expected', () => {
    expect(
      misfitsOf(
        run(`cases:
  - { name: other count, events: [{ at: 0s, repeat: { count: 3, every: 1m } }], expect: [{ at: 2m, count: 4 }] }
  - { name: none, events: [{ at: 0s }], expect: [{ at: 0s }] }
  - { name: one too many, events: [{ at: 0s, repeat: { count: 3, every: 1s } }], expect: [] }
`),
      ),
    ).toMatchObject([
      { kind: 'missing', expected: { at: '2m', count: 4 }, got: { at: '2m', count: 3 } },
      { kind: 'missing', expected: { at: '0s' }, got: undefined },
      { kind: 'unexpected', got: { 'rule.id': 'many', at: '2s', group: { 'user.name': 'alice' }, count: 3 } },
    ]);
  });

  test('can let time pass without events, and a source be silent: then the rule is undecided', () => {
    expect(
      misfitsOf(
        run(
          `cases:
  - { name: nothing for ten minutes, events: [{ at: 0s }, { advance: 11m }], expect: [{ at: 10m }] }
  - { name: the source was silent, events: [{ at: 0s }, { silence: 11m }], expect: [], undecided: [{ user.name: alice }] }
  - { name: it was not silent, events: [{ at: 0s }, { advance: 11m }], expect: [{ at: 10m }], undecided: [] }
`,
          'quiet.cases.yml',
        ),
      ),
    ).toEqual([]);
  });

  test('reads a line of a log as it is written', () => {
    const [one] = run(
      'cases:\n  - { name: raw, events: [{ at: 0s, raw: \'{"@timestamp":"${at}","event":{"outcome":"failure"}}\' }], expect: [{ at: 0s }] }\n',
      'failed.cases.yml',
    );
    expect(one?.passed).toBe(true);
  });

  test('checks how near a rule came, and tells it where an alert is missing', () => {
    const [wrong, missing] = run(`cases:
  - { name: near, events: [{ at: 0s, repeat: { count: 2, every: 1m } }], expect: [], near: { missing: 2 } }
  - { name: missing, events: [{ at: 0s, repeat: { count: 2, every: 1m } }], expect: [{ at: 1m }] }
`);
    expect(wrong?.misfits).toEqual([{ kind: 'fault', message: 'expected a near miss that lacks 2, got: 2 of 3 in 5m' }]);
    expect(missing?.nearest).toEqual(['2 of 3 in 5m']);
  });

  test('fails alone when its events cannot be read', () => {
    const results = run(
      'cases:\n  - { name: broken, events: [{ at: 0s, raw: \'{"a":\' }], expect: [] }\n  - { name: sound, events: [], expect: [] }\n',
    );
    expect(results.map(({ passed }) => passed)).toEqual([false, true]);
    expect(misfitsOf(results)).toMatchObject([{ kind: 'fault', message: expect.stringContaining('cannot be read') }]);
  });
});

test('every mistake of a file of cases is told with its place', () => {
  const text =
    'cases:\n  - name: a\n    events:\n      - { at: 5 minutes }\n    expect: []\n    expects: []\n  - { name: b, expect: [] }\nwit: [a.yml]\n';
  expect(readCases({ path: 'a.cases.yml', text }).problems.map(problemText)).toEqual([
    'a.cases.yml:4:15: error cases/shape cases[0].events[0].at: not a time: write 0s, 250ms, 90s, 1h30m after the start, or 2026-11-20T08:00:00Z',
    'a.cases.yml:6:5: error cases/shape cases[0].expects: unknown key "expects"; did you mean "expect"?',
    'a.cases.yml:7:5: error cases/shape cases[1].events: Invalid input: expected array, received undefined',
    'a.cases.yml:8:1: error cases/shape wit: unknown key "wit"; did you mean "with"?',
  ]);
});

test('coverage names the selections that no case makes true', () => {
  const coverage = createCaseCoverage({ placeholders: {} });
  run('cases:\n  - { name: one, events: [{ at: 0s }], expect: [{ at: 0s }] }\n', 'failed.cases.yml', coverage);
  expect(coverage.unexercised()).toEqual([{ rule: 'failed', part: 'odd' }]);
  run('cases:\n  - { name: two, events: [{ at: 0s, repeat: { count: 2, every: 1s } }], expect: [] }\n', 'many.cases.yml', coverage);
  expect(coverage.unexercised()).toContainEqual({ rule: 'many', part: 'the condition' });
  run('cases:\n  - { name: odd, events: [{ at: 0s, ecs: { event.outcome: odd } }], expect: [{ at: 0s }] }\n', 'failed.cases.yml', coverage);
  expect(coverage.unexercised()).toEqual([{ rule: 'many', part: 'the condition' }]);
  expect(coverage.parts()).toBe(3);
});

describe('properties', () => {
  const one: Case = { name: 'x', events: [{ at: '0s', repeat: { count: 4, every: '1m' } }], expect: [] };
  const base = { logsource: { category: 'test' }, ecs: { 'event.outcome': 'failure', 'user.name': 'alice' } };
  const trial = createTrial(library.rulesetOf('many.cases.yml', { base, cases: [one] }, one), base);
  const deliveries = deliveriesOf(one, base, () => []);
  const outcome = trial.run(deliveries);
  const broken = (mutant: Trial) =>
    new Set(brokenProperties(mutant, deliveries, outcome, 'full', 7).map(({ property }) => property.replace(/ \d+$/, '')));

  test('hold for the product', () => {
    expect([...broken(trial)]).toEqual([]);
  });

  // Each mutant is an engine with one fault; the property that is named must find it.
  test.each<[string, string, Trial['run']]>([
    ['state that a restart loses', 'a restart after each record', (list, how) => trial.run(how?.restart ? list.slice(2) : list, how)],
    [
      'records that a crash loses',
      'records that come again after a crash at record',
      (list, how) => (how?.crashAt === undefined ? trial.run(list) : trial.run(list.slice(0, how.crashAt + 1))),
    ],
    [
      'an engine that heeds the order of arrival',
      'order of arrival',
      (list, how) => trial.run(list[0] === deliveries[0] ? list : list.slice(2), how),
    ],
    [
      'an engine that sees one partition',
      '7 partitions',
      (list, how) =>
        trial.run(
          list.filter((delivery) => delivery.kind !== 'record' || delivery.record.partition < 2),
          how,
        ),
    ],
  ])('%s: found by "%s"', (_name, property, mutant) => {
    expect([...broken({ ...trial, run: mutant })]).toContain(property);
  });
});

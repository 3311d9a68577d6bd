import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { summaryText } from '../../src/cli/run.ts';
import type { RuleLosses } from '../../src/correlate/correlator.ts';
import { createLeftOut, createLosses, lossJson, NO_LOSSES } from '../../src/pipeline/losses.ts';
import { createMeters } from '../../src/pipeline/meters.ts';
import { silentLogger } from '../../src/shared/logger.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aWorld, standingClock, type World } from '../support/a-run.ts';

const lost = (rule: string, counts: Partial<typeof NO_LOSSES>): RuleLosses => ({ rule, ...NO_LOSSES, ...counts });

function listening(before: readonly RuleLosses[] = []) {
  const told: object[] = [];
  const metered: object[] = [];
  const clock = standingClock(0);
  const logger = { ...silentLogger, warn: (about: object, message: string) => void told.push({ ...about, message }) };
  const losses = createLosses({ clock, logger, meter: (count) => metered.push(count) });
  return { told, metered, clock, losses, observe: losses.after(before) };
}

describe('what rules could not use', () => {
  test('is told of at once, then once a minute and rule, with totals of the run', () => {
    const { told, metered, clock, losses, observe } = listening([lost('a', { evicted: 5 })]);
    observe([lost('a', { evicted: 6 })]);
    clock.set(59_999);
    observe([lost('a', { evicted: 1000 }), lost('b', { ungrouped: 2 })]);
    const budget = 'the state budget is reached, and groups were evicted; counts are of this run';
    expect(told).toEqual([
      { rule: 'a', evicted: 1, message: budget },
      { rule: 'b', noGroup: 2, message: 'matches lack a field of group-by and were left out; counts are of this run' },
    ]);
    clock.set(60_000);
    observe([lost('a', { evicted: 1000 }), lost('b', { ungrouped: 2 })]);
    expect(told.slice(2)).toEqual([{ rule: 'a', evicted: 995, message: budget }]);
    expect(metered).toEqual([lost('a', { evicted: 1 }), lost('a', { evicted: 994 }), lost('b', { ungrouped: 2 })]);
    expect(losses.totals()).toEqual([lost('a', { evicted: 995 }), lost('b', { ungrouped: 2 })]);
  });

  test('is told of at the end even if that is soon, and neither late matches that were taken nor estimates are cause for a warning', () => {
    const { told, losses, observe } = listening();
    observe([lost('a', { late: 1 })]);
    observe([lost('a', { late: 4 }), lost('b', { lateTaken: 3, estimated: 9 })], true);
    expect(told).toMatchObject([{ tooLate: 1 }, { rule: 'a', tooLate: 4 }]);
    expect(losses.totals().map(lossJson)).toMatchObject([
      { rule: 'a', tooLate: 4 },
      { rule: 'b', late: 3, estimated: 9 },
    ]);
  });

  test('goes on from 0 where the logic of a rule changed and its state began anew', () => {
    const { losses, observe } = listening([lost('a', { late: 100 })]);
    observe([lost('a', { late: 3 })]);
    observe([lost('a', { late: 5 })]);
    expect(losses.totals()).toEqual([lost('a', { late: 5 })]);
  });

  test('adds up over partitions, and over matches that were left out before they were sent on', () => {
    const { told, clock, losses, observe } = listening();
    observe([lost('a', { late: 1 }), lost('b', { dropped: 1 })]);
    const leftOut = createLeftOut(losses.after([]));
    leftOut({ ungrouped: ['a', 'c'], unvalued: ['b'] });
    leftOut({ ungrouped: [], unvalued: [] });
    leftOut({ ungrouped: ['a'], unvalued: [] });
    leftOut({ ungrouped: [], unvalued: ['b', 'c'] });
    expect(losses.totals()).toEqual([
      lost('a', { late: 1, ungrouped: 2 }),
      lost('b', { dropped: 1, unvalued: 2 }),
      lost('c', { ungrouped: 1, unvalued: 1 }),
    ]);
    // One warning per rule and minute, however many partitions have something to tell, and with what all of them say.
    expect(told).toMatchObject([{ rule: 'a', tooLate: 1 }, { rule: 'b' }, { rule: 'c' }]);
    clock.set(60_000);
    losses.after([lost('a', { late: 7 })])([lost('a', { late: 8 })]);
    const noValue = 'matches have no value in what the rule compares and were left out; counts are of this run';
    expect(told.slice(3)).toMatchObject([
      { rule: 'a', tooLate: 2, noGroup: 2 },
      { rule: 'b', noValue: 2, message: noValue },
      { rule: 'c', noValue: 1 },
    ]);
  });

  test('of one rule is told without looking at the others that lack groups', () => {
    const observed: string[][] = [];
    const leftOut = createLeftOut((counts) => void observed.push(counts.map(({ rule, ungrouped }) => `${rule} ${ungrouped}`)));
    leftOut({ ungrouped: ['a', 'b'], unvalued: [] });
    leftOut({ ungrouped: ['b'], unvalued: [] });
    expect(observed).toEqual([['a 1', 'b 1'], ['b 2']]);
  });
});

test('hosts and peers that were not counted, and what is estimated, have metrics of their own', () => {
  const added: unknown[] = [];
  const metrics = { add: (...one: unknown[]) => void added.push(one) };
  createMeters(metrics as never).lost(lost('a', { values: 2, members: 3, estimated: 4 }));
  expect(added).toEqual([
    ['wardline.rule.values.dropped', 2, { rule: 'a' }],
    ['wardline.rule.members.left_out', 3, { rule: 'a' }],
    ['wardline.rule.values.estimated', 4, { rule: 'a' }],
  ]);
  added.length = 0;
  createMeters(metrics as never).lost(lost('a', { ungrouped: 1, unvalued: 2 }));
  expect(added).toEqual([
    ['wardline.rule.matches.left_out', 1, { rule: 'a', reason: 'no_group' }],
    ['wardline.rule.matches.left_out', 2, { rule: 'a', reason: 'no_value' }],
  ]);
  expect(lossJson(lost('a', { members: 3 }))).toMatchObject({ rule: 'a', members: 3 });
});

const member = { title: 'm', name: 'm', logsource: { category: 'test' }, detection: { sel: { kind: 'login' }, condition: 'sel' } };
const correlation = (name: string, condition: object, more: object = {}) => ({
  title: name,
  name,
  correlation: { type: 'event_count', rules: ['m'], 'group-by': ['u'], timespan: '1m', condition },
  ...more,
});
const at = (seconds: number, u?: string) => ({
  '@timestamp': new Date(Date.UTC(2026, 10, 20, 8) + seconds * 1000).toISOString(),
  kind: 'login',
  ...(u === undefined ? {} : { u }),
});

describe('the summary of a run', () => {
  let world: World;
  beforeEach(() => {
    world = aWorld();
  });
  afterEach(() => world.remove());

  test('counts late events, matches that came too late, those without group and evicted groups, per rule', async () => {
    const rules = rulesetOf(
      member,
      correlation('many', { gte: 3 }),
      correlation('few', { lt: 2 }),
      correlation('narrow', { gte: 2 }, { wardline: { max_groups: 2 } }),
    );
    const events = [at(1000, 'a'), at(0, 'b'), at(1001), at(1002, 'c'), at(1003, 'd'), at(1004, 'e')];
    const summary = await world.run(rules, events);
    expect([...(summary.late ?? [])]).toEqual([['s1', 1]]);
    const byRule = Object.fromEntries((summary.losses ?? []).map((one) => [one.rule, one]));
    expect(byRule).toEqual({
      narrow: lost('narrow', { lateTaken: 1, ungrouped: 1, evicted: 3 }),
      few: lost('few', { late: 1, ungrouped: 1 }),
      many: lost('many', { lateTaken: 1, ungrouped: 1 }),
    });
    const text = summaryText(summary, 0, (id) => (id === 'few' ? 'few_sign_ins' : id));
    expect(text).toContain('late events, by source: 1 of s1; see docs/correlation.md');
    expect(text).toMatch(
      /RULE +LATE, TAKEN +TOO LATE +NO GROUP +NO VALUE +GROUPS EVICTED +MATCHES LET GO +VALUES LET GO +MEMBERS LEFT OUT +ESTIMATED\n/,
    );
    expect(text).toMatch(/narrow +1 +0 +1 +0 +3 +0 +0 +0 +0\n/);
    // People know a rule by its name.
    expect(text).toMatch(/few_sign_ins +0 +1 +1 +0 +0 +0 +0/);
  });

  test('counts matches in which there is nothing to compare, of every anomaly that compares values', async () => {
    const spread = (name: string, anomaly: object) => ({
      title: name,
      name,
      level: 'low',
      anomaly: { rules: ['m'], 'group-by': ['u'], ...anomaly },
    });
    const rules = rulesetOf(
      member,
      spread('sum', { type: 'spike', metric: 'sum', field: 'bytes', factor: 2 }),
      spread('avg', { type: 'seasonal', metric: 'avg', field: 'bytes', season: 'none' }),
      spread('distinct', { type: 'change', metric: 'distinct', field: 'v' }),
      spread('new', { type: 'new_value', field: ['v', 'w'] }),
      spread('rare', { type: 'rare', field: 'v' }),
      spread('peers', { type: 'peer_group', field: 'v', peers: 'w' }),
      spread('travel', { type: 'impossible_travel', location: 'place' }),
      spread('beacon', { type: 'beacon', host: 'v', destination: 'to' }),
      spread('silent', { type: 'absence' }),
      spread('count', { type: 'spike', factor: 2 }),
    );
    // A sum takes numbers and text that is one; what is there and is none counts as well.
    const values = [undefined, 'NaN', 'abc', '', { a: 1 }, '1e400', 7, '8'];
    const events = values.map((bytes, i) => ({ ...at(i, 'a'), ...(bytes === undefined ? {} : { bytes }), ...(i === 7 ? { v: 'x' } : {}) }));
    const summary = await world.run(rules, events);
    const byRule = Object.fromEntries((summary.losses ?? []).map(({ rule, unvalued }) => [rule, unvalued]));
    expect(byRule).toEqual({ sum: 6, avg: 6, distinct: 7, new: 8, rare: 7, peers: 8, travel: 8, beacon: 8 });
    expect(summaryText(summary, 0, String)).toMatch(/travel +0 +0 +0 +8 +0/);
    expect((summary.losses ?? []).map(lossJson)).toContainEqual(expect.objectContaining({ rule: 'sum', noGroup: 0, noValue: 6 }));
  });

  /** Two runs over one file that grows in between. */
  const twice = async (keepOpen: boolean, first: readonly object[], then: readonly object[], condition: object = { gte: 3 }) => {
    const path = join(world.folder, 'grows.ndjson');
    const lines = (events: readonly object[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('');
    const sources = [{ kind: 'file', name: 'grows', path: 'grows.ndjson', logsource: { category: 'test' } }];
    const rules = rulesetOf(member, correlation('c', condition));
    writeFileSync(path, lines(first));
    const one = await world.run(rules, [], { sources }, { keepOpen });
    appendFileSync(path, lines(then));
    return [one, await world.run(rules, [], { sources }, { keepOpen })] as const;
  };

  test('says how many open windows were decided at the end of the inputs', async () => {
    const [one, two] = await twice(false, [at(0, 'a'), at(10, 'a'), at(5, 'b'), at(2000, 'c')], []);
    // The watermark stands 5 minutes behind the newest event: the windows of a and b are over.
    expect(one.open).toEqual({ windows: 1, kept: false, cut: 0 });
    expect(summaryText(one, 0, String)).toContain(
      '1 open window was decided at the end of the inputs; where the logs go on, run with --keep-open',
    );
    expect(two.open).toEqual({ windows: 0, kept: false, cut: 0 });
    world.remove();
    world = aWorld();
    const [, again] = await twice(false, [at(0, 'a')], [at(10, 'a'), at(11, 'b')]);
    expect(again.open).toEqual({ windows: 2, kept: false, cut: 0 });
  });

  test('a window over the seam of two runs is lost unless it is kept open', async () => {
    const [first, then] = [[at(0, 'a'), at(10, 'a')], [at(20, 'a')]];
    const [, decided] = await twice(false, first, then);
    expect(decided.alerts).toBe(0);
    world.remove();
    world = aWorld();
    const [one, kept] = await twice(true, first, then);
    expect(one.open).toEqual({ windows: 1, kept: true, cut: 0 });
    expect(summaryText(one, 0, String)).toContain('1 open window was kept for the next run');
    expect(kept.alerts).toBe(1);
  });

  test('a window that is decided once is decided over the seam, when it is kept open', async () => {
    const first = [at(0, 'a'), at(10, 'a')];
    const [early] = await twice(false, first, [], { lt: 3 });
    expect(early.alerts).toBe(1);
    world.remove();
    world = aWorld();
    const [one, two] = await twice(true, first, [at(20, 'a'), at(2000, 'b')], { lt: 3 });
    expect([one.alerts, two.alerts]).toEqual([0, 0]);
    // Only the window of b is open now.
    expect(two.open).toEqual({ windows: 1, kept: true, cut: 0 });
  });

  test('an absence whose time is not over at the last event is left undecided, and said', async () => {
    const gone = { title: 'g', name: 'g', level: 'low', anomaly: { type: 'absence', rules: ['m'], 'group-by': ['u'], timespan: '1m' } };
    writeFileSync(join(world.folder, 'grows.ndjson'), [at(0, 'a'), at(100, 'b')].map((event) => `${JSON.stringify(event)}\n`).join(''));
    const sources = [{ kind: 'file', name: 'grows', path: 'grows.ndjson', logsource: { category: 'test' } }];
    const one = await world.run(rulesetOf(member, gone), [], { sources });
    expect(one.alerts).toBe(1);
    expect(one.open).toEqual({ windows: 2, kept: false, cut: 1 });
    expect(summaryText(one, 0, String)).toContain(
      '1 open window was left undecided: the inputs ended before the time of an absence was over',
    );
  });
});

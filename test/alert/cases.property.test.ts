import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AlertPoint, ENTITY_KINDS, entityKey } from '../../src/alert/entity.ts';
import { createIncidents } from '../../src/alert/incidents.ts';
import { createRisk, riskScore } from '../../src/alert/risk.ts';
import { incidentSettings, riskSettings } from '../../src/alert/settings.ts';

const HOUR = 3_600_000;
const point = fc.record({
  n: fc.nat({ max: 40 }),
  rule: fc.constantFrom('r1', 'r2', 'r3'),
  hours: fc.nat({ max: 60 }),
  score: fc.constantFrom(0, 21, 47, 73, 99),
  severity: fc.integer({ min: 1, max: 5 }),
  tactics: fc.subarray(['t1', 't2', 't3', 't4', 't5']),
  entities: fc.uniqueArray(fc.record({ kind: fc.constantFrom(...ENTITY_KINDS), value: fc.constantFrom('a', 'b', 'root') }), {
    minLength: 1,
    maxLength: 2,
    selector: entityKey,
  }),
});
const points = fc
  .uniqueArray(point, { maxLength: 25, size: 'max', selector: ({ n }) => n })
  .map((list): AlertPoint[] =>
    list.map(({ n, hours, ...rest }) => ({ ...rest, alert: `a${n}`, time: hours * HOUR, title: 't', level: 'high' })),
  );
const settings = riskSettings.parse({ criticality: [{ kind: 'host', values: ['a'], factor: 2 }], alertFrom: 20 });

describe('risk', () => {
  test('is the weighted, decayed sum that the settings describe, however the alerts came', () => {
    fc.assert(
      fc.property(points, (list) => {
        const risk = createRisk(settings);
        for (const one of list) risk.apply(one);
        const known = list.filter(({ score }) => score > 0);
        const keys = [...new Set(known.flatMap(({ entities }) => entities.map(entityKey)))];
        const newest = Math.max(...known.map(({ time }) => time));
        const wanted = keys.map((key) => {
          const own = known.filter(({ entities }) => entities.some((entity) => entityKey(entity) === key));
          const scores = own.map(({ score, time }) => score / 2 ** ((newest - time) / (24 * HOUR))).sort((a, b) => b - a);
          let sum = 0;
          for (let i = 0; i < scores.length; i++) sum += (scores[i] ?? 0) / Math.sqrt((i + 1) ** 3);
          const factor = key === entityKey({ kind: 'host', value: 'a' }) ? 2 : 1;
          return [key, Math.min(100, (sum * factor) / 2.612375348685488)] as const;
        });
        const found = new Map(risk.list().map(({ entity, score }) => [entityKey(entity), score]));
        expect([...found.keys()].sort()).toEqual([...keys].sort());
        for (const [key, score] of wanted) expect(found.get(key)).toBeCloseTo(score, 1);
      }),
      { numRuns: 200 },
    );
  });

  test('of alerts of one rule comes at most to the score of that rule', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 400 }), (score, count) => {
        const parts = Array.from({ length: count }, (_, i) => ({ alert: `a${i}`, rule: 'r', time: 0, score, tactics: [] }));
        expect(riskScore(parts, 0, 1, 1)).toBeLessThanOrEqual(score);
      }),
    );
  });

  test('a crossing is told once while it holds, and every crossing names a threshold that is reached', () => {
    fc.assert(
      fc.property(points, (list) => {
        const risk = createRisk(settings);
        const told = list.flatMap((one) => risk.apply(one));
        for (const { reason, score, threshold, tactics } of told) {
          if (reason === 'threshold') expect(score).toBeGreaterThanOrEqual(threshold);
          else expect(tactics.length).toBeGreaterThanOrEqual(4);
        }
      }),
    );
    const risk = createRisk(settings);
    const one = (alert: string): AlertPoint => ({
      alert,
      rule: alert,
      time: 0,
      score: 73,
      severity: 4,
      tactics: [],
      title: 't',
      level: 'high',
      entities: [{ kind: 'user', value: 'a' }],
    });
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => risk.apply(one(id)).map(({ threshold }) => threshold))).toEqual([[20], [], [40], [], []]);
    const before = risk.list();
    expect(before).toMatchObject([{ alerts: 5 }]);
    expect(risk.apply(one('a'))).toEqual([]);
    expect(risk.list()).toEqual(before);
  });

  test('goes on after a restart at any place as if there had been none', () => {
    fc.assert(
      fc.property(points, fc.nat({ max: 25 }), (list, at) => {
        const whole = createRisk(settings);
        const told = list.map((one) => whole.apply(one));
        let part = createRisk(settings);
        const again = list.map((one, i) => {
          if (i === at) part = createRisk(settings, JSON.parse(JSON.stringify(part.snapshot())));
          return part.apply(one);
        });
        expect(JSON.stringify(again)).toBe(JSON.stringify(told));
      }),
      { numRuns: 100 },
    );
  });
});

const [policy] = incidentSettings.parse([{ name: 'p', by: ['user', 'host'], after: 2, within: '6h', stopValues: ['root'] }]);
if (policy === undefined) throw new Error('no policy');

/**
 * Which alerts belong together, without forgetting anything: an alert joins every group that shares an entity with it and
 * whose newest alert is at most six hours before it. What a group becomes later does not call back one that was over.
 */
function plainly(list: readonly AlertPoint[]): string[][] {
  const keys = (one: AlertPoint): string[] =>
    one.entities.filter(({ kind, value }) => (kind === 'user' || kind === 'host') && value !== 'root').map(entityKey);
  const cases: AlertPoint[][] = [];
  for (const one of list) {
    if (one.severity < 2 || keys(one).length === 0) continue;
    const near = cases.filter(
      (members) =>
        Math.max(...members.map(({ time }) => time)) >= one.time - 6 * HOUR &&
        members.some((member) => keys(member).some((key) => keys(one).includes(key))),
    );
    for (const members of near) cases.splice(cases.indexOf(members), 1);
    cases.push([...near.flat(), one]);
  }
  return cases
    .filter((members) => new Set(members.map(({ rule }) => rule)).size >= 2)
    .map((members) => members.map(({ alert }) => alert).sort())
    .sort();
}

describe('incidents', () => {
  test('hold the alerts that are reached from one another by shared entities, where alerts come in order of time', () => {
    let count = 0;
    fc.assert(
      fc.property(points, (list) => {
        const ordered = [...list].sort((a, b) => a.time - b.time);
        const incidents = createIncidents(policy);
        const newest = new Map<string, string[]>();
        const ended = new Set<string>();
        const steps = ordered.flatMap((one) => incidents.apply(one));
        for (const { case: one, stage } of steps) {
          newest.set(one.first, one.members.map(({ alert }) => alert).sort());
          if (stage === 'closed') ended.add(one.first);
        }
        // An incident that another one took over is a part of that one.
        const all = [...newest.values()];
        const whole = all.filter(
          (members) =>
            !all.some((other) => other !== members && other.length > members.length && members.every((id) => other.includes(id))),
        );
        count += whole.length;
        expect([...whole].sort()).toEqual(plainly(ordered));
      }),
      { numRuns: 300 },
    );
    expect(count).toBeGreaterThan(50);
  });

  test('open once, go on step by step, and end when nothing joined them for so long', () => {
    const incidents = createIncidents(policy);
    const at = (alert: string, rule: string, hours: number, user: string): AlertPoint => ({
      alert,
      rule,
      time: hours * HOUR,
      score: 73,
      severity: 4,
      tactics: ['t1'],
      title: 't',
      level: 'high',
      entities: [{ kind: 'user', value: user }],
    });
    const stages = [at('a', 'r1', 0, 'x'), at('b', 'r1', 1, 'x'), at('c', 'r2', 2, 'x'), at('d', 'r2', 3, 'x'), at('e', 'r1', 10, 'y')].map(
      (one) => incidents.apply(one).map(({ stage, step, case: { members } }) => `${stage} ${step} ${members.length}`),
    );
    expect(stages).toEqual([[], [], ['opened 0 3'], ['continued 1 4'], ['closed 2 4']]);
  });

  test('go on after a restart at any place as if there had been none', () => {
    fc.assert(
      fc.property(points, fc.nat({ max: 25 }), (list, at) => {
        const whole = createIncidents(policy);
        const told = list.map((one) => whole.apply(one));
        let part = createIncidents(policy);
        const again = list.map((one, i) => {
          if (i === at) part = createIncidents(policy, JSON.parse(JSON.stringify(part.snapshot())));
          return part.apply(one);
        });
        expect(JSON.stringify(again)).toBe(JSON.stringify(told));
      }),
      { numRuns: 100 },
    );
  });
});

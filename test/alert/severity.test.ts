import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { caseLevel } from '../../src/alert/severity.ts';
import type { AlertMeta } from '../../src/rule/ir/rule.ts';
import { at } from '../../src/shared/nested.ts';
import { isWanted } from '../../src/sink/updates.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aWorld, type World } from '../support/a-run.ts';
import { anAlert } from '../support/an-alert.ts';

const seenAt = (minute: number, host = 'h1') => ({
  word: 'seen',
  ecs: { version: '8.11.0' },
  host: { name: host },
  '@timestamp': new Date(Date.UTC(2026, 10, 20, 8) + minute * 60_000).toISOString(),
});
const ruleset = rulesetOf({
  title: 'Seen',
  id: 'seen',
  level: 'low',
  logsource: { category: 'test' },
  detection: { s: { word: 'seen' }, condition: 's' },
  wardline: {
    alert: {
      dedup: { by: ['host.name'], within: '10m' },
      severity: [
        { level: 'critical', fields: { 'host.name': ['dc1', 'dc2'] } },
        { level: 'high', count: 4 },
        { level: 'medium', count: 3 },
      ],
    },
  },
});

let world: World;
beforeEach(() => {
  world = aWorld();
});
afterEach(() => world.remove());

const steps = () =>
  world.documents().map((document) => {
    const alert = at(document, 'wardline.alert') as Record<string, unknown>;
    return [alert['stage'], alert['severity'], alert['severity_before'], at(document, 'event.severity')];
  });

describe('severity by cases', () => {
  test('the first case that holds gives the level; a step that changes it names the one before', async () => {
    await world.run(
      ruleset,
      [0, 1, 9, 15, 16, 24, 32].map((minute) => seenAt(minute)),
    );
    expect(steps()).toEqual([
      ['opened', 'low', undefined, 2],
      ['continued', 'high', 'low', 4],
      ['continued', 'high', undefined, 4],
      ['continued', 'high', undefined, 4],
      ['closed', 'high', undefined, 4],
    ]);
    const told = world.documents().filter((document) => isWanted('severity', { id: '', document }));
    expect(told.map((document) => at(document, 'wardline.alert.stage'))).toEqual(['opened', 'continued', 'closed']);
  });

  test('a value that a case names counts from the opening on', async () => {
    await world.run(ruleset, [seenAt(0, 'dc1')]);
    expect(steps().map(([, severity]) => severity)).toEqual(['critical', 'critical']);
  });

  test("an operator's action repeats no rise", async () => {
    await world.run(
      ruleset,
      [0, 1, 9, 15].map((minute) => seenAt(minute)),
    );
    const alert = String(at(world.documents()[0] ?? {}, 'wardline.alert.id'));
    const action = { alert, kind: 'comment', actor: 'a', at: world.clock.now(), disposition: undefined, comment: 'c' } as const;
    world.withStore((store) => store.actions.add(action), { beside: true });
    await world.run(ruleset, []);
    const [newest] = steps().slice(-1);
    expect(newest).toEqual(['action', 'high', undefined, 4]);
  });

  test.each<[AlertMeta['severity'], number, Record<string, string | string[]>, string | undefined]>([
    [[{ level: 'high', count: 2, fields: {} }], 1, {}, undefined],
    [[{ level: 'high', count: 2, fields: {} }], 2, {}, 'high'],
    [[{ level: 'high', fields: { a: ['x'] } }], 1, { a: 'x' }, 'high'],
    [[{ level: 'high', fields: { a: ['x'] } }], 1, { a: ['y', 'x'] }, 'high'],
    [[{ level: 'high', fields: { toString: ['x'] } }], 1, {}, undefined],
    [[{ level: 'high', count: 2, fields: { a: ['x'] } }], 5, { a: 'y' }, undefined],
    [
      [
        { level: 'low', count: 2, fields: {} },
        { level: 'high', count: 2, fields: {} },
      ],
      5,
      {},
      'low',
    ],
    [undefined, 5, {}, undefined],
  ])('%j with %d events of %j is %s', (severity, total, fields, wanted) =>
    expect(caseLevel(severity === undefined ? {} : { severity }, total, fields)).toBe(wanted),
  );
});

describe('updates: severity', () => {
  const step = (stage: 'opened' | 'continued' | 'closed' | 'merged', severity: string, before?: string) => {
    const { id, document } = anAlert({ stage, severity });
    const wardline = document['wardline'] as { alert: object };
    return { id, document: { ...document, wardline: { ...wardline, alert: { ...wardline.alert, severity_before: before ?? null } } } };
  };
  test.each<[Parameters<typeof step>, boolean]>([
    [['opened', 'low'], true],
    [['continued', 'low'], false],
    [['continued', 'high', 'low'], true],
    [['continued', 'low', 'high'], false],
    [['continued', 'high', 'high'], false],
    [['continued', 'critical', 'high'], true],
    [['closed', 'low'], true],
    [['merged', 'low'], true],
  ])('%j is told: %s', (parts, wanted) => expect(isWanted('severity', step(...parts))).toBe(wanted));
});

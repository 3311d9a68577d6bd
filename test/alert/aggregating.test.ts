import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyChain } from '../../src/evidence/verify.ts';
import { at } from '../../src/shared/nested.ts';
import { rulesetOf, TEST_LOGSOURCE } from '../support/a-rule.ts';
import { aWorld, type World } from '../support/a-run.ts';

const rule = (id: string, tactic: string, level = 'high') => ({
  title: `Rule ${id}`,
  id,
  level,
  tags: [`attack.${tactic}`],
  logsource: TEST_LOGSOURCE,
  detection: { s: { word: id }, condition: 's' },
  wardline: { alert: { dedup: 'each' } },
});
const ruleset = rulesetOf(
  rule('r1', 'initial-access'),
  rule('r2', 'credential-access', 'critical'),
  rule('r3', 'lateral-movement'),
  rule('r4', 'exfiltration'),
);
const event = (word: string, minute: number, user: string) => ({
  word,
  ecs: { version: '8.11.0' },
  user: { name: user },
  '@timestamp': new Date(Date.UTC(2026, 10, 20, 8) + minute * 60_000).toISOString(),
});
const incidents = [{ name: 'shared', by: ['user'] }];
const ofKind = (kind: string) => world.documents().filter((document) => at(document, 'wardline.alert.kind') === kind);

let world: World;
beforeEach(() => {
  world = aWorld();
});
afterEach(() => world.remove());

describe('risk and incidents of a run', () => {
  test('alerts that share a user are one incident with its members, its timeline, and the level of the worst', async () => {
    await world.run(ruleset, [event('r1', 0, 'eve'), event('r3', 1, 'bob'), event('r2', 30, 'eve'), event('r4', 60, 'eve')], { incidents });
    const steps = ofKind('incident');
    expect(steps.map((document) => [at(document, 'wardline.alert.stage'), at(document, 'wardline.alert.total')])).toEqual([
      ['opened', 2],
      ['continued', 3],
    ]);
    const [opened = {}, continued = {}] = steps;
    expect(at(opened, 'wardline.alert.id')).toBe(at(continued, 'wardline.alert.id'));
    expect(at(continued, 'event.reason')).toBe('3 alerts of 3 rules share user eve');
    expect(at(continued, 'wardline.alert.severity')).toBe('critical');
    expect(at(continued, 'user.name')).toBe('eve');
    expect(at(continued, 'wardline.incident.timeline')).toMatchObject([
      { tactic: 'TA0001', name: 'Initial Access' },
      { tactic: 'TA0006', name: 'Credential Access' },
      { tactic: 'TA0010', name: 'Exfiltration' },
    ]);
    const members = at(continued, 'wardline.incident.alerts') as readonly string[];
    const alerts = world.documents().map((document) => at(document, 'wardline.alert.id'));
    for (const member of members) expect(alerts).toContain(member);
  });

  test('four tactics within a day raise the risk of their user, once; a new process goes on where the old one was', async () => {
    await world.run(ruleset, [event('r1', 0, 'eve'), event('r2', 1, 'eve'), event('r3', 2, 'eve')], { incidents });
    expect(ofKind('risk')).toEqual([]);
    await world.run(ruleset, [event('r4', 3, 'eve')], { incidents });
    await world.run(ruleset, [event('r4', 4, 'eve')], { incidents });
    const [told = {}, ...more] = ofKind('risk');
    expect(more).toEqual([]);
    expect(at(told, 'message')).toBe('4 tactics within a day for user eve');
    expect(at(told, 'wardline.risk.entity')).toEqual({ kind: 'user', value: 'eve' });
    expect(at(told, 'wardline.risk.alerts')).toHaveLength(4);
    expect(ofKind('incident').map((document) => at(document, 'wardline.alert.total'))).toEqual([2, 3, 4, 5]);
    world.withStore((store) => expect(verifyChain([...store.ledger.entries()]).faults).toEqual([]));
  });

  test('what an operator said of an incident stays with its later steps', async () => {
    await world.run(ruleset, [event('r1', 0, 'eve'), event('r2', 1, 'eve')], { incidents });
    const alert = String(at(ofKind('incident')[0] ?? {}, 'wardline.alert.id'));
    world.withStore(
      (store) =>
        store.actions.add({
          alert,
          kind: 'acknowledge',
          actor: 'alice',
          at: world.clock.now(),
          disposition: undefined,
          comment: undefined,
        }),
      { beside: true },
    );
    await world.run(ruleset, [], { incidents });
    await world.run(ruleset, [event('r3', 2, 'eve')], { incidents });
    expect(ofKind('incident').map((document) => [at(document, 'wardline.alert.stage'), at(document, 'wardline.alert.workflow')])).toEqual([
      ['opened', 'new'],
      ['action', 'acknowledged'],
      ['continued', 'acknowledged'],
    ]);
  });

  test('without a policy there are no incidents, and risk and incidents never feed themselves', async () => {
    await world.run(ruleset, [event('r1', 0, 'eve'), event('r2', 1, 'eve'), event('r3', 2, 'eve'), event('r4', 3, 'eve')]);
    expect(ofKind('incident')).toEqual([]);
    expect(ofKind('risk')).toHaveLength(1);
  });
});

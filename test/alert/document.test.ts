import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/shared/json.ts';
import { at } from '../../src/shared/nested.ts';
import { alertTable } from '../../src/sink/alert-row.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { aWorld, type World } from '../support/a-run.ts';

const page = join(resolve(import.meta.dirname, '../..'), 'docs/alerts.md');
const failedSignIn = {
  title: 'Failed sign-in',
  id: 'failed_sign_in',
  logsource: { category: 'test' },
  detection: { s: { 'event.action': 'sign-in', 'event.outcome': 'failure' }, condition: 's' },
};
const bruteForce = {
  title: 'Okta brute force',
  id: 'okta_brute_force',
  description: 'Repeated failed sign-ins of one user',
  level: 'high',
  author: 'Security team',
  license: 'DRL-1.1',
  references: ['https://example.org/runbooks/okta-brute-force'],
  tags: ['attack.credential-access', 'attack.t1110.001'],
  wardline: { controls: ['nist-800-53:ac-7'], labels: { team: 'identity' } },
  correlation: { type: 'event_count', rules: ['failed_sign_in'], 'group-by': ['user.name'], timespan: '5m', condition: { gte: 5 } },
};
const signIn = (second: number, address: string) => ({
  '@timestamp': new Date(Date.UTC(2026, 10, 20, 8, 12, second)).toISOString(),
  event: { action: 'sign-in', outcome: 'failure', category: ['authentication'], type: ['start'] },
  ecs: { version: '8.11.0' },
  user: { name: 'alice' },
  source: { ip: address },
});
const events = [
  signIn(0, '203.0.113.9'),
  signIn(28, '203.0.113.9'),
  signIn(57, '203.0.113.9'),
  signIn(89, '198.51.100.7'),
  signIn(121, '198.51.100.7'),
];

let world: World;
beforeEach(() => {
  world = aWorld();
});
afterEach(() => world.remove());

describe('the alert document', () => {
  test('of an absence says that nothing came, of a fall to nothing spans the pane that was judged', async () => {
    const anomaly = { rules: ['failed_sign_in'], 'group-by': ['user.name'], timespan: '1h' };
    const rules = rulesetOf(
      failedSignIn,
      { title: 'Gone', name: 'gone', level: 'low', anomaly: { ...anomaly, type: 'absence' } },
      { title: 'Fewer', name: 'fewer', level: 'low', anomaly: { ...anomaly, type: 'spike', direction: 'down' } },
    );
    // The events of someone else let time pass.
    const other = { ...signIn(0, '192.0.2.1'), '@timestamp': '2026-11-20T10:30:00.000Z', user: { name: 'bob' } };
    await world.run(rules, [...events, other]);
    const opened = world.documents().filter((one) => at(one, 'event.action') === 'alert-opened');
    const of = (title: string, name: string) =>
      opened.map((one) => (at(one, 'rule.name') === title ? at(one, name) : undefined)).filter(Boolean);
    expect(of('Gone', 'event.reason')).toEqual(['Gone: nothing from user.name=alice for 1h, after 5 matches']);
    expect(of('Fewer', 'event.reason')).toEqual(['Fewer: 0 matches within 1h for user.name=alice']);
    expect([...of('Fewer', 'event.start'), ...of('Fewer', 'event.end')]).toEqual([
      '2026-11-20T09:00:00.000Z',
      '2026-11-20T09:59:59.999999999Z',
    ]);
  });

  test('names the fields of the group that its matches lack, and the table shows them', async () => {
    const correlation = { ...bruteForce.correlation, 'group-by': ['user.name', 'user.domain'] };
    const rules = rulesetOf(failedSignIn, { ...bruteForce, correlation, wardline: { missing: 'group' } });
    await world.run(rules, events);
    const [document] = world.documents() as [JsonObject];
    expect(at(document, 'wardline.alert.group')).toEqual({ 'user.name': 'alice' });
    expect(at(document, 'wardline.alert.group_missing')).toEqual(['user.domain']);
    expect(alertTable([document])).toContain('user.name=alice user.domain=(missing)');
    expect(alertTable([document])).toMatch(/^TIME +LEVEL +ALERT +FOR +EVENTS/);
  });

  test('is the one that docs/alerts.md shows', async () => {
    const settings = { alerts: { baseUrl: 'https://wardline.example.org/' } };
    await world.run(rulesetOf(failedSignIn, bruteForce), events, settings);
    const made = structuredClone(world.documents()[0] ?? {}) as { event: { created: string } };
    // When the file was written is the one thing that differs from run to run.
    made.event.created = '2026-11-20T08:14:02.010Z';
    const block = `\`\`\`json\n${JSON.stringify(made, null, 2)}\n\`\`\`\n`;
    const text = readFileSync(page, 'utf8');
    const start = text.lastIndexOf('```json\n');
    if (process.env['WARDLINE_UPDATE_DOCS'] === '1') writeFileSync(page, text.slice(0, start) + block);
    else expect(JSON.parse(text.slice(start).replace(/^```json|```\s*$/g, ''))).toEqual(made);
  });

  test('a rule that alerts alone says what it asked, what it expected and what it found', async () => {
    await world.run(rulesetOf({ ...failedSignIn, level: 'low' }), events.slice(0, 1));
    const [document = {}] = world.documents();
    expect(at(document, 'wardline.alert.decision')).toEqual([
      { condition: 'event.action equals', expected: 'sign-in', observed: 'sign-in', held: true },
      { condition: 'event.outcome equals', expected: 'failure', observed: 'failure', held: true },
      { condition: 'event_count gte', expected: 1, observed: 1, held: true },
    ]);
    expect(at(document, 'event.severity')).toBe(2);
    expect(at(document, 'event.risk_score')).toBe(21);
  });

  test('what the rule and the settings say of its alerts is in it', async () => {
    const rule = { ...failedSignIn, wardline: { alert: { risk_score: 88, building_block: true }, labels: { team: 'identity' } } };
    const settings = { alerts: { eventKind: 'alert', labels: { team: 'soc', site: 'x' }, kibanaFields: true } };
    await world.run(rulesetOf(rule), events.slice(0, 1), settings);
    const [opened = {}, closed = {}] = world.documents();
    expect(at(opened, 'event.kind')).toBe('alert');
    expect(at(opened, 'event.risk_score')).toBe(88);
    expect(at(opened, 'wardline.alert.building_block')).toBe(true);
    expect(opened['labels']).toEqual({ team: 'identity', site: 'x' });
    const kibana = (document: JsonObject) => at(document, 'kibana.alert') as JsonObject;
    expect(kibana(opened)).toMatchObject({ status: 'active', workflow_status: 'open', severity: 'medium', risk_score: 88 });
    expect(kibana(closed)).toMatchObject({ status: 'recovered', uuid: at(opened, 'wardline.alert.id') });
  });

  test('the same events give the same bytes, whatever was run before', async () => {
    const ruleset = rulesetOf(failedSignIn, { ...bruteForce, correlation: { ...bruteForce.correlation, generate: true } });
    const other = aWorld();
    await world.run(ruleset, events);
    await other.run(ruleset, events);
    const plain = (one: World) =>
      one.documents().map((document) => JSON.stringify(document, (key, value: unknown) => (key === 'created' ? 0 : value)));
    expect(plain(world)).toEqual(plain(other));
    expect(plain(world).length).toBeGreaterThan(2);
    other.remove();
  });
});
